/**
 * The hash chain of an attempt: hash = sha256(prev ‖ JCS(row without prev and hash)). Pure: neither reads nor writes
 * rows. It shows that a stored chain was changed, cut in the middle or reordered; that its tail was cut off shows only
 * against a head kept elsewhere (an `end` row, a seal).
 */
import type { RunId, Sha256, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { canonicalJson } from './canonical.ts'

export interface ChainId {
  readonly runId: RunId
  readonly stepId: StepId
  readonly attempt: number
}

export type UnlinkedRow = Omit<JournalRow, 'prev' | 'hash'>

export type ChainVerdict =
  | { readonly status: 'intact'; readonly rows: number; readonly head: Sha256 }
  /** `seq` = the first row that does not hold; `what` = how, for a person. */
  | { readonly status: 'broken'; readonly seq: number; readonly what: string }

/**
 * What the first row of a chain has as `prev`: sha256(JCS({attempt, cause, runId, stepId})). Binds the chain to its place
 * and its cause. Ids hold no characters that JCS would write otherwise.
 */
export function genesis({ runId, stepId, attempt }: ChainId, cause: Sha256 | undefined): Sha256 {
  const causedBy = cause === undefined ? '' : `"cause":${JSON.stringify(cause)},`
  const place = `"runId":${JSON.stringify(runId)},"stepId":${JSON.stringify(stepId)}`
  return sha256(`{"attempt":${attempt},${causedBy}${place}}`)
}

export function link(prev: Sha256, row: UnlinkedRow): Sha256 {
  const text = canonicalJson(row as unknown as Json)
  const bytes = Buffer.allocUnsafe(32 + Buffer.byteLength(text))
  bytes.write(prev, 'hex')
  bytes.write(text, 32)
  return sha256(bytes)
}

/** @param rows All rows of one attempt, by seq. */
export function verifyChain(id: ChainId, rows: readonly JournalRow[]): ChainVerdict {
  const first = rows[0]
  if (first === undefined) return { status: 'broken', seq: 0, what: 'the chain has no rows' }
  let prev = genesis(id, first.cause)
  for (const [seq, row] of rows.entries()) {
    const what = fault(id, seq, prev, row)
    if (what !== undefined) return { status: 'broken', seq, what }
    prev = row.hash
  }
  return { status: 'intact', rows: rows.length, head: prev }
}

function fault(id: ChainId, seq: number, prev: Sha256, row: JournalRow): string | undefined {
  const { prev: claimed, hash, ...content } = row
  if (row.seq !== seq) return `row ${seq} is missing: row ${row.seq} stands in its place`
  if (row.runId !== id.runId || row.stepId !== id.stepId || row.attempt !== id.attempt) {
    return `row ${seq} belongs to ${row.runId} ${row.stepId} attempt ${row.attempt}`
  }
  if ((seq === 0) !== (row.event === 'start')) {
    return seq === 0 ? `the first row is a ${row.event} row, not a start row` : `row ${seq} is a second start row`
  }
  if (claimed !== prev) return `row ${seq} does not follow from the row before it`
  if (link(prev, content) !== hash)
    return `row ${seq}, or the body beside it, is not what was hashed when it was written`
  return undefined
}
