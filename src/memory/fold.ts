/** What the rows of a space come to: the facts that stand, ready to be searched. Reads no records. */
import MiniSearch from 'minisearch'
import type { Fact, Tombstone } from '../schema/memory.ts'
import { indexTerms } from '../text/words.ts'
import type { FactRow, MarkRow, Row, TombstoneRow } from './memory-item.ts'
import { fromBase64, lengthOf, type StoredVector } from './vectors.ts'

export interface Standing {
  readonly number: number
  readonly fact: Fact
  readonly vector?: { readonly embedder: string; readonly components: StoredVector; readonly length: number }
}

export interface Mark extends MarkRow {
  readonly number: number
}

interface Versions {
  /** Highest number given, forgotten ones included. */
  highest: number
  /** Those that stand, oldest first: the last one is the fact now. */
  standing: Standing[]
}

export interface Gone {
  readonly mark: number
  readonly tombstone: Tombstone
}

export class MemoryFold {
  /** Number of the last row that is in it. */
  last = 0
  /** Of the last row: ISO 8601. */
  at = ''
  /** Versions that stand, earlier ones included. */
  standing = 0
  /** Readers of it take turns. */
  turn: Promise<unknown> = Promise.resolve()
  readonly #facts = new Map<string, Versions>()
  readonly #gone = new Map<number, Gone>()
  readonly #marks = new Map<string, Mark>()
  readonly #writes = new Map<string, Standing | 'forgotten'>()
  readonly #words = new MiniSearch<{ id: string; subject: string; text: string }>({
    fields: ['subject', 'text'],
    tokenize: indexTerms,
    processTerm: (term) => term,
  })

  apply(number: number, row: Row): void {
    this.last = number
    if (row.kind === 'fact') this.#remember(number, row)
    else if (row.kind === 'tombstone') this.#bury(number, row)
    else this.#forget({ ...row, number })
  }

  /** The facts as they are now. */
  *current(): Generator<Standing> {
    for (const { standing } of this.#facts.values()) {
      const now = standing.at(-1)
      if (now !== undefined) yield now
    }
  }

  now(id: string): Standing | undefined {
    return this.#facts.get(id)?.standing.at(-1)
  }

  nextVersion(id: string): number {
    return (this.#facts.get(id)?.highest ?? 0) + 1
  }

  written(writeId: string): Standing | 'forgotten' | undefined {
    return this.#writes.get(writeId)
  }

  /** The latest of a source or subject. */
  mark(target: { readonly source: string } | { readonly subject: string }): Mark | undefined {
    return this.#marks.get(targetKey(target))
  }

  /** Versions, not facts. */
  standingOf(target: { readonly source: string } | { readonly subject: string }): readonly Standing[] {
    return [...this.#facts.values()].flatMap(({ standing }) => standing.filter(({ fact }) => isOf(fact, target)))
  }

  /** What is left of the version in a row that was forgotten, erased or not. */
  gone(number: number): Gone | undefined {
    return this.#gone.get(number)
  }

  forgottenBy(mark: number): number {
    let count = 0
    for (const gone of this.#gone.values()) if (gone.mark === mark) count += 1
    return count
  }

  /** Oldest first. */
  history(subject: string): readonly (Fact | Tombstone)[] {
    const standing = this.standingOf({ subject }).map(({ number, fact }) => ({ number, one: fact }))
    const gone = [...this.#gone]
      .filter(([, { tombstone }]) => tombstone.subject === subject)
      .map(([number, { tombstone }]) => ({ number, one: tombstone }))
    return [...standing, ...gone].sort((a, b) => a.number - b.number).map(({ one }) => one)
  }

  /** BM25 of the facts as they are now, in no promised order. */
  byWords(query: string, accepts: (fact: Fact) => boolean): readonly { standing: Standing; score: number }[] {
    const found = this.#words.search(query, { combineWith: 'OR' })
    return found.flatMap(({ id, score }) => {
      const standing = this.now(id as string)
      return standing !== undefined && accepts(standing.fact) ? [{ standing, score }] : []
    })
  }

  #remember(number: number, row: FactRow): void {
    const { kind, writeId, vector, embedder, ...fact } = row
    const components = vector === undefined ? undefined : fromBase64(vector)
    const one: Standing = {
      ...{ number, fact },
      ...(components && embedder !== undefined && { vector: { embedder, components, length: lengthOf(components) } }),
    }
    this.at = fact.at
    this.#change(fact.id, fact.version, (standing) => [...standing, one])
    this.#writes.set(writeId, one)
  }

  #bury(number: number, row: TombstoneRow): void {
    const { kind, writeId, mark, ...tombstone } = row
    this.at = tombstone.at
    this.#change(tombstone.id, tombstone.version, (standing) => standing)
    this.#gone.set(number, { mark, tombstone })
    this.#writes.set(writeId, 'forgotten')
  }

  #forget(mark: Mark): void {
    const target = mark.source === undefined ? { subject: mark.subject ?? '' } : { source: mark.source }
    this.at = mark.forgotten.at
    this.#marks.set(targetKey(target), mark)
    for (const { number, fact } of this.standingOf(target)) {
      const { text, labels, ...rest } = fact
      this.#gone.set(number, { mark: mark.number, tombstone: { ...rest, forgotten: mark.forgotten } })
      this.#change(fact.id, fact.version, (standing) => standing.filter((one) => one.number !== number))
    }
    for (const [writeId, one] of this.#writes) {
      if (one !== 'forgotten' && this.#gone.has(one.number)) this.#writes.set(writeId, 'forgotten')
    }
  }

  #change(id: string, version: number, next: (standing: Standing[]) => Standing[]): void {
    const versions = this.#facts.get(id) ?? { highest: 0, standing: [] }
    const before = versions.standing.at(-1)
    const count = versions.standing.length
    versions.standing = next(versions.standing)
    versions.highest = Math.max(versions.highest, version)
    this.#facts.set(id, versions)
    this.standing += versions.standing.length - count
    const after = versions.standing.at(-1)
    if (before === after) return
    if (before !== undefined) this.#words.remove(before.fact)
    if (after !== undefined) this.#words.add(after.fact)
  }
}

export function isOf(
  fact: Pick<Fact, 'source' | 'subject'>,
  target: { source: string } | { subject: string },
): boolean {
  return 'source' in target ? fact.source === target.source : fact.subject === target.subject
}

function targetKey(target: { readonly source: string } | { readonly subject: string }): string {
  return 'source' in target ? `source ${target.source}` : `subject ${target.subject}`
}
