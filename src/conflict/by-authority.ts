/** By rank: the first that said something decides. */
import type { AuthorityRule } from '../schema/resolve.ts'
import { type Opinion, tallyOf, votesOf } from './opinion.ts'
import { decided, undecided, type Verdict } from './verdict.ts'

export function byAuthority(opinions: readonly Opinion[], { order }: AuthorityRule): Verdict {
  const votes = votesOf(opinions)
  const grounds = { opinions, tally: tallyOf(votes) }
  for (const name of order) {
    const vote = votes.find(({ agent }) => agent === name)
    if (vote !== undefined) return decided('authority', vote.value, grounds)
  }
  const doubt = votes.length === 0 ? 'allAbstained' : 'silent'
  return undecided('authority', doubt, `None of ${order.join(', ')} said anything.`, grounds)
}
