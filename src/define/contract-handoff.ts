/** Under this contract an agent ends a task itself or passes it on to a peer that the workflow lets it pass it to. */
import * as z from 'zod'
import { Handoff, type HandoffContract } from '../schema/step-contract.ts'
import type { Agent } from './agent.ts'
import type { Terms } from './contract.ts'

/** Who had the task before, oldest first. */
export const HandoffTrail = z.array(
  z.strictObject({
    from: z.string(),
    to: z.string(),
    reason: z.string(),
    message: z.string().optional().describe('what they were told, where all is shown'),
  }),
)
export type HandoffTrail = z.infer<typeof HandoffTrail>

/**
 * What the pattern tells the ends of a turn apart by. Nobody's own output has such a field, however open its schema is; nor
 * has an item of a list, as JSONata reads a field of a list from its items.
 */
export const RESERVED_FIELDS = ['handoff', 'stopped'] as const

export function handoffTerms({ input, output }: Pick<Agent, 'input' | 'output'>, { to }: HandoffContract): Terms {
  const takers = to.length === 0 ? 'nobody' : to.join(', ')
  const own = output.refine((given) => !isReserved(given), {
    error: `your own answer has no field ${RESERVED_FIELDS.join(' or ')}; you may pass the task on to ${takers}`,
  })
  const handoff = z.strictObject({ handoff: Handoff.extend({ to: z.enum(to) }) })
  return {
    input: z.strictObject({
      task: input.nullable().describe('the task; null where only the message of who had it is passed on'),
      message: z.string().nullable().describe('what whoever had it before you wants you to know'),
      from: z.string().nullable().describe('who had it before you; null where you are the first'),
      trail: HandoffTrail.describe('who passed it on to whom so far, and why'),
    }),
    output: to.length === 0 ? own : z.union([handoff, own], { error: faultOf }),
    instructions:
      to.length === 0
        ? 'Nobody can take this task over from you: hand in your own answer.'
        : [
            'Hand in your own answer, as you always do. Or, where another is the right one to go on, hand in',
            `{"handoff": {"to", "message", "reason"}} instead, with one of: ${to.join(', ')}.`,
            'Do not pass it back to who passed it to you unless something is new.',
          ].join(' '),
    own: (given) => (isHandoff(given) ? undefined : { output: given }),
  }
}

/** What is wrong with it as what it was meant for: a union's own words say nothing that a model could repair it by. */
function faultOf({ input, ...issue }: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_union') return undefined
  const [handoff = [], own = []] = issue.errors
  const faults = isHandoff(input) ? handoff : own
  return faults.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; ')
}

function isReserved(given: unknown): boolean {
  const open = [given]
  // It grows while it is read: lists may lie in lists, deeper than calls may.
  for (const one of open) {
    if (Array.isArray(one)) for (const item of one) open.push(item)
    else if (typeof one === 'object' && one !== null && RESERVED_FIELDS.some((field) => field in one)) return true
  }
  return false
}

export function isHandoff(given: unknown): given is { readonly handoff: Handoff } {
  return typeof given === 'object' && given !== null && 'handoff' in given
}
