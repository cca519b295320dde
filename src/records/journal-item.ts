/** A journal row ↔ the item that holds it: its key, its index entry, its body. Reads and writes nothing itself. */
import { jsonSha256 } from '../audit/canonical.ts'
import { RecordsCorrupt } from '../errors.ts'
import { RunId, type Sha256, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { Reference } from '../schema/step.ts'
import type { IndexEntry, Item } from './records.ts'
import { packRow, unpackRow } from './row-codec.ts'

/** A row with its content. The body is absent where there was none, and where it has been erased. */
export interface JournalRecord {
  readonly row: JournalRow
  readonly body?: Json
  /** Where a body too large for the journal lies. */
  readonly bodyReference?: Reference
}

/** The row is under `r`, its body under `b`, or under `x` the reference to it. */
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

/** Only start rows have one: it lists a run's chains. */
function indexEntry(row: JournalRow): IndexEntry {
  return { partition: `RUN#${row.runId}`, sort: `${row.stepId}#${padded(row.attempt)}` }
}

export function itemOfRow(row: JournalRow, content: RowContent): Item {
  return {
    partition: journalPartition(row.runId, row.stepId),
    sort: rowSort(row.attempt, row.seq),
    attributes: { r: packRow(row), ...(content as JsonObject) },
    ...(row.event === 'start' ? { index: indexEntry(row) } : {}),
  }
}

/**
 * @param prevOf Hash of the row before it in the same attempt.
 * @throws RecordsCorrupt where it is no journal row. Whether it is a true one only the chain can say.
 */
export function recordOfItem(item: Item, prevOf: (place: Place, cause: Sha256 | undefined) => Sha256): JournalRecord {
  const place = placeOf(item)
  const { r, b, x } = item.attributes
  if (!isJsonObject(r)) throw damaged(item, 'it has no row')
  const fields = unpackRow(r)
  const row: JournalRow = { ...place, ...fields, prev: prevOf(place, fields.cause) }
  if (b !== undefined) return { row, body: b }
  const reference = x === undefined ? undefined : Reference.safeParse(x)
  return reference?.success ? { row, bodyReference: reference.data } : { row }
}

type Place = Pick<JournalRow, 'runId' | 'stepId' | 'attempt' | 'seq'>

function placeOf(item: Item): Place {
  const [kind, run, ...step] = item.partition.split('#')
  const [, attempt, seq] = /^(\d{6,})#(\d{6,})$/.exec(item.sort) ?? []
  const runId = RunId.safeParse(run)
  const stepId = StepId.safeParse(step.join('#'))
  if (kind !== 'RUN' || !runId.success || !stepId.success || attempt === undefined) {
    throw damaged(item, 'its key is not that of a row')
  }
  return { runId: runId.data, stepId: stepId.data, attempt: Number(attempt), seq: Number(seq) }
}

/** Whether the body that lies beside a row is the one the row was written with. True where there is none. */
export function bodyHolds({ row, body }: JournalRecord): boolean {
  return body === undefined || jsonSha256(body) === row.bodySha256
}

function damaged(item: Item, what: string): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `item ${item.partition} ${item.sort} is no journal row: ${what}`,
    next: 'Run `baton audit verify`, and restore the data folder from a copy.',
  })
}
