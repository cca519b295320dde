/** What a step does with messages: it sends and reads as its agent is declared, and says what it has got. */

import { RecordsUnavailable } from '../errors.ts'
import type { Delivered, Mailboxes, Outgoing } from '../mailbox/mailboxes.ts'
import type { AgentName } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { type Label, UNTRUSTED } from '../schema/label.ts'
import { READ_MESSAGES_TOOL, SEND_MESSAGE_TOOL } from '../schema/model-call.ts'
import type { DataSource, ToolResult } from '../schema/tool-call.ts'
import type { IdentifiedCall } from '../tools/call-id.ts'
import type { IsolatedAnswer } from '../tools/isolated-call.ts'
import { delegatorsOf } from './authority.ts'
import { ReadInput, ReadOutput, SendInput, SendOutput } from './message-tools.ts'
import { carried } from './provenance.ts'
import type { StepRun } from './step-run.ts'

/** Between two looks of a reader that waits. */
const LOOK_MS = 1_000

type Carry = (signal: AbortSignal) => Promise<IsolatedAnswer>

/** @param input As the gate let it through. @returns undefined where the tool is another. */
export function messageCall(
  run: StepRun,
  tool: { readonly name: string },
  { callId }: IdentifiedCall,
  input: unknown,
): Carry | undefined {
  if (tool.name === SEND_MESSAGE_TOOL) return () => sendMessage(run, callId, input)
  if (tool.name === READ_MESSAGES_TOOL) return (signal) => readMessages(run, callId, input, signal)
  return undefined
}

interface MessagesRead {
  readonly ids: readonly string[]
  /** Of all that their senders had read. */
  readonly labels: readonly Label[]
  /** Who sent them, and on whose behalf. */
  readonly senders: readonly string[]
}

/** Of the messages that a call gave. */
export function messagesRead(tool: string | undefined, result: ToolResult): MessagesRead {
  if (tool !== READ_MESSAGES_TOOL || result.status !== 'ok') return { ids: [], labels: [], senders: [] }
  const messages = ReadOutput.safeParse(result.output).data?.messages ?? []
  return {
    ids: messages.map(({ id }) => id),
    labels: messages.flatMap(({ untrusted, labels = [] }) => (untrusted ? [...labels, UNTRUSTED] : labels)),
    senders: messages.flatMap(({ from, behalf = [] }) => [from, ...behalf]),
  }
}

/** What a row says of a call: who, to whom, which type, which id. Never the body. */
export function messageWords(tool: string, input: unknown, result: ToolResult): string | undefined {
  if (result.status !== 'ok') return undefined
  if (tool === SEND_MESSAGE_TOOL) {
    const { message } = SendInput.parse(input)
    const id = SendOutput.safeParse(result.output).data?.id ?? '(withheld)'
    return `sent ${message.type} ${id} to ${message.to}`
  }
  if (tool !== READ_MESSAGES_TOOL) return undefined
  const messages = ReadOutput.safeParse(result.output).data?.messages
  if (messages === undefined) return 'read what a guardrail withheld'
  return messages.length === 0 ? 'read none' : `read ${messages.map(({ type, id }) => `${type} ${id}`).join(', ')}`
}

/**
 * Of messages that are recorded as read. Only once no other process has taken the step over: what that one does not know of
 * would else be lost to it.
 */
export async function acknowledgeMessages(run: StepRun, ids: Iterable<string>): Promise<void> {
  const all = [...ids]
  const { agent, dependencies, step } = run
  if (all.length === 0 || dependencies.mailboxes === undefined || (await run.isPassed())) return
  const reader = { runId: step.runId, reader: agent.name, stepId: step.stepId }
  await dependencies.mailboxes.acknowledge(reader, all)
}

async function sendMessage(run: StepRun, callId: Outgoing['key'], input: unknown): Promise<IsolatedAnswer> {
  const { agent, state, step } = run
  const behalf = delegatorsOf(run)
  const { type, to, body } = SendInput.parse(input).message
  const sent = await reached(
    mailboxesOf(run).send({
      edge: { runId: step.runId, from: agent.name, to: to as AgentName },
      key: callId,
      type,
      body: body as Json,
      stepId: step.stepId,
      ...carried(state.provenance),
      ...(behalf.length > 0 && { behalf }),
    }),
  )
  if (!sent.sent) throw named(sent.refused === 'boxFull' ? 'MailboxFull' : 'MessageTooLarge', sent.reason)
  return { output: { id: sent.id, to }, reads: [] }
}

async function readMessages(
  run: StepRun,
  key: Outgoing['key'],
  input: unknown,
  signal: AbortSignal,
): Promise<IsolatedAnswer> {
  const {
    agent,
    dependencies: { clock },
    state,
    step,
  } = run
  const { most, waitSeconds } = ReadInput.parse(input)
  const senders = Object.keys(agent.receives ?? {}) as AgentName[]
  const reading = {
    ...{ runId: step.runId, reader: agent.name, stepId: step.stepId, key, senders, most },
    seen: state.messages,
    takes: (message: Pick<Delivered, 'from' | 'type' | 'body'>) => isTaken(run, message),
  }
  const mailboxes = mailboxesOf(run)
  for (let look = 0; ; look += 1) {
    const delivered = await reached(mailboxes.read(reading))
    if (delivered.length > 0 || look >= waitSeconds || signal.aborted) return answerOf(run, delivered)
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
  }
}

/** Held against the receiver's own declaration: what lies in the box may have got there without the gate. */
function isTaken({ agent }: StepRun, { from, type, body }: Pick<Delivered, 'from' | 'type' | 'body'>): boolean {
  const declared = agent.receives?.[from]?.find(({ name }) => name === type)
  return declared?.body.safeParse(body).success === true
}

function answerOf({ agent }: StepRun, delivered: readonly Delivered[]): IsolatedAnswer {
  const messages = delivered.map(({ id, from, type, body, isTainted, labels, behalf }) => ({
    ...{ id, from, type, body },
    ...(isTainted && { untrusted: true as const }),
    ...(labels && { labels: [...labels] }),
    ...(behalf && { behalf: [...behalf] }),
  }))
  const reads = delivered.map(
    ({ id, bodySha256 }): DataSource => ({ uri: `message:${agent.name}/${id}`, sha256: bodySha256 }),
  )
  return { output: { messages }, reads }
}

function mailboxesOf({ dependencies: { mailboxes } }: StepRun): Mailboxes {
  if (mailboxes !== undefined) return mailboxes
  throw named('NoMailboxes', 'This host keeps no messages: go on without.')
}

/** Where the records did not answer, nobody can tell whether it was done: the same is done again. */
async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RecordsUnavailable)) throw error
    throw Object.assign(named('EffectUnknown', error.message), { isInDoubt: true })
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
