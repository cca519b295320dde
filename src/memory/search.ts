/** Finding facts: by their words (BM25), by meaning (exact cosine over all vectors), or by both. */
import { EmbedderMissing } from '../errors.ts'
import type { Fact, MemoryQuery, MemorySearchBy } from '../schema/memory.ts'
import type { Embedder } from './embedder.ts'
import type { MemoryFold, Standing } from './fold.ts'
import { checked } from './remember.ts'
import { cosine, lengthOf } from './vectors.ts'

export interface Hit {
  readonly fact: Fact
  /**
   * Words: BM25. Meaning: cosine, -1 to 1. Both: the sum of 1 / (60 + place) over the two lists.
   * Comparable within one answer only.
   */
  readonly score: number
}

/** Best first; those with one score by their ids. */
export interface Hits extends ReadonlyArray<Hit> {
  /** How it was searched: `words` where `both` was asked for and nothing makes vectors here. */
  readonly by: MemorySearchBy
  /** Facts that only words can find: they have no vector, or one of another embedder. */
  readonly notCompared: number
}

/** Cormack, Clarke and Büttcher (SIGIR 2009): what one list thinks best does not drown the other. */
const FUSION_CONSTANT = 60
/** Of each list, what is fused. */
const FUSED = 200
/** So that the order in which facts came decides nothing: sums of floating-point numbers differ by it. */
const SCORE_DIGITS = 9

/** @throws EmbedderMissing where meaning is asked for, and nothing makes vectors */
export async function searchFold(
  fold: () => Promise<MemoryFold>,
  { query, limit, by = 'both', subject, source }: MemoryQuery,
  embedder: Embedder | undefined,
): Promise<Hits> {
  const vector = by === 'words' ? undefined : await vectorOf(query, by, embedder)
  const accepts = (fact: Fact) =>
    (subject === undefined || fact.subject === subject) && (source === undefined || fact.source === source)
  const facts = await fold()
  if (vector === undefined || embedder === undefined) {
    return hitsOf(best(facts.byWords(query, accepts), limit), 'words', 0)
  }
  const compared: Scored[] = []
  let notCompared = 0
  const length = lengthOf(vector)
  for (const standing of facts.current()) {
    if (!accepts(standing.fact)) continue
    const own = standing.vector
    if (own?.embedder !== embedder.id || own.components.length !== vector.length) notCompared += 1
    else compared.push({ standing, score: cosine(vector, own.components, length * own.length) })
  }
  if (by === 'meaning') return hitsOf(best(compared, limit), by, notCompared)
  const fused = fuse([best(facts.byWords(query, accepts), FUSED), best(compared, FUSED)])
  return hitsOf(best(fused, limit), by, notCompared)
}

interface Scored {
  readonly standing: Standing
  readonly score: number
}

async function vectorOf(query: string, by: MemorySearchBy, embedder: Embedder | undefined) {
  try {
    if (embedder === undefined) throw missing()
    const [vector] = await embedder.embed([query])
    return checked(vector, embedder)
  } catch (error) {
    if (by === 'both' && error instanceof EmbedderMissing) return undefined
    throw error
  }
}

/** Exactly the first of all, sorted. */
function best(scored: readonly Scored[], limit: number): readonly Scored[] {
  const rounded = scored.map(({ standing, score }) => ({ standing, score: Number(score.toFixed(SCORE_DIGITS)) }))
  rounded.sort((a, b) => b.score - a.score || (a.standing.fact.id < b.standing.fact.id ? -1 : 1))
  return rounded.slice(0, limit)
}

function fuse(lists: readonly (readonly Scored[])[]): readonly Scored[] {
  const sums = new Map<string, Scored>()
  for (const list of lists) {
    for (const [index, { standing }] of list.entries()) {
      const { id } = standing.fact
      const score = (sums.get(id)?.score ?? 0) + 1 / (FUSION_CONSTANT + index + 1)
      sums.set(id, { standing, score })
    }
  }
  return [...sums.values()]
}

function hitsOf(scored: readonly Scored[], by: MemorySearchBy, notCompared: number): Hits {
  const hits = scored.map(({ standing: { fact }, score }) => ({ fact, score }))
  return Object.assign(hits, { by, notCompared })
}

function missing(): EmbedderMissing {
  return new EmbedderMissing({
    message: 'search by meaning needs an embedder, and none was given',
    next: 'Search by words, or give the memory an embedder.',
  })
}
