/** Under this contract an agent ends a task itself or passes it on to a peer that the workflow lets it pass it to. */
import * as z from 'zod'
import type { HandoffContract } from '../schema/step-contract.ts'
import type { Agent } from './agent.ts'
import type { Terms } from './contract.ts'

export function handoffTerms(agent: Pick<Agent, 'output'>, { to }: HandoffContract): Terms {
  const done = z.strictObject({ output: agent.output })
  const handoff = z.strictObject({
    handoff: z.strictObject({
      to: z.enum(to).describe('who takes over'),
      message: z.string().min(1).max(4_000).describe('all that they must know, in your words'),
      reason: z.string().min(1).max(500).describe('why they, and not you'),
    }),
  })
  return {
    output: to.length === 0 ? done : z.union([done, handoff]),
    instructions:
      to.length === 0
        ? 'Hand in your answer as `output`. Nobody else can take over from you.'
        : `Hand in your answer as \`output\`, or, where another is the right one to go on, pass the task on as \`handoff\` to one of: ${to.join(', ')}.`,
    own: (given) => (isDone(given) ? { output: given.output } : undefined),
  }
}

function isDone(given: unknown): given is { readonly output: unknown } {
  return typeof given === 'object' && given !== null && 'output' in given
}
