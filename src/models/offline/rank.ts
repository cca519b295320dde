/**
 * Ranks sentences for a question: term frequency (as in BM25), coverage of the question, form, diversity (MMR). Words weigh the
 * same: in a pool that a search has chosen, the words it was chosen for are common and the ones beside the point are rare.
 */
import { RELATED_WEIGHT, relatedTo } from '../../text/related-words.ts'
import { contentWords } from '../../text/words.ts'

export interface Candidate {
  readonly text: string
  readonly words: readonly string[]
  /** Words around it that say what it is about: its headings, the code below it. */
  readonly around: readonly string[]
  /** 0 to 1: how well it reads on its own. */
  readonly form: number
  /** 0 to 1: how much the search that found it thought of it. */
  readonly prior: number
}

interface Wanted {
  readonly word: string
  readonly weight: number
}

export interface Ranked<C> {
  readonly candidate: C
  readonly score: number
  /** Share of the question's words in the sentence or its headings; 0 to 1. */
  readonly coverage: number
}

const K1 = 1.2
const B = 0.6
/** A word found around the sentence alone counts this much. */
const AROUND = 0.6
const LEAST_FORM = 0.3
/** A sentence that scores less than this share of the best one says little. */
const LEAST_OF_BEST = 0.32
/** Share of relevance in MMR; the rest is novelty. */
const RELEVANCE = 0.7
const MOST_SCORED = 4_000

/** Best first, near-duplicates and sentences that miss the question left out. */
export function rankFor<C extends Candidate>(
  question: string,
  pool: readonly C[],
  most: number,
  weightOf: (word: string) => number = () => 1,
): Ranked<C>[] {
  const wanted = [...new Set(contentWords(question))].map((word) => ({ word, weight: weightOf(word) }))
  if (wanted.length === 0 || pool.length === 0) return []
  const candidates = pool.slice(0, MOST_SCORED)
  const pairs = pairsOf(question)
  const average = candidates.reduce((sum, { words }) => sum + words.length, 0) / candidates.length || 1
  const scored = candidates
    .map((candidate) => score(candidate, wanted, pairs, average))
    .filter((ranked) => ranked.score > 0)
    .sort((a, b) => b.score - a.score)
  const least = (scored[0]?.score ?? 0) * LEAST_OF_BEST
  return diverse(
    scored.filter((ranked) => ranked.score >= least),
    most,
  )
}

function score<C extends Candidate>(
  candidate: C,
  wanted: readonly Wanted[],
  pairs: ReadonlySet<string>,
  average: number,
): Ranked<C> {
  const { words, around, form, prior } = candidate
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const context = new Set(around)
  const dampened = K1 * (1 - B + (B * words.length) / average)
  let bm25 = 0
  let found = 0
  let inText = 0
  let total = 0
  for (const { word, weight } of wanted) {
    const near = relatedTo(word)
    const other = near.find((one) => counts.has(one))
    const count = counts.get(word) ?? (other === undefined ? 0 : RELATED_WEIGHT)
    const nearby = context.has(word) ? 1 : near.some((one) => context.has(one)) ? RELATED_WEIGHT : 0
    inText += Math.min(1, count)
    total += weight
    found += weight * Math.max(Math.min(1, count), nearby * AROUND)
    bm25 += weight * Math.max((count * (K1 + 1)) / (count + dampened), nearby * AROUND)
  }
  let adjacent = 0
  for (let index = 1; index < words.length; index += 1) {
    if (pairs.has(`${words[index - 1]} ${words[index]}`)) adjacent += 1
  }
  const coverage = total === 0 ? 0 : found / total
  const relevant = coverage >= leastCoverage(wanted.length) && inText >= 0.5 && form > LEAST_FORM
  const phrases = 1 + Math.min(2, adjacent) * 0.15
  return { candidate, coverage, score: relevant ? bm25 * (0.3 + coverage) * phrases * form * (0.4 + prior) : 0 }
}

/** Share of the question's words that a sentence with its headings must hold. The longer the question, the less. */
function leastCoverage(words: number): number {
  if (words <= 2) return 0.75
  if (words <= 3) return 0.55
  return words <= 6 ? 0.43 : 0.38
}

/** Neighbouring words of the question; where they are neighbours in a sentence too, it speaks of the same thing. */
function pairsOf(question: string): Set<string> {
  const words = contentWords(question)
  return new Set(words.slice(1).map((word, index) => `${words[index]} ${word}`))
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
