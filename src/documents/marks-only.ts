/**
 * The output check "marks only": who cites a text that is finished may put marks such as [1] into it, and nothing else.
 * Without the marks it added, the text is the same byte for byte.
 */
import type { OutputCheck } from '../define/agent.ts'

const PARTS = /\[\d{1,4}(?:,\s?\d{1,4})*\]|[\s\S]/gu
const MARK = /^\[\d/
const SHOWN_CHARACTERS = 60

interface Fields {
  /** The field of the agent's input that has the text. */
  readonly input: string
  /** The field of its output that has the text with marks. @default as in the input */
  readonly output?: string
}

export function marksOnly({ input: from, output: to = from }: Fields): OutputCheck {
  return {
    name: 'marks_only',
    description: `"${to}" is the text of "${from}" with marks such as [1] added, and nothing else changed.`,
    run: async (output, { input }) => {
      const [given, cited] = [textIn(input, from), textIn(output, to)]
      if (given === undefined) return { verdict: 'reject', problems: [`the input has no text "${from}"`] }
      if (cited === undefined) return { verdict: 'reject', problems: [`the output has no text "${to}"`] }
      const problem = changeIn(given, cited)
      return problem === undefined ? { verdict: 'accept' } : { verdict: 'reject', problems: [`${to}: ${problem}`] }
    },
  }
}

/** Marks that stood there before stay; every other one may have been added. */
function changeIn(given: string, cited: string): string | undefined {
  const before = given.match(PARTS) ?? []
  let next = 0
  for (const part of cited.match(PARTS) ?? []) {
    if (part === before[next]) next += 1
    else if (!MARK.test(part)) return changedAt(before, next)
  }
  return next === before.length ? undefined : changedAt(before, next)
}

function changedAt(before: readonly string[], index: number): string {
  const place = before.slice(index).join('').slice(0, SHOWN_CHARACTERS)
  const where = place === '' ? 'after its end' : `at ${JSON.stringify(place)}`
  return `the text is changed ${where}; add marks such as [1] only, and leave every other character as it was`
}

function textIn(value: unknown, field: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined
  const text = (value as Readonly<Record<string, unknown>>)[field]
  return typeof text === 'string' ? text : undefined
}
