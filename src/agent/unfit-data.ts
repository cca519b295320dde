/** What no output may hold, whatever its schema allows: a state machine takes it for something else, or not at all. */
import type { Json } from '../schema/json.ts'
import { Reference } from '../schema/step.ts'

/** An output becomes a part of later inputs, which may be nested 64 deep. */
const DEPTH = 40

/** In words for whoever handed it in; undefined where there is nothing wrong. */
export function unfitData(output: Json): string | undefined {
  if (isTooDeep(output, DEPTH)) return `It is nested deeper than ${DEPTH} levels.`
  if (holdsReference(output)) return 'It holds an object with `$ref`: "sha256:…". Give the content itself.'
  return undefined
}

function isTooDeep(part: Json, levels: number): boolean {
  if (typeof part !== 'object' || part === null) return false
  return levels === 0 || Object.values(part).some((inner) => isTooDeep(inner, levels - 1))
}

/** Only what this project has put there itself stands for an artifact. */
function holdsReference(part: Json): boolean {
  if (typeof part !== 'object' || part === null) return false
  return ('$ref' in part && Reference.safeParse(part).success) || Object.values(part).some(holdsReference)
}
