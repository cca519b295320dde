/** BM25 over passages. Keeps places, not texts: a hit says where to read. Knows nothing of folders or files' content. */
import MiniSearch from 'minisearch'
import { RELATED_WEIGHT, relatedTo } from '../text/related-words.ts'
import { contentWords, indexTerms } from '../text/words.ts'
import type { Passage } from './passages.ts'

export interface PassageHit {
  readonly document: number
  readonly startLine: number
  readonly endLine: number
  readonly headings: readonly string[]
  readonly score: number
  /** Share of the query's words that the passage or its headings hold, rarer words weighing more; 0 to 1. */
  readonly coverage: number
}

export interface PassageSearch {
  readonly hits: readonly PassageHit[]
  /** For each word of the query, stemmed: the passages that hold it. */
  readonly passagesWith: Readonly<Record<string, number>>
}

interface Place {
  readonly document: number
  readonly startLine: number
  readonly endLine: number
  readonly headings: readonly string[]
}

interface Fields {
  readonly id: number
  readonly headings: string
  readonly prose: string
  readonly code: string
}

/** A query longer than this many words is cut: the rarest words are not known beforehand, the first ones are. */
const MOST_QUERY_WORDS = 48
/** Passages of one document among the hits, so that one long document does not take them all. */
const MOST_PER_DOCUMENT = 4
/** What a word weighs by where it stands: a heading says what its passage is about; code repeats names in passing. */
const FIELD_WEIGHTS = { headings: 2, prose: 1, code: 0.4 }
/** Of what a related word weighs in coverage: in BM25 it is rarer than the word itself, and so already weighs more. */
const RELATED_SHARE = 0.6
/** So that a word which every passage holds still counts for something. */
const LEAST_RARITY = 0.1
/** Best of BM25 that are ranked again: enough that MOST_PER_DOCUMENT leaves `limit`, few enough to sort at each search. */
const LEAST_RANKED = 200
const RANKED_PER_HIT = 10
/** Share of the BM25 score that a passage keeps which covers next to nothing of the query. */
const SCORE_WITHOUT_COVERAGE = 0.4
/** What a heading adds to the score that speaks of nothing else than the query does. */
const HEADING_BONUS = 0.4

export class SearchIndex {
  readonly #places: Place[] = []
  readonly #index = new MiniSearch<Fields>({
    fields: ['headings', 'prose', 'code'],
    tokenize: indexTerms,
    // The terms are ready as they come; identity spares a call's work for each of millions.
    processTerm: (term) => term,
    searchOptions: { boost: FIELD_WEIGHTS, combineWith: 'OR' },
  })

  get passages(): number {
    return this.#places.length
  }

  add(document: number, name: string, passages: readonly Passage[]): void {
    for (const { startLine, endLine, headings, prose, code } of passages) {
      const id = this.#places.push({ document, startLine, endLine, headings }) - 1
      this.#index.add({ id, headings: `${name} ${headings.join(' ')}`, prose, code: distinct(code) })
    }
  }

  /** Best first. */
  search(query: string, limit: number): PassageSearch {
    const words = [...new Set(contentWords(query))].slice(0, MOST_QUERY_WORDS)
    if (words.length === 0) return { hits: [], passagesWith: {} }
    const related = [...new Set(words.flatMap((word) => relatedTo(word)))].filter((word) => !words.includes(word))
    const results = this.#index.search([...words, ...related].join(' '), {
      tokenize: (text) => text.split(' '),
      boostTerm: (_term, place) => (place < words.length ? 1 : RELATED_WEIGHT * RELATED_SHARE),
    })
    const counts = new Map(words.map((word) => [word, 0]))
    for (const { queryTerms } of results) {
      for (const term of queryTerms) if (counts.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1)
    }
    const rarity = (word: string) => Math.log((this.passages + 1) / ((counts.get(word) ?? 0) + 1)) + LEAST_RARITY
    const perDocument = new Map<number, number>()
    const hits: PassageHit[] = []
    const asked = new Set(words)
    const ranked = results
      .slice(0, Math.max(LEAST_RANKED, limit * RANKED_PER_HIT))
      .flatMap(({ id, score, queryTerms }) => {
        const place = this.#places[id as number]
        if (!place) return []
        const coverage = coverageOf(words, queryTerms, rarity)
        // BM25 alone lets one rare word repeated beat a passage that holds all of the question's words.
        const factor = (SCORE_WITHOUT_COVERAGE + coverage) * (1 + HEADING_BONUS * aptness(place, asked))
        return [{ ...place, coverage, score: score * factor }]
      })
    ranked.sort((a, b) => b.score - a.score || a.document - b.document || a.startLine - b.startLine)
    for (const hit of ranked) {
      const taken = perDocument.get(hit.document) ?? 0
      if (taken >= MOST_PER_DOCUMENT) continue
      perDocument.set(hit.document, taken + 1)
      hits.push(hit)
      if (hits.length >= limit) break
    }
    return { hits, passagesWith: Object.fromEntries(counts) }
  }
}

/** Share of the passage's own heading that the query names: "Layers" is more about layers than "Legacy layers (old)". */
function aptness({ headings }: Place, asked: ReadonlySet<string>): number {
  const own = contentWords(headings.at(-1) ?? '')
  return own.length === 0 ? 0 : own.filter((word) => asked.has(word)).length / own.length
}

/** Rarer words count for more; a related word covers in part. */
function coverageOf(words: readonly string[], matched: readonly string[], rarity: (word: string) => number): number {
  const found = new Set(matched)
  let covered = 0
  let total = 0
  for (const word of words) {
    const weight = rarity(word)
    const near = relatedTo(word).some((other) => found.has(other))
    total += weight
    covered += weight * (found.has(word) ? 1 : near ? RELATED_WEIGHT : 0)
  }
  return total === 0 ? 0 : covered / total
}

/** Code repeats its identifiers; once is enough to be found by them. */
function distinct(code: string): string {
  return code === '' ? code : [...new Set(code.match(/[\p{L}_][\p{L}\p{N}_]{2,}/gu) ?? [])].join(' ')
}
