/** The one writer of an attempt's chain: place, hash, conditional put. Appends queue up, so that the chain has no gaps. */
import { canonicalJson } from '../audit/canonical.ts'
import { type ChainId, link, type UnlinkedRow } from '../audit/chain.ts'
import type { Clock } from '../clock.ts'
import { type CrashPoint, crashPoint } from '../crash-point.ts'
import { Conflict } from '../errors.ts'
import type { Sha256 } from '../schema/ids.ts'
import type { JournalEntry, JournalEvent, JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import type { Artifacts } from './artifacts.ts'
import { itemOfRow, type RowContent } from './journal-item.ts'
import type { Item, Records, Write } from './records.ts'

/** Above this a body is an artifact, bytes: well within an item's 400 KB, and small enough to be read with its step. */
export const INLINE_BODY_BYTES = 200 * 1024

export type NewEntry = Omit<JournalEntry, 'at'> & { readonly at?: string }

export interface NewRow {
  readonly entry: NewEntry
  readonly body?: Json | undefined
}

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
  /** Several rows in one transaction: all or none. Quicker than one by one; on DynamoDB it costs twice the units. */
  appendAll(rows: readonly NewRow[], alongside?: readonly Write[]): Promise<readonly JournalRow[] | Conflict>
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
  let waiting = 0

  /** At once where nothing is under way: a promise fewer. */
  function inTurn<T>(send: () => Promise<T>): Promise<T> {
    waiting += 1
    const turn = waiting === 1 ? send() : last.then(send, send)
    last = turn
    return turn
  }

  async function send(entries: readonly NewRow[], alongside: readonly Write[]) {
    try {
      const added: JournalRow[] = []
      const items: Item[] = []
      for (const { entry, body } of entries) {
        const text = body === undefined ? undefined : canonicalJson(body)
        const row = linked(entry, text, added)
        const content = text === undefined || body === undefined ? {} : contentOf(body, text)
        added.push(row)
        items.push(itemOfRow(row, content instanceof Promise ? await content : content))
      }
      for (const { event } of added) reach(event, 0)
      const refused = await write(items, added[0]?.event === 'start', alongside)
      if (refused !== undefined) return refused
      for (const { event } of added) reach(event, 1)
      head = added.at(-1)?.hash ?? head
      rows += added.length
      return added
    } finally {
      waiting -= 1
    }
  }

  function linked(entry: NewEntry, bodyText: string | undefined, before: readonly JournalRow[]): JournalRow {
    const at = entry.at ?? clock.now().toISOString()
    const unlinked: UnlinkedRow = { runId, stepId, attempt, seq: rows + before.length, ...entry, at }
    if (bodyText !== undefined) unlinked.bodySha256 = sha256(bodyText)
    const prev = before.at(-1)?.hash ?? head
    return { ...unlinked, prev, hash: link(prev, unlinked) }
  }

  function contentOf(body: Json, text: string): RowContent | Promise<RowContent> {
    if (text.length * 3 <= INLINE_BODY_BYTES || Buffer.byteLength(text) <= INLINE_BODY_BYTES) return { b: body }
    return artifacts.put(runId, body).then((reference) => ({ x: reference }))
  }

  async function write(items: readonly Item[], isClaim: boolean, alongside: readonly Write[]) {
    const puts = items.map((item): Write => ({ kind: 'put', item, condition: { kind: 'absent' } }))
    const [put, item] = [puts[0], items[0]]
    if (put === undefined || item === undefined) return undefined
    const isAlone = puts.length + alongside.length === 1
    const outcome = isAlone ? await records.write(put) : await records.transact([...puts, ...alongside])
    if (outcome.ok) return undefined
    const beside = outcome.failed - puts.length
    if (beside >= 0) return refusal(item, `write ${beside + 1} that belongs to it was refused`)
    // The reply to an earlier send of these very rows was lost: they are written. Not so for a claim: two claimers at
    // the same millisecond have the same row.
    if (!isClaim && outcome.failed === 0 && hashIn(outcome.item) === hashIn(item)) return undefined
    return refusal(items[outcome.failed] ?? item, 'somebody else has written there')
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
    async append(entry, body, alongside = []) {
      const added = await inTurn(() => send([{ entry, body }], alongside))
      return added instanceof Conflict ? added : (added[0] as JournalRow)
    },
    appendAll(entries, alongside = []) {
      return inTurn(() => send(entries, alongside))
    },
  }
}

const CRASH_POINTS: { readonly [Event in JournalEvent]?: readonly [before: CrashPoint, after: CrashPoint] } = {
  start: ['journal.start.before', 'journal.start.after'],
  turn: ['journal.turn.before', 'journal.turn.after'],
  tool: ['journal.tool.before', 'journal.tool.after'],
  decision: ['journal.decision.before', 'journal.decision.after'],
  outcome: ['journal.outcome.before', 'journal.outcome.after'],
}

function reach(event: JournalEvent, side: 0 | 1): void {
  const point = CRASH_POINTS[event]?.[side]
  if (point !== undefined) crashPoint(point)
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
