/** Ranks sentences for a question: BM25 within the pool, coverage of the question, form, and diversity (MMR). */
import { contentWords } from '../../text/words.ts'

export interface Candidate {
  readonly text: string
  readonly words: readonly string[]
  readonly heading: string
  /** 0 to 1: how well it reads on its own. */
  readonly form: number
  /** 0 to 1: how much the search that found it thought of it. */
  readonly prior: number
}

export interface Ranked<C> {
  readonly candidate: C
  readonly score: number
  /** Share of the question's words in the sentence or its headings, the rarer words weighing more; 0 to 1. */
  readonly coverage: number
}

const K1 = 1.2
const B = 0.6
/** A word found in the heading alone counts this much. */
const IN_HEADING = 0.45
/** Share of relevance in MMR; the rest is novelty. */
const RELEVANCE = 0.7
const MOST_SCORED = 4_000

/** Best first, near-duplicates and sentences that miss the question left out. */
export function rankFor<C extends Candidate>(question: string, pool: readonly C[], most: number): Ranked<C>[] {
  const wanted = [...new Set(contentWords(question))]
  if (wanted.length === 0 || pool.length === 0) return []
  const candidates = pool.slice(0, MOST_SCORED)
  const weights = weightsOf(wanted, candidates)
  const average = candidates.reduce((sum, { words }) => sum + words.length, 0) / candidates.length || 1
  const scored = candidates
    .map((candidate) => score(candidate, wanted, weights, average))
    .filter((ranked) => ranked.score > 0)
    .sort((a, b) => b.score - a.score)
  return diverse(scored, most)
}

function score<C extends Candidate>(
  candidate: C,
  wanted: readonly string[],
  weights: ReadonlyMap<string, number>,
  average: number,
): Ranked<C> {
  const counts = new Map<string, number>()
  for (const word of candidate.words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const headings = new Set(contentWords(candidate.heading))
  let bm25 = 0
  let found = 0
  let inText = 0
  let covered = 0
  let total = 0
  for (const word of wanted) {
    const weight = weights.get(word) ?? 0
    const count = counts.get(word) ?? 0
    total += weight
    if (count > 0) {
      inText += 1
      found += 1
      covered += weight
      bm25 += (weight * count * (K1 + 1)) / (count + K1 * (1 - B + (B * candidate.words.length) / average))
    } else if (headings.has(word)) {
      found += 0.8
      covered += weight * IN_HEADING
      bm25 += weight * IN_HEADING
    }
  }
  const coverage = total === 0 ? 0 : covered / total
  const enough = wanted.length <= 2 ? found >= wanted.length * 0.8 : found >= Math.max(1.8, wanted.length * 0.34)
  const relevant = enough && inText > 0
  return {
    candidate,
    coverage,
    score: relevant ? bm25 * (0.4 + coverage) * candidate.form * (0.75 + candidate.prior * 0.5) : 0,
  }
}

function weightsOf(wanted: readonly string[], candidates: readonly Candidate[]): Map<string, number> {
  const documents = new Map<string, number>()
  for (const { words, heading } of candidates) {
    const has = new Set([...words, ...contentWords(heading)])
    for (const word of wanted) if (has.has(word)) documents.set(word, (documents.get(word) ?? 0) + 1)
  }
  const weights = new Map<string, number>()
  for (const word of wanted) {
    const count = documents.get(word) ?? 0
    // A floor, for in a pool that a search has chosen the best words are the common ones.
    weights.set(word, 0.5 + Math.log(1 + (candidates.length - count + 0.5) / (count + 0.5)))
  }
  return weights
}

function diverse<C extends Candidate>(scored: readonly Ranked<C>[], most: number): Ranked<C>[] {
  const best = scored[0]?.score ?? 1
  const left = scored.slice(0, Math.max(60, most * 6))
  const chosen: Ranked<C>[] = []
  while (chosen.length < most && left.length > 0) {
    let at = -1
    let highest = Number.NEGATIVE_INFINITY
    for (const [index, ranked] of left.entries()) {
      const nearest = Math.max(0, ...chosen.map((other) => similarity(ranked.candidate.words, other.candidate.words)))
      const value = nearest > 0.7 ? -1 : (RELEVANCE * ranked.score) / best - (1 - RELEVANCE) * nearest
      if (value > highest) [highest, at] = [value, index]
    }
    const [next] = left.splice(at, 1)
    if (!next || highest < 0) break
    chosen.push(next)
  }
  return chosen
}

/** Jaccard's, of the words as sets. */
export function similarity(left: readonly string[], right: readonly string[]): number {
  const a = new Set(left)
  const b = new Set(right)
  let both = 0
  for (const word of a) if (b.has(word)) both += 1
  return a.size + b.size === 0 ? 0 : both / (a.size + b.size - both)
}

/** Share of the words of `part` that `whole` holds. */
export function overlap(part: readonly string[], whole: readonly string[]): number {
  const has = new Set(whole)
  const wanted = new Set(part)
  let found = 0
  for (const word of wanted) if (has.has(word)) found += 1
  return wanted.size === 0 ? 0 : found / wanted.size
}
