/** Asks the other side whether a call was made. Whatever goes wrong with that is no answer. */
import type { DataSource } from '../schema/tool-call.ts'
import { checked, type Executed, noCommit } from './execute.ts'
import { guardSecrets } from './guard-secrets.ts'
import type { Call } from './performed.ts'
import { withinTime } from './time-limit.ts'

export type Asked =
  | { readonly happened: 'yes'; readonly executed: Executed }
  | { readonly happened: 'no' }
  | { readonly happened: 'unknown' }

/** A question is quicker than what it asks about. */
const LONGEST_QUESTION_MS = 10_000

const UNKNOWN: Asked = { happened: 'unknown' }

export async function askOtherSide(call: Call, fence: number, milliseconds: number): Promise<Asked> {
  const { tool, input, clock, context } = call
  const { reconcile } = tool
  if (reconcile === undefined) return UNKNOWN
  const sources: DataSource[] = []
  const { secret, redactor } = guardSecrets(context.secret)
  const facilities = { secret, fence, commit: noCommit(tool), now: () => clock.now() }
  const reads = (source: DataSource) => void sources.push(source)
  try {
    const asked = await withinTime((signal) => reconcile(input, { ...context, ...facilities, signal, reads }), {
      clock,
      milliseconds: Math.min(LONGEST_QUESTION_MS, milliseconds),
    })
    if (asked.ended !== 'inTime') return UNKNOWN
    if (asked.value.happened !== 'yes') return asked.value.happened === 'no' ? { happened: 'no' } : UNKNOWN
    return { happened: 'yes', executed: checked(tool, asked.value.output, sources, redactor()) }
  } catch {
    return UNKNOWN
  }
}
