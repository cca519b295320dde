/** BM25 over passages. Keeps places, not texts: a hit says where to read. Knows nothing of folders or files' content. */
import MiniSearch from 'minisearch'
import { contentWords, indexTerms } from '../text/words.ts'
import type { Passage } from './passages.ts'

export interface PassageHit {
  readonly document: number
  readonly startLine: number
  readonly endLine: number
  readonly headings: readonly string[]
  readonly score: number
  /** Share of the query's words that the passage or its headings hold, 0 to 1. */
  readonly coverage: number
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
const MOST_PER_DOCUMENT = 3

export class SearchIndex {
  readonly #places: Place[] = []
  readonly #index = new MiniSearch<Fields>({
    fields: ['headings', 'prose', 'code'],
    tokenize: indexTerms,
    // The terms are ready as they come; identity spares a call's work for each of millions.
    processTerm: (term) => term,
    searchOptions: { boost: { headings: 2, prose: 1, code: 0.4 }, combineWith: 'OR' },
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
  search(query: string, limit: number): PassageHit[] {
    const words = [...new Set(contentWords(query))].slice(0, MOST_QUERY_WORDS)
    if (words.length === 0) return []
    const results = this.#index.search(words.join(' '), { tokenize: (text) => text.split(' ') })
    const perDocument = new Map<number, number>()
    const hits: PassageHit[] = []
    const ranked = results
      .slice(0, Math.max(200, limit * 10))
      .map(({ id, score, queryTerms }) => ({ id: id as number, score, coverage: queryTerms.length / words.length }))
      // BM25 alone lets one rare word repeated beat a passage that holds all of the question's words.
      .sort((a, b) => b.score * (0.4 + b.coverage) - a.score * (0.4 + a.coverage) || a.id - b.id)
    for (const { id, score, coverage } of ranked) {
      const place = this.#places[id]
      if (!place) continue
      const taken = perDocument.get(place.document) ?? 0
      if (taken >= MOST_PER_DOCUMENT) continue
      perDocument.set(place.document, taken + 1)
      hits.push({ ...place, score: score * (0.4 + coverage), coverage })
      if (hits.length >= limit) break
    }
    return hits
  }
}

/** Code repeats its identifiers; once is enough to be found by them. */
function distinct(code: string): string {
  return code === '' ? code : [...new Set(code.match(/[\p{L}_][\p{L}\p{N}_]{2,}/gu) ?? [])].join(' ')
}
