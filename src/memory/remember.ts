/** Writing a fact: once, however often it is sent. */
import { randomUUID } from 'node:crypto'
import type * as z from 'zod'
import { jsonSha256 } from '../audit/canonical.ts'
import { EmbedderMissing, InvalidRequest, MemoryForgotten, MemoryFull } from '../errors.ts'
import type { Fact, NewFact as NewFactSchema } from '../schema/memory.ts'
import { appendRow, type MemoryStores } from './append-row.ts'
import type { Embedder } from './embedder.ts'
import type { MemoryFold } from './fold.ts'
import type { FactRow } from './memory-item.ts'
import { quantised, toBase64 } from './vectors.ts'

export interface RememberOptions extends MemoryStores {
  readonly embedder?: Embedder | undefined
  /** Versions that a space holds, forgotten ones aside. */
  readonly mostFacts: number
}

type CheckedFact = z.output<typeof NewFactSchema>

/** @throws MemoryForgotten, MemoryFull, InvalidRequest, RecordsUnavailable, RecordsCorrupt */
export async function remember(partition: string, given: CheckedFact, options: RememberOptions): Promise<Fact> {
  const { callId, ...content } = given
  const { text, subject, source, key, by } = content
  const sha256 = jsonSha256({ text, subject, source })
  const id = (key === undefined ? sha256 : jsonSha256({ subject, key })).slice(0, 32)
  const writeId = callId === undefined ? randomUUID() : `${by.runId}/${by.stepId}/${callId}`
  let vector: Partial<Pick<FactRow, 'vector' | 'embedder'>> | undefined
  const written = (fold: MemoryFold): Fact | undefined => {
    const before = fold.written(writeId)
    if (before === 'forgotten') throw forgotten(`what this call wrote about ${subject}`)
    if (before !== undefined) return before.fact
    const mark = fold.mark({ source })
    if (mark !== undefined && !mark.allow) throw forgotten(`the source ${source}`)
    const now = fold.now(id)?.fact
    if (now?.sha256 === sha256) return now
    if (fold.standing >= options.mostFacts) throw full(partition, options.mostFacts)
    return undefined
  }
  for (let tries = 0; tries < 2; tries += 1) {
    const fact = await appendRow<Fact | undefined>(options, partition, 'memory.remember', (fold, at) => {
      const before = written(fold)
      // Once it is known that the fact is new, and outside the decision, which is of one moment.
      if (before !== undefined || vector === undefined) return { done: before }
      return { row: { kind: 'fact', id, version: fold.nextVersion(id), sha256, at, writeId, ...content, ...vector } }
    })
    if (fact !== undefined) return fact
    vector = await vectorOf(text, options.embedder)
  }
  throw new Error('a fact is written, or refused')
}

/** A fact without a vector is found by its words. */
async function vectorOf(text: string, embedder: Embedder | undefined) {
  if (embedder === undefined) return {}
  try {
    const [vector] = await embedder.embed([text])
    return { vector: toBase64(quantised(checked(vector, embedder))), embedder: embedder.id }
  } catch (error) {
    if (error instanceof EmbedderMissing) return {}
    throw error
  }
}

/** @throws InvalidRequest */
export function checked(vector: Float32Array | undefined, { id, dimensions }: Embedder): Float32Array {
  if (vector?.length === dimensions && vector.every(Number.isFinite)) return vector
  throw new InvalidRequest({
    message: `the embedder ${id} gave ${vector?.length ?? 0} components, expected ${dimensions} finite numbers`,
    next: 'Correct the embedder.',
  })
}

function forgotten(what: string): MemoryForgotten {
  return new MemoryForgotten({
    message: `${what} was forgotten on purpose and is not remembered again`,
    next: 'Go on without it. Where the source is sound again, forget it once more with `allow`.',
  })
}

function full(partition: string, most: number): MemoryFull {
  return new MemoryFull({
    message: `${partition} holds ${most} facts, the most that a space holds`,
    next: 'Forget a source or a subject that is no longer needed, or use another space.',
  })
}
