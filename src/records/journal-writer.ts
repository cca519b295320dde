/** The one writer of an attempt's chain: place, hash, conditional put. Appends queue up, so that the chain has no gaps. */
import { canonicalJson, sha256 } from '../audit/canonical.ts'
import { type ChainId, link } from '../audit/chain.ts'
import type { Clock } from '../clock.ts'
import { type CrashPoint, crashPoint } from '../crash-point.ts'
import { Conflict } from '../errors.ts'
import type { Sha256 } from '../schema/ids.ts'
import type { JournalEntry, JournalEvent, JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { Artifacts } from './artifacts.ts'
import { itemOfRow, type RowContent } from './journal-item.ts'
import type { Item, Records, Write } from './records.ts'

/** Above this a body is an artifact, bytes: well within an item's 400 KB, and small enough to be read with its step. */
export const INLINE_BODY_BYTES = 200 * 1024

export type NewEntry = Omit<JournalEntry, 'at'> & { readonly at?: string }

export interface JournalWriter extends ChainId {
  /** Hash of the last row written: the cause of what follows from it. */
  readonly head: Sha256
  /** Rows written. */
  readonly rows: number
  /**
   * Resolves after the row is durable. A Conflict, as a value, where somebody else wrote in this place or a write of
   * `alongside` was refused: nothing is written then.
   * @param alongside Written in the same transaction. Costs more than a row alone.
   * @throws RecordsUnavailable: the row is written or it is not; read the step again to know.
   */
  append(entry: NewEntry, body?: Json, alongside?: readonly Write[]): Promise<JournalRow | Conflict>
}

export interface JournalWriterOptions {
  readonly records: Records
  readonly artifacts: Artifacts
  readonly clock: Clock
  readonly id: ChainId
  readonly prev: Sha256
}

export function openJournalWriter({ records, artifacts, clock, id, prev }: JournalWriterOptions): JournalWriter {
  const { runId, stepId, attempt } = id
  let head = prev
  let rows = 0
  let last: Promise<unknown> = Promise.resolve()

  async function appendNow(entry: NewEntry, body: Json | undefined, alongside: readonly Write[]) {
    const text = body === undefined ? undefined : canonicalJson(body)
    const unlinked = {
      runId,
      stepId,
      attempt,
      seq: rows,
      at: clock.now().toISOString(),
      ...entry,
      ...(text === undefined ? {} : { bodySha256: sha256(text) }),
    }
    const row: JournalRow = { ...unlinked, prev: head, hash: link(head, unlinked) }
    const content = text === undefined || body === undefined ? {} : await contentOf(body, text)
    const item = itemOfRow(row, content)
    const points = CRASH_POINTS[row.event]
    if (points) crashPoint(points[0])
    const refused = await write(item, row.event === 'start', alongside)
    if (refused !== undefined) return refused
    if (points) crashPoint(points[1])
    head = row.hash
    rows += 1
    return row
  }

  async function contentOf(body: Json, text: string): Promise<RowContent> {
    if (text.length * 3 <= INLINE_BODY_BYTES || Buffer.byteLength(text) <= INLINE_BODY_BYTES) return { b: body }
    return { x: await artifacts.put(runId, body) }
  }

  async function write(item: Item, isClaim: boolean, alongside: readonly Write[]): Promise<Conflict | undefined> {
    const put: Write = { kind: 'put', item, condition: { kind: 'absent' } }
    const outcome = alongside.length === 0 ? await records.write(put) : await records.transact([put, ...alongside])
    if (outcome.ok) return undefined
    if (outcome.failed > 0) return refusal(item, `write ${outcome.failed} that belongs to it was refused`)
    // The reply to an earlier send of this very row was lost: it is written. Not so for a claim: two claimers at the
    // same millisecond have the same row.
    if (!isClaim && hashIn(outcome.item) === hashIn(item)) return undefined
    return refusal(item, 'somebody else has written there')
  }

  return {
    runId,
    stepId,
    attempt,
    get head() {
      return head
    },
    get rows() {
      return rows
    },
    append(entry, body, alongside = []) {
      const turn = last.then(() => appendNow(entry, body, alongside))
      last = turn.catch(() => undefined)
      return turn
    },
  }
}

const CRASH_POINTS: { readonly [Event in JournalEvent]?: readonly [before: CrashPoint, after: CrashPoint] } = {
  start: ['journal.start.before', 'journal.start.after'],
  turn: ['journal.turn.before', 'journal.turn.after'],
  tool: ['journal.tool.before', 'journal.tool.after'],
  outcome: ['journal.outcome.before', 'journal.outcome.after'],
}

function hashIn(item: Item | undefined): Json | undefined {
  const row = item?.attributes['r']
  return (row as { readonly '#'?: Json } | undefined)?.['#']
}

function refusal(item: Item, why: string): Conflict {
  return new Conflict({
    message: `row ${item.sort} of ${item.partition} was not written: ${why}`,
    next: 'Another process is at this step. Let it finish, or stop it, then resume the run.',
  })
}
