/** Puts the content of artifacts where an input refers to them. Nested content is data: references in it stay as they are. */
import { InvalidRequest } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { Reference } from '../schema/step.ts'
import type { StepDependencies } from './ports.ts'

/** An input nested deeper than this is refused. */
const DEPTH = 64
/** What all references of an input may hold together. Far above what any model's context takes. */
const TOTAL_BYTES = 32 * 1024 * 1024

/** @throws InvalidRequest for an input that is too deep or refers to too much; NotFound, RecordsCorrupt where an artifact is missing or damaged. */
export async function resolveReferences(
  value: Json,
  runId: RunId,
  artifacts: StepDependencies['artifacts'],
): Promise<Json> {
  const budget = { bytes: TOTAL_BYTES }
  return resolve(value, 0)

  async function resolve(part: Json, depth: number): Promise<Json> {
    if (typeof part !== 'object' || part === null) return part
    if (depth > DEPTH) throw unusable(`is nested deeper than ${DEPTH} levels`)
    if (!holdsReference(part, DEPTH - depth)) return part
    if (isArray(part)) return Promise.all(part.map((item) => resolve(item, depth + 1)))
    const reference = Reference.safeParse(part)
    if (reference.success) return load(reference.data)
    const entries = Object.entries(part).map(async ([key, item]) => [key, await resolve(item, depth + 1)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }

  async function load({ $ref, bytes }: Reference): Promise<Json> {
    budget.bytes -= bytes
    if (budget.bytes < 0) throw unusable(`refers to more than ${TOTAL_BYTES} bytes of artifacts`)
    return artifacts.get(runId, { $ref })
  }
}

/** True as well where the value is too deep to tell, so that the caller goes on and refuses it. */
function holdsReference(part: Json, depth: number): boolean {
  if (typeof part !== 'object' || part === null) return false
  if (depth < 0) return true
  if (isArray(part)) return part.some((item) => holdsReference(item, depth - 1))
  if (typeof part['$ref'] === 'string') return true
  for (const key in part) if (holdsReference(part[key] ?? null, depth - 1)) return true
  return false
}

function isArray(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value)
}

function unusable(problem: string): InvalidRequest {
  return new InvalidRequest({
    message: `the input ${problem}`,
    next: 'Give the step an input that the earlier steps of this run produced.',
  })
}
