/** What voters said, and who said the same: what every rule of this room begins with. */
import { canonicalJson } from '../audit/canonical.ts'
import type { Json } from '../schema/json.ts'

/** What one voter said. */
export interface Opinion {
  readonly agent: string
  /** What is compared, by its canonical JSON. Absent: the voter abstained. */
  readonly value?: Json
  /** From 0 to 1: how sure the voter says it is. */
  readonly confidence?: number
  /** In the voter's words; of one that abstained, why. */
  readonly reason?: string
}

/** A voter that did not abstain. */
export interface Vote extends Opinion {
  readonly value: Json
}

/** A value, who gave it, and what that weighs. */
export interface Standing {
  readonly value: Json
  readonly agents: readonly string[]
  readonly weight: number
}

export function votesOf(opinions: readonly Opinion[]): readonly Vote[] {
  return opinions.filter((opinion): opinion is Vote => opinion.value !== undefined)
}

export function abstainedOf(opinions: readonly Opinion[]): readonly string[] {
  return opinions.filter(({ value }) => value === undefined).map(({ agent }) => agent)
}

export function isSame(one: Json, other: Json): boolean {
  return canonicalJson(one) === canonicalJson(other)
}

/** Each value once; the heaviest first, of two that weigh the same that of the earlier voter. */
export function tallyOf(votes: readonly Vote[], weightOf: (vote: Vote) => number = () => 1): readonly Standing[] {
  const byValue = new Map<string, Standing>()
  for (const vote of votes) {
    const key = canonicalJson(vote.value)
    const { value, agents, weight } = byValue.get(key) ?? { value: vote.value, agents: [], weight: 0 }
    byValue.set(key, { value, agents: [...agents, vote.agent], weight: weight + weightOf(vote) })
  }
  return [...byValue.values()].toSorted((a, b) => b.weight - a.weight)
}
