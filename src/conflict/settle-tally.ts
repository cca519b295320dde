/** Whether the first of a tally is far enough ahead. */
import { type Opinion, type Standing, votesOf } from './opinion.ts'
import { decided, undecided, type Verdict } from './verdict.ts'

export interface Lines {
  /** Voters that must have said something. Absent: more than half. */
  readonly quorum?: number | undefined
  /** The first has more than this share of all weight. */
  readonly majority: number
  /** The first is ahead of the second by this share of all weight at least. */
  readonly margin: number
}

/** Shares that differ by less are the same: sums of decimal fractions are not exact. */
const SAME = 1e-9

export function settleTally(
  rule: string,
  opinions: readonly Opinion[],
  tally: readonly Standing[],
  { quorum = Math.floor(opinions.length / 2) + 1, majority, margin: line }: Lines,
): Verdict {
  const [first, second] = tally
  const voted = votesOf(opinions).length
  const of = `of ${opinions.length}`
  if (first === undefined) return undecided(rule, 'allAbstained', `All ${of} abstained.`, { opinions, tally })
  if (voted < quorum) {
    return undecided(rule, 'noQuorum', `Only ${voted} ${of} voted; ${quorum} must.`, { opinions, tally })
  }
  const total = tally.reduce((sum, { weight }) => sum + weight, 0)
  if (!(total > 0)) return undecided(rule, 'noWeight', 'What was said weighs nothing.', { opinions, tally })
  const lead = first.weight / total
  const margin = (first.weight - (second?.weight ?? 0)) / total
  const grounds = { opinions, tally, margin }
  if (margin < SAME) return undecided(rule, 'tie', 'It is a tie.', grounds)
  if (lead < majority + SAME) {
    const reason = `The first has ${percent(lead)}; more than ${percent(majority)} is needed.`
    return undecided(rule, 'noMajority', reason, grounds)
  }
  if (margin < line - SAME) {
    const reason = `The first is ahead by ${percent(margin)} only; ${percent(line)} is needed.`
    return undecided(rule, 'thinMargin', reason, grounds)
  }
  return decided(rule, first.value, grounds)
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`
}
