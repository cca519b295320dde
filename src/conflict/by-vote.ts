/** By majority, weighted or not. */
import type { VoteRule } from '../schema/resolve.ts'
import { type Opinion, tallyOf, votesOf } from './opinion.ts'
import { settleTally } from './settle-tally.ts'
import type { Verdict } from './verdict.ts'

export function byVote(opinions: readonly Opinion[], { weights = {}, ...lines }: VoteRule): Verdict {
  const weightOf = ({ agent }: Opinion) => (Object.hasOwn(weights, agent) ? (weights[agent] ?? 1) : 1)
  return settleTally('vote', opinions, tallyOf(votesOf(opinions), weightOf), lines)
}
