/**
 * What a team remembers across runs: facts with their sources, in spaces. Knows nothing of who may read or write.
 *
 * What is promised. A fact that was acknowledged is never lost, and stands once, however often it is sent. A version's number
 * is given once. What was forgotten is found by nobody who searches after the answer, in any process, and its text is
 * erased from the records; what is left says what was forgotten, by whom, when and why.
 */
import type * as z from 'zod'
import type { Clock } from '../clock.ts'
import { InvalidRequest } from '../errors.ts'
import type { Records } from '../records/records.ts'
import { TeamName } from '../schema/ids.ts'
import {
  type Fact,
  ForgetTarget,
  Forgetter,
  Forgotten,
  type MemoryQuery,
  MemoryQuery as MemoryQuerySchema,
  memoryPartition,
  NewFact,
  SpaceName,
  type Tombstone,
} from '../schema/memory.ts'
import type { Embedder } from './embedder.ts'
import { type ForgetOrder, forget } from './forget.ts'
import { type MemoryFolds, readFold } from './read-fold.ts'
import { remember } from './remember.ts'
import { type Hits, searchFold } from './search.ts'

export type { Embedder } from './embedder.ts'
export type { ForgetOrder } from './forget.ts'
export type { MemoryFolds } from './read-fold.ts'
export type { Hit, Hits } from './search.ts'

/** Versions that a space holds at most, forgotten ones aside: what a first search reads. */
export const MOST_FACTS = 50_000

export interface MemoryOptions {
  readonly records: Records
  readonly team: string
  readonly clock: Clock
  /** @default none: search by words only */
  readonly embedder?: Embedder
  /** What was read already; kept by the caller, later searches read only what is new. @default of this memory alone */
  readonly folds?: MemoryFolds
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number
  /** Of each space. @default MOST_FACTS */
  readonly mostFacts?: number
}

/** All methods may throw InvalidRequest for what nobody may ask; RecordsUnavailable and RecordsCorrupt. */
export interface Memory {
  /**
   * The same text, subject and source is the same fact; so is whatever is sent under one `callId` of a step. A fact with a
   * `key` takes the place of the one with the same subject and key, as its next version.
   * @throws MemoryForgotten where its source is refused; MemoryFull
   */
  remember(space: string, fact: NewFact): Promise<Fact>
  /** @throws EmbedderMissing for `meaning` without an embedder: `both` is answered by words then, and says so. */
  search(space: string, query: MemoryQuery): Promise<Hits>
  /** All facts as they are now, by subject; of one subject in the order in which they came. */
  facts(space: string): Promise<readonly Fact[]>
  /** All versions about a subject, oldest first. Of forgotten ones, what is left. */
  history(space: string, subject: string): Promise<readonly (Fact | Tombstone)[]>
  /**
   * Versions that stand forgotten by it. Asked again, the answer is the same, and what a death left behind is erased.
   * A source is refused from then on, unless `allow` is given: then, or once more later.
   */
  forget(space: string, target: ForgetTarget, order: ForgetOrder): Promise<{ readonly forgotten: number }>
}

export function openMemory(options: MemoryOptions): Memory {
  const { records, clock, embedder, folds = new Map(), random = Math.random, mostFacts = MOST_FACTS } = options
  const team = parsed(TeamName, options.team, 'a team')
  const stores = { records, clock, folds, random }
  const partitionOf = (space: string) => memoryPartition(team, parsed(SpaceName, space, 'a space of memory'))
  return {
    async remember(space, fact) {
      const partition = partitionOf(space)
      return remember(partition, parsed(NewFact, fact, 'a fact'), { ...stores, embedder, mostFacts })
    },
    async search(space, query) {
      const partition = partitionOf(space)
      return searchFold(
        () => readFold(records, partition, folds),
        parsed(MemoryQuerySchema, query, 'a search'),
        embedder,
      )
    },
    async facts(space) {
      const facts = [...(await readFold(records, partitionOf(space), folds)).current()].map(({ fact }) => fact)
      return facts.sort((one, other) => (one.subject < other.subject ? -1 : Number(one.subject > other.subject)))
    },
    async history(space, subject) {
      return (await readFold(records, partitionOf(space), folds)).history(subject)
    },
    async forget(space, target, { allow, ...order }) {
      const partition = partitionOf(space)
      const { by, reason } = parsed(ORDER, order, 'who has a fact forgotten, and why')
      const what = parsed(ForgetTarget, target, 'what is forgotten')
      return forget(partition, what, { by, reason, ...(allow !== undefined && { allow }) }, stores)
    },
  }
}

const ORDER = Forgotten.pick({ reason: true }).extend({ by: Forgetter })

/** @throws InvalidRequest */
function parsed<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  throw new InvalidRequest({ message: `${what} is not valid: ${faults.join('; ')}`, next: 'Correct it.' })
}
