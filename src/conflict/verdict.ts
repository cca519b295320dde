/** What a rule makes of opinions. Either something is decided, or it says why not: never both, never neither. */
import type { Json } from '../schema/json.ts'
import type { Dissent } from '../schema/resolve.ts'
import { abstainedOf, isSame, type Opinion, type Standing, votesOf } from './opinion.ts'

/** Why nothing is decided. */
export type Doubt =
  /** Nobody said anything. */
  | 'allAbstained'
  /** Too few said anything. */
  | 'noQuorum'
  /** What was said weighs nothing. */
  | 'noWeight'
  | 'tie'
  | 'noMajority'
  | 'thinMargin'
  /** Somebody who may objected. */
  | 'vetoed'
  /** Somebody on whom it depends said nothing: who may veto, the judge, the supervisor, the person. */
  | 'silent'
  /** They differ, and it takes a judge or a supervisor. */
  | 'contested'
  /** Somebody chose what nobody proposed. */
  | 'unknownCandidate'
  /** A judge said two things that cannot both be meant. */
  | 'contradiction'

export interface Verdict {
  /** What decided, or could not, e.g. `vote`. */
  readonly rule: string
  /** Absent: see `escalate`. */
  readonly decided?: { readonly value: Json; readonly by: readonly string[] }
  /** From 0 to 1; null where the rule knows none. */
  readonly margin: number | null
  readonly tally: readonly Standing[]
  /** Who said something else than what was decided; where nothing was, nobody. */
  readonly dissent: readonly Dissent[]
  readonly abstained: readonly string[]
  /** Why somebody else has to decide. */
  readonly escalate?: { readonly doubt: Doubt; readonly reason: string }
}

interface Grounds {
  readonly opinions: readonly Opinion[]
  readonly tally: readonly Standing[]
  readonly margin?: number | null
}

export function decided(rule: string, value: Json, { opinions, tally, margin = null }: Grounds): Verdict {
  const votes = votesOf(opinions)
  const by = votes.filter((vote) => isSame(vote.value, value)).map(({ agent }) => agent)
  const dissent = votes.filter((vote) => !isSame(vote.value, value))
  return { rule, decided: { value, by }, margin, tally, dissent, abstained: abstainedOf(opinions) }
}

export function undecided(
  rule: string,
  doubt: Doubt,
  reason: string,
  { opinions, tally, margin = null }: Grounds,
): Verdict {
  return { rule, margin, tally, dissent: [], abstained: abstainedOf(opinions), escalate: { doubt, reason } }
}
