/** Reading: what is free is claimed for the reader, for a time; what the reader has made its own is marked as read. */
import { randomUUID } from 'node:crypto'
import { crashPoint } from '../crash-point.ts'
import type { Condition } from '../records/records.ts'
import type { AgentName } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import { sendAgain } from '../tools/send-again.ts'
import { edgeMessages, type MailboxOptions } from './edge-messages.ts'
import { DELIVERIES, type Delivered, READ_BYTES, type Reading, UNSEEN_MS } from './mailboxes.ts'
import { messageKey, placeOf, type StoredMessage, statusOf } from './message-item.ts'

/** Of each sender in turn, so that one who says much does not keep the others from being heard. */
export async function readMessages(reading: Reading, options: MailboxOptions): Promise<readonly Delivered[]> {
  const queues = await Promise.all(reading.senders.map((from) => freeFrom(from, reading, options)))
  const delivered: Delivered[] = []
  let bytes = 0
  for (const message of inTurn(queues)) {
    if (delivered.length === reading.most) break
    if (delivered.length > 0 && bytes + message.bytes > READ_BYTES) break
    if (!(await take(message, reading, options))) continue
    bytes += message.bytes
    delivered.push(deliveredOf(message))
  }
  return delivered
}

/** Safe to repeat, and by anybody who was given it: they have it. */
export async function acknowledge(
  { runId, reader, stepId }: Pick<Reading, 'runId' | 'reader' | 'stepId'>,
  ids: Iterable<string>,
  options: MailboxOptions,
): Promise<void> {
  for (const id of ids) {
    const place = placeOf(id)
    if (place === undefined) continue
    const key = messageKey({ runId, from: place.from, to: reader }, place.number)
    crashPoint('message.acknowledge.before')
    await change(key, { kind: 'equals', attribute: 'status', value: 'claimed' }, options, {
      ...{ status: 'read', readBy: stepId },
      readAt: options.clock.now().toISOString(),
    })
    crashPoint('message.acknowledge.after')
  }
}

async function freeFrom(from: AgentName, reading: Reading, options: MailboxOptions): Promise<StoredMessage[]> {
  const free: StoredMessage[] = []
  const nowMs = options.clock.now().getTime()
  for await (const message of edgeMessages({ runId: reading.runId, from, to: reading.reader }, options)) {
    if (reading.seen.has(message.id) || !isFree(message, reading, nowMs)) continue
    if (reading.takes({ ...message, from })) free.push(message)
    else await refuse(message, options)
    if (free.length === reading.most) break
  }
  return free
}

/** A reading that is repeated finds its own claims: it died, or its answer was lost. Too often, and nobody gets them. */
function isFree(message: StoredMessage, { key, stepId }: Reading, nowMs: number): boolean {
  const status = statusOf(message, nowMs)
  if (status !== 'claimed') return status === 'waiting'
  return message.readKey === key && message.readBy === stepId && message.deliveries < DELIVERIES
}

function* inTurn(queues: readonly (readonly StoredMessage[])[]): Generator<StoredMessage> {
  const longest = Math.max(0, ...queues.map(({ length }) => length))
  for (let index = 0; index < longest; index += 1) {
    for (const queue of queues) {
      const message = queue[index]
      if (message !== undefined) yield message
    }
  }
}

/** @returns whether it is the reader's now. */
async function take(message: StoredMessage, { key, stepId }: Reading, options: MailboxOptions): Promise<boolean> {
  const { clock } = options
  // Of this claim alone, so that one which finds it knows that only the reply was lost.
  const claim = randomUUID()
  const claimedUntilMs = clock.now().getTime() + UNSEEN_MS
  crashPoint('message.claim.before')
  const found = await change(keyOf(message), unchanged(message), options, {
    ...{ status: 'claimed', deliveries: message.deliveries + 1, claimedUntilMs },
    ...{ readBy: stepId, readKey: key, claim },
  })
  crashPoint('message.claim.after')
  return found === undefined || found['claim'] === claim
}

async function refuse(message: StoredMessage, options: MailboxOptions): Promise<void> {
  await change(keyOf(message), unchanged(message), options, { status: 'refused' })
}

/** Each claim counts one delivery, so that nobody claims what was claimed in between. */
function unchanged({ status, deliveries }: StoredMessage): Condition {
  const facts = Object.entries({ status, deliveries })
  return { kind: 'and', conditions: facts.map(([attribute, value]) => ({ kind: 'equals', attribute, value })) }
}

/** @returns undefined where it was changed, else what is there. */
async function change(
  key: ReturnType<typeof messageKey>,
  condition: Condition,
  { records, clock }: MailboxOptions,
  set: JsonObject,
): Promise<JsonObject | undefined> {
  const outcome = await sendAgain(clock, () => records.write({ kind: 'update', key, condition, set }))
  return outcome.ok ? undefined : (outcome.item?.attributes ?? {})
}

function keyOf({ edge, id }: StoredMessage) {
  return messageKey(edge, placeOf(id)?.number ?? 0)
}

function deliveredOf({ edge, id, type, body, bodySha256, isTainted, labels, behalf }: StoredMessage): Delivered {
  const read = { isTainted, ...(labels && { labels }), ...(behalf && { behalf }) }
  return { id, from: edge.from, type, body, bodySha256, ...read }
}
