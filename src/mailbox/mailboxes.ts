/**
 * The mailboxes port: typed messages from agent to agent within one run. A box has a part for each agent that may send to it, so
 * that who sent a message is shown by where it lies, not by what it says. Knows no types: what a body must look like is
 * the caller's business.
 *
 * What is promised. A message that was sent is never lost: it waits until a step has read it, or is listed as dead. It is
 * delivered at least once: to one reader at a time, and again once a reader has let its time pass; a step that says what it
 * has seen gets none of that again. Sent twice under one key, it is one message. Messages of one sender are delivered in
 * the order in which they were accepted; between senders, and of what is delivered again, there is no order.
 * A wrong clock, up to 10 minutes either way, delays what is delivered again, or has it delivered to a second step while a
 * first still works on it.
 */
import type { AgentName, RunId, Sha256, StepId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { MessageView } from '../schema/mailbox.ts'

/** The part of the receiver's box that one sender fills. */
export interface Edge {
  readonly runId: RunId
  readonly from: AgentName
  readonly to: AgentName
}

export interface Outgoing {
  readonly edge: Edge
  /** The same for every repetition: a call's id. */
  readonly key: Sha256
  readonly type: string
  readonly body: Json
  /** The step that sends. */
  readonly stepId: StepId
  /** Whether the sender had read what strangers wrote. */
  readonly isTainted: boolean
  /** Of other data that it had read. @default none */
  readonly labels?: readonly string[]
  /** Agents on whose behalf it acted. @default none */
  readonly behalf?: readonly string[]
}

export type Sent =
  | { readonly sent: true; readonly id: string }
  /** Nothing was sent. */
  | { readonly sent: false; readonly refused: 'tooLarge' | 'boxFull'; readonly reason: string }

export interface Reading {
  readonly runId: RunId
  readonly reader: AgentName
  readonly stepId: StepId
  /** The same for every repetition of this reading, which so gets again what it got before. */
  readonly key: Sha256
  /** Whose messages it takes. */
  readonly senders: readonly AgentName[]
  /** Ids that the step has seen. */
  readonly seen: ReadonlySet<string>
  /** Messages at most. */
  readonly most: number
  /** Whether it is what the receiver takes from that sender. What is not is refused for good, and listed. */
  readonly takes: (message: Pick<Delivered, 'from' | 'type' | 'body'>) => boolean
}

export interface Delivered {
  /** `<sender>/<number>`: unique in the receiver's box. */
  readonly id: string
  readonly from: AgentName
  readonly type: string
  readonly body: Json
  readonly bodySha256: Sha256
  readonly isTainted: boolean
  readonly labels?: readonly string[]
  readonly behalf?: readonly string[]
}

export interface Mailboxes {
  /** Exactly once, however often it is sent under one key. @throws RecordsUnavailable */
  send(message: Outgoing): Promise<Sent>
  /** Claims what it gives, for a time. @throws RecordsUnavailable, RecordsCorrupt */
  read(reading: Reading): Promise<readonly Delivered[]>
  /** The step has made its own what it was given: it is not delivered again. Safe to repeat. @throws RecordsUnavailable */
  acknowledge(reader: Pick<Reading, 'runId' | 'reader' | 'stepId'>, ids: Iterable<string>): Promise<void>
  /**
   * All of a run, or those that an agent sent or was sent. Oldest first; a sender that is new may show a moment late.
   * @throws RecordsUnavailable, RecordsCorrupt
   */
  list(runId: RunId, agent?: AgentName): Promise<readonly MessageView[]>
}

/** Bytes of one body, as JSON: what is larger is handed on by a reference. */
export const BODY_BYTES = 16 * 1024
/** From one agent to one other, in a run. */
export const EDGE_MESSAGES = 500
export const EDGE_BYTES = 2 * 1024 * 1024
/** Messages that one reading gives at most, and the bytes of their bodies, save that the first is always given. */
export const READ_MESSAGES = 10
export const READ_BYTES = 40 * 1024
/** How long a reader has for what it got before another may get it. */
export const UNSEEN_MS = 5 * 60_000
/** Times that a message is delivered before it is dead. */
export const DELIVERIES = 3
