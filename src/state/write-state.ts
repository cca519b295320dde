/** Writing: the write, its version and its id become durable together, for all keys of an update, or nothing does. */
import { canonicalJson, wellFormed } from '../audit/canonical.ts'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import { InvalidRequest, RecordsUnavailable } from '../errors.ts'
import type { Condition, Records, Write } from '../records/records.ts'
import type { StateRules } from '../schema/state.ts'
import { sendAgain } from '../tools/send-again.ts'
import { readState } from './read-state.ts'
import { initialOf } from './reduce.ts'
import { DELTA_BYTES, KEY_BYTES, type StateChange, type StateUpdate, type StateUpdated } from './shared-state.ts'
import { damaged, type Head, headItem, headKey, readHead, versionItem, writeKey } from './state-item.ts'

export interface StateOptions {
  readonly records: Records
  readonly clock: Clock
  /** From 0 to 1. @default Math.random */
  readonly random?: () => number
}

/** Against other writers to the same keys: each round, one of them gets its version. */
const ROUNDS = 60
/** Longest pause before a further round, ms: it grows with the rounds, as the crowd does. */
const PAUSE_MS = 250
/** Items that a change writes: of 100 in a transaction. */
export const MOST_CHANGES = 33

export async function writeState(given: StateUpdate, options: StateOptions): Promise<StateUpdated> {
  const update = checked(given)
  const { records, clock, random = Math.random } = options
  for (let round = 1; round <= ROUNDS; round += 1) {
    const heads = await Promise.all(update.changes.map((change) => readHeadOf(records, update, change)))
    const refused = (await conflictIn(update, heads, options)) ?? refusalOf(update, heads)
    if (refused !== undefined) return (await writtenBefore(update, options)) ?? refused
    crashPoint('state.write.before')
    const outcome = await sendAgain(clock, () => records.transact(writesOf(update, heads, clock.now())))
    crashPoint('state.write.after')
    if (outcome.ok) return written(update, (index) => (heads[index]?.version ?? 0) + 1)
    // The first of its items: these very writes are durable, and only the reply was lost.
    if (outcome.failed === 0) {
      const before = await writtenBefore(update, options)
      if (before !== undefined) return before
    }
    await clock.sleep(1 + Math.floor(random() * Math.min(PAUSE_MS, 10 * round)))
  }
  throw new RecordsUnavailable({
    message: `${namesOf(update)} could not be written: too many others do so at once`,
    next: 'Try again.',
  })
}

/** @throws InvalidRequest for what no caller may ask. */
function checked(update: StateUpdate): StateUpdate {
  const { changes } = update
  if (changes.length === 0 || changes.length > MOST_CHANGES || new Set(changes.map(keyOf)).size < changes.length) {
    throw new InvalidRequest({
      message: `an update changes 1 to ${MOST_CHANGES} keys, each once; it was given ${changes.map(keyOf).join(', ')}`,
      next: 'Write the others in a further update.',
    })
  }
  const blind = changes.find(({ rules, expectVersion }) => rules.reducer === 'replace' && expectVersion === undefined)
  if (blind !== undefined) {
    throw new InvalidRequest({
      message: `${blind.key} is replaced as a whole, and the write does not say which version it replaces`,
      next: 'Give the version that was read; 0 where nothing was written.',
    })
  }
  return { ...update, changes: changes.map((change) => ({ ...change, delta: wellFormed(change.delta) })) }
}

async function readHeadOf(records: Records, update: StateUpdate, { key }: StateChange): Promise<Head | undefined> {
  const item = await records.get(headKey(update, key))
  return item && readHead(item)
}

type Heads = readonly (Head | undefined)[]

async function conflictIn(
  update: StateUpdate,
  heads: Heads,
  { records }: StateOptions,
): Promise<StateUpdated | undefined> {
  const index = update.changes.findIndex(
    ({ expectVersion }, at) => expectVersion !== undefined && expectVersion !== (heads[at]?.version ?? 0),
  )
  const lost = update.changes[index]
  if (lost?.expectVersion === undefined) return undefined
  const { key, expectVersion: expected, rules } = lost
  const { version, value, isTainted, labels } = await readState(records, update, key, rules)
  return { outcome: 'conflict', key, expected, version, value, isTainted, ...(labels && { labels }) }
}

function refusalOf(update: StateUpdate, heads: Heads): StateUpdated | undefined {
  for (const [index, { key, rules, delta }] of update.changes.entries()) {
    const head = heads[index]
    const refuse = (refused: 'tooLarge' | 'full' | 'otherRules', reason: string, next: string): StateUpdated => ({
      ...{ outcome: 'refused', refused, key, reason, next },
    })
    const bytes = bytesOf(delta)
    if (bytes > DELTA_BYTES) {
      const reason = `What is written to ${key} has ${bytes} bytes; one write has ${DELTA_BYTES} at most.`
      return refuse('tooLarge', reason, 'Write less at once, or where it lies.')
    }
    if (head === undefined) continue
    if (!isSameFold(head.rules, rules)) {
      const reason = `${key} was first written in this run by another declaration of it (${head.rules.reducer}).`
      return refuse('otherRules', reason, 'Go on with the team that the run was started with, or start a new run.')
    }
    if (head.version >= rules.maxVersions) {
      const reason = `${key} has taken ${head.version} writes in this run, the most that it takes.`
      return refuse('full', reason, 'Go on without, or declare more: stateKey(…, { maxVersions }).')
    }
    if (head.bytes + bytes > KEY_BYTES) {
      const reason = `${key} has taken ${head.bytes} bytes in this run; it takes ${KEY_BYTES} at most.`
      return refuse('full', reason, 'Go on without, or keep what is large elsewhere and write where it lies.')
    }
  }
  return undefined
}

/** What decides what the same writes come to. The bound on their number may have been raised meanwhile. */
function isSameFold(one: StateRules, other: StateRules): boolean {
  return one.reducer === other.reducer && canonicalJson(initialOf(one)) === canonicalJson(initialOf(other))
}

/** As it was acknowledged, or should have been. */
async function writtenBefore(update: StateUpdate, { records }: StateOptions): Promise<StateUpdated | undefined> {
  const items = await Promise.all(update.changes.map(({ key }) => records.get(writeKey(update, key, update.writeId))))
  if (items[0] === undefined) return undefined
  return written(update, (index) => {
    const version = items[index]?.attributes['version']
    if (typeof version === 'number') return version
    throw damaged(writeKey(update, update.changes[index]?.key ?? '', update.writeId))
  })
}

function written({ changes }: StateUpdate, versionAt: (index: number) => number): StateUpdated {
  return {
    outcome: 'written',
    versions: Object.fromEntries(changes.map(({ key }, index) => [key, versionAt(index)])),
  }
}

/** The id first: where it is there already, that is what is told. */
function writesOf(update: StateUpdate, heads: Heads, now: Date): readonly Write[] {
  const { writeId, by, isTainted, labels } = update
  return update.changes.flatMap(({ key, rules, delta }, index): Write[] => {
    const head = heads[index]
    const version = (head?.version ?? 0) + 1
    const at = new Date(Math.max(now.getTime(), Date.parse(head?.at ?? '') || 0)).toISOString()
    const { agent, stepId } = by
    const stored = { at, ...(agent && { agent }), stepId, delta, isTainted, ...(labels && { labels: [...labels] }) }
    const next = { version, bytes: (head?.bytes ?? 0) + bytesOf(delta), at, rules }
    return [
      { kind: 'put', item: { ...writeKey(update, key, writeId), attributes: { version } }, condition: ABSENT },
      { kind: 'put', item: versionItem(update, key, version, stored), condition: ABSENT },
      { kind: 'put', item: headItem(update, key, next), condition: isAt(head) },
    ]
  })
}

const ABSENT: Condition = { kind: 'absent' }

function isAt(head: Head | undefined): Condition {
  return head === undefined ? ABSENT : { kind: 'equals', attribute: 'version', value: head.version }
}

function bytesOf(delta: StateChange['delta']): number {
  return Buffer.byteLength(canonicalJson(delta))
}

function namesOf({ workflow, changes }: StateUpdate): string {
  return changes.map(({ key }) => `${workflow}.${key}`).join(', ')
}

function keyOf({ key }: StateChange): string {
  return key
}
