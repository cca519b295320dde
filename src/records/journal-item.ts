/** A journal row ↔ the item that holds it: its key, its index entry, its body. Reads and writes nothing itself. */
import { jsonSha256 } from '../audit/canonical.ts'
import { RecordsCorrupt } from '../errors.ts'
import type { RunId, Sha256, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { Reference } from '../schema/step.ts'
import type { IndexEntry, Item, Write } from './records.ts'
import { packRow, type StoredFields, unpackRow } from './row-codec.ts'

/** A row with its content. The body is absent where there was none, and where it has been erased. */
export interface JournalRecord {
  readonly row: JournalRow
  readonly body?: Json
  /** Where a body too large for the journal lies. */
  readonly bodyReference?: Reference
}

/** The body is under `b`, or under `x` the reference to it. Its hash follows from either. */
export interface RowContent {
  readonly b?: Json
  readonly x?: Reference
}

export function journalPartition(runId: RunId, stepId: StepId): string {
  return `RUN#${runId}#${stepId}`
}

/** Zero-padded, so that bytes sort as numbers do. */
export function rowSort(attempt: number, seq: number): string {
  return `${padded(attempt)}#${padded(seq)}`
}

export function attemptPrefix(attempt: number): string {
  return `${padded(attempt)}#`
}

function padded(number: number): string {
  return String(number).padStart(6, '0')
}

/**
 * Only start rows have one: it lists a run's chains, in the order in which they began. Short, as it is stored twice:
 * milliseconds since 1970 in base 36.
 */
function indexEntry(row: JournalRow): IndexEntry {
  return { partition: `RUN#${row.runId}`, sort: Date.parse(row.at).toString(36).padStart(9, '0') }
}

/** The row is under `r`, but for what it has in common with many others: that is under `@`. */
export function itemOfRow(row: JournalRow, content: RowContent): Item {
  const { own, common } = packRow(row)
  const attributes: Record<string, Json> = { r: own }
  if (common !== undefined) attributes['@'] = common
  if (content.b !== undefined) attributes['b'] = content.b
  if (content.x !== undefined) attributes['x'] = content.x as JsonObject
  const key = { partition: journalPartition(row.runId, row.stepId), sort: rowSort(row.attempt, row.seq) }
  return row.event === 'start' ? { ...key, attributes, index: indexEntry(row) } : { ...key, attributes }
}

export type StepPlace = Pick<JournalRow, 'runId' | 'stepId'>
export type Place = Pick<JournalRow, 'runId' | 'stepId' | 'attempt' | 'seq'>

/**
 * @param step Whose partition the item was read from.
 * @param prevOf Hash of the row before it in the same attempt.
 * @throws RecordsCorrupt where it is no journal row. Whether it is a true one only the chain can say.
 */
export function recordOfItem(
  step: StepPlace,
  item: Item,
  prevOf: (place: Place, cause: Sha256 | undefined) => Sha256,
): JournalRecord {
  const [attempt, seq] = numbersOf(item)
  const place = { runId: step.runId, stepId: step.stepId, attempt, seq }
  const fields = storedFields(item)
  const prev = prevOf(place, fields.cause)
  const { b: body, x, g: erased } = item.attributes
  if (body !== undefined) return { row: { ...place, ...fields, bodySha256: jsonSha256(body), prev }, body }
  const reference = x === undefined ? undefined : Reference.safeParse(x).data
  if (reference !== undefined) {
    const bodySha256 = reference.$ref.slice('sha256:'.length) as Sha256
    return { row: { ...place, ...fields, bodySha256, prev }, bodyReference: reference }
  }
  if (typeof erased === 'string') return { row: { ...place, ...fields, bodySha256: erased as Sha256, prev } }
  return { row: { ...place, ...fields, prev } }
}

/** Without its place, `prev`, and the hash of its body. @throws RecordsCorrupt */
export function storedFields(item: Item): StoredFields {
  const { r: own, '@': common } = item.attributes
  if (!isJsonObject(own)) throw damaged(item, 'it has no row')
  return unpackRow(isJsonObject(common) ? { ...own, ...common } : own)
}

/** Attempt and seq. */
export function numbersOf(item: Item): readonly [attempt: number, seq: number] {
  const [, attempt, seq] = /^(\d{6,})#(\d{6,})$/.exec(item.sort) ?? []
  if (attempt === undefined) throw damaged(item, 'its key is not that of a row')
  return [Number(attempt), Number(seq)]
}

/** Takes the content of a row away and leaves its hash, so that the chain still verifies. */
export function eraseBody({ partition, sort, attributes }: Item): Write {
  const { b: body } = attributes
  const set = body === undefined ? {} : { g: jsonSha256(body) }
  return { kind: 'update', key: { partition, sort }, condition: { kind: 'exists' }, set, remove: ['b'] }
}

function damaged(item: Item, what: string): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `item ${item.partition} ${item.sort} is no journal row: ${what}`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
  })
}
