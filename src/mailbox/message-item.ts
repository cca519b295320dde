/** How a message lies in the records: by its number under its sender's part of the receiver's box. */
import * as z from 'zod'
import { RecordsCorrupt } from '../errors.ts'
import type { IndexEntry, Item, Key } from '../records/records.ts'
import { AgentName, MessageName, type RunId, Sha256, StepId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { MessageStatus, MessageView } from '../schema/mailbox.ts'
import { parseJson } from '../schema/parse-json.ts'
import { DELIVERIES, type Edge } from './mailboxes.ts'

/** The attributes of a message. What of it changes: `status` to `claim`. */
const Stored = z.strictObject({
  key: Sha256,
  type: MessageName,
  /** JSON text: DynamoDB keeps no order of fields, and the same message has the same hash on every host. */
  body: z.string(),
  bodySha256: Sha256,
  bytes: z.int(),
  sentAt: z.iso.datetime(),
  sentBy: StepId,
  isTainted: z.boolean(),
  labels: z.array(z.string()).optional(),
  behalf: z.array(z.string()).optional(),
  status: z.enum(['new', 'claimed', 'read', 'refused']),
  deliveries: z.int().nonnegative(),
  /** While it is claimed: when the claim passes, ms since 1970. */
  claimedUntilMs: z.number(),
  readBy: StepId.optional(),
  readAt: z.iso.datetime().optional(),
  /** Key of the reading that has it, and a number of that very claim. */
  readKey: Sha256.optional(),
  claim: z.string().optional(),
})

export interface StoredMessage extends Omit<z.infer<typeof Stored>, 'body'> {
  readonly body: Json
  readonly edge: Edge
  readonly id: string
}

export const MESSAGES = { prefix: 'MSG#' }
/** Enough for any number that an edge may reach, so that keys sort as numbers. */
const DIGITS = 6

/** In the records table. */
export function boxPartition({ runId, from, to }: Edge): string {
  return `RUN#${runId}#BOX#${to}#${from}`
}

/** Which edges of a run have messages: the first message of each lies in it. */
export function edgeIndex({ runId, from, to }: Edge): IndexEntry {
  return { partition: edgesOfRun(runId), sort: `${to}#${from}` }
}

export function edgesOfRun(runId: RunId): string {
  return `BOXES#${runId}`
}

/** @throws RecordsCorrupt */
export function edgeOf(runId: RunId, { partition }: Item): Edge {
  const [to, from] = partition
    .slice(`RUN#${runId}#BOX#`.length)
    .split('#')
    .map((name) => AgentName.safeParse(name))
  if (from?.success && to?.success) return { runId, from: from.data, to: to.data }
  throw corrupt(`${partition} is no box of messages`)
}

/** Of the edge: how many messages it has, and how many bytes. */
export function countKey(edge: Edge): Key {
  return { partition: boxPartition(edge), sort: 'COUNT' }
}

/** Says under which number a key was sent. */
export function sentKey(edge: Edge, key: Sha256): Key {
  return { partition: boxPartition(edge), sort: `KEY#${key}` }
}

export function messageKey(edge: Edge, number: number): Key {
  return { partition: boxPartition(edge), sort: `${MESSAGES.prefix}${String(number).padStart(DIGITS, '0')}` }
}

export function messageId({ from }: Edge, number: number): string {
  return `${from}/${number}`
}

/** undefined: it is no id of a message. */
export function placeOf(id: string): { readonly from: AgentName; readonly number: number } | undefined {
  const [from, digits = '', ...more] = id.split('/')
  const name = AgentName.safeParse(from)
  return name.success && /^[1-9]\d{0,5}$/.test(digits) && more.length === 0
    ? { from: name.data, number: Number(digits) }
    : undefined
}

/** @throws RecordsCorrupt */
export function storedMessage(edge: Edge, { sort, attributes }: Item): StoredMessage {
  const parsed = Stored.safeParse(attributes)
  const body = parsed.success ? parseJson(parsed.data.body) : undefined
  if (parsed.success && body?.ok) {
    return { ...parsed.data, body: body.value, edge, id: messageId(edge, Number(sort.slice(MESSAGES.prefix.length))) }
  }
  throw corrupt(`the message ${sort} from ${edge.from} to ${edge.to} is damaged, or from a newer version`)
}

function corrupt(message: string): RecordsCorrupt {
  return new RecordsCorrupt({
    message,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
  })
}

/** How it stands at that time: a claim that has passed leaves it waiting, or dead. */
export function statusOf({ status, deliveries, claimedUntilMs }: StoredMessage, nowMs: number): MessageStatus {
  if (status === 'new') return 'waiting'
  if (status !== 'claimed') return status
  if (nowMs < claimedUntilMs) return 'claimed'
  return deliveries < DELIVERIES ? 'waiting' : 'dead'
}

export function viewOf(message: StoredMessage, nowMs: number): MessageView {
  const { edge, id, type, deliveries, sentAt, sentBy, readBy, readAt, bodySha256, body } = message
  const { from, to } = edge
  return {
    ...{ id, from, to, type, status: statusOf(message, nowMs), deliveries, sentAt, sentBy },
    ...(readBy !== undefined && { readBy }),
    ...(readAt !== undefined && { readAt }),
    bodySha256,
    body,
  }
}
