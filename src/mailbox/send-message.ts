/** Sending: the message, its number and its key become durable together, or nothing does. */
import { canonicalJson, jsonSha256 } from '../audit/canonical.ts'
import { crashPoint } from '../crash-point.ts'
import { RecordsUnavailable } from '../errors.ts'
import type { Item, Write, WriteOutcome } from '../records/records.ts'
import type { MailboxOptions } from './edge-messages.ts'
import { BODY_BYTES, EDGE_BYTES, EDGE_MESSAGES, type Outgoing, type Sent } from './mailboxes.ts'
import { countKey, edgeIndex, messageId, messageKey, sentKey } from './message-item.ts'

/** Against other steps of the same agent that send to the same agent: each round, one of them gets its number. */
const ROUNDS = 40
/** Longest pause before a further round, ms: it grows with the rounds, as the crowd does. */
const PAUSE_MS = 250

/** @throws RecordsUnavailable where it cannot be known, or the crowd is too large: send it again. */
export async function sendMessage(message: Outgoing, options: MailboxOptions): Promise<Sent> {
  const { records, clock, random = Math.random } = options
  const { edge, key } = message
  const bytes = Buffer.byteLength(canonicalJson(message.body))
  if (bytes > BODY_BYTES) {
    return refuse(
      'tooLarge',
      `The body has ${bytes} bytes, ${BODY_BYTES} at most may be sent: send less, or where it lies.`,
    )
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    const count = countOf(await records.get(countKey(edge)))
    if (count.messages >= EDGE_MESSAGES || count.bytes + bytes > EDGE_BYTES) {
      const earlier = await records.get(sentKey(edge, key))
      return earlier === undefined ? full(message) : sentAs(message, earlier)
    }
    crashPoint('message.send.before')
    const outcome = await tryTo(() => records.transact(writesOf(message, bytes, count, clock.now())))
    crashPoint('message.send.after')
    if (outcome?.ok) return { sent: true, id: messageId(edge, count.messages + 1) }
    if (outcome?.failed === 0 && outcome.item !== undefined) return sentAs(message, outcome.item)
    await clock.sleep(1 + Math.floor(random() * Math.min(PAUSE_MS, 10 * round)))
  }
  throw new RecordsUnavailable({
    message: `${edge.from} could not send to ${edge.to}: the records did not answer, or too many do so at once`,
    next: 'Try again.',
  })
}

/** undefined: no answer, or it met another on the count. The key tells the next round whether it was done. */
async function tryTo(write: () => Promise<WriteOutcome>): Promise<WriteOutcome | undefined> {
  try {
    return await write()
  } catch (error) {
    if (error instanceof RecordsUnavailable) return undefined
    throw error
  }
}

interface Count {
  readonly messages: number
  readonly bytes: number
}

function countOf(item: Item | undefined): Count {
  const { messages, bytes } = item?.attributes ?? {}
  return { messages: Number(messages ?? 0), bytes: Number(bytes ?? 0) }
}

/** The key first: where it is there already, that is what is told. */
function writesOf(message: Outgoing, bytes: number, { messages }: Count, now: Date): readonly Write[] {
  const { edge, key, type, body, stepId, isTainted, labels, behalf } = message
  const number = messages + 1
  const content = { key, type, body: JSON.stringify(body), bodySha256: jsonSha256(body), bytes, isTainted }
  const state = { status: 'new', deliveries: 0, claimedUntilMs: 0 }
  const read = { ...(labels && { labels: [...labels] }), ...(behalf && { behalf: [...behalf] }) }
  const attributes = { ...content, ...read, ...state, sentBy: stepId, sentAt: now.toISOString() }
  const listed = number === 1 ? { index: edgeIndex(edge) } : {}
  const absent = { kind: 'absent' } as const
  return [
    { kind: 'put', item: { ...sentKey(edge, key), attributes: { number } }, condition: absent },
    { kind: 'put', item: { ...messageKey(edge, number), attributes, ...listed }, condition: absent },
    {
      kind: 'update',
      key: countKey(edge),
      condition: messages === 0 ? absent : { kind: 'equals', attribute: 'messages', value: messages },
      add: { messages: 1, bytes },
    },
  ]
}

function sentAs({ edge }: Outgoing, { attributes }: Item): Sent {
  return { sent: true, id: messageId(edge, Number(attributes['number'])) }
}

function full({ edge: { from, to } }: Outgoing): Sent {
  const most = `${EDGE_MESSAGES} messages or ${EDGE_BYTES} bytes`
  return refuse('boxFull', `${from} has sent ${to} the most that a run allows, ${most}: go on without.`)
}

function refuse(refused: 'tooLarge' | 'boxFull', reason: string): Sent {
  return { sent: false, refused, reason }
}
