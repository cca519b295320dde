/** Some may object to what another rule would decide. Who may and says nothing has not agreed. */
import type { Json } from '../schema/json.ts'
import { isSame, type Opinion, tallyOf, votesOf } from './opinion.ts'
import { decided, undecided, type Verdict } from './verdict.ts'

interface Veto {
  readonly who: readonly string[]
  readonly value?: Json | undefined
}

/** @param then What decides where nobody objects. */
export function byVeto(
  opinions: readonly Opinion[],
  { who, value }: Veto,
  then: (opinions: readonly Opinion[]) => Verdict,
): Verdict {
  const votes = votesOf(opinions)
  const grounds = { opinions, tally: tallyOf(votes) }
  const may = votes.filter(({ agent }) => who.includes(agent))
  if (value !== undefined && may.some((vote) => isSame(vote.value, value))) return decided('veto', value, grounds)
  const silent = who.filter((name) => !may.some(({ agent }) => agent === name))
  if (silent.length > 0) {
    const doubt = votes.length === 0 ? 'allAbstained' : 'silent'
    return undecided('veto', doubt, `Who may veto said nothing: ${silent.join(', ')}.`, grounds)
  }
  const verdict = then(opinions)
  const against = verdict.dissent.filter(({ agent }) => who.includes(agent)).map(({ agent }) => agent)
  if (value !== undefined || against.length === 0) return verdict
  return undecided('veto', 'vetoed', `Vetoed by ${against.join(', ')}.`, { ...grounds, margin: verdict.margin })
}
