/**
 * A step's state: the fold of its journal rows. A live step and a resumed one go through the same fold, so they cannot
 * differ. Reads and writes no records.
 */
import * as z from 'zod'
import { spentByRow } from '../budget/spent.ts'
import { NO_UNITS, plus, type Units } from '../budget/units.ts'
import type { ApprovalDecision } from '../schema/approval.ts'
import type { JournalEntry } from '../schema/journal-row.ts'
import { Json } from '../schema/json.ts'
import type { Label } from '../schema/label.ts'
import type { Message } from '../schema/message.ts'
import { type StepUsage, StopCause } from '../schema/step.ts'
import type { ToolResult } from '../schema/tool-call.ts'
import { LOOP_RULE, TOOL_CALL_LIMIT_RULE } from '../tools/authorize.ts'
import { CallHistory, callKey } from './call-history.ts'
import { Conversation } from './conversation.ts'
import { applyLimitRow, isLimitRow, type LimitState, newLimitState } from './limit-state.ts'
import { messagesRead } from './messages.ts'
import {
  type AskedBody,
  applyPeopleRow,
  forgetUndecided,
  newPeopleState,
  noteOn,
  type PeopleState,
} from './people-state.ts'
import { type Prompt, taskMessage } from './prompt.ts'
import { addRead, newProvenance, type Provenance } from './provenance.ts'
import { replyMessage } from './reply.ts'
import { type Answer, answerMessage, readAnswer, type TurnBody } from './turn-answer.ts'
import { addTurn, inputTokensOf, NO_USAGE } from './usage.ts'

/** Body of a `rejection` row. */
export const RejectionBody = z.strictObject({ cause: StopCause, problems: z.array(z.string()) })
export type RejectionBody = z.infer<typeof RejectionBody>

/** Body of an `outcome` row. There is none where the output stands in the turn that the row names. */
export const OutcomeBody = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('completed'), output: Json }),
  z.strictObject({ status: z.literal('stopped'), cause: StopCause, reason: z.string(), next: z.string() }),
])
export type OutcomeBody = z.infer<typeof OutcomeBody>

/** The last answer, while something of it is still to be done. */
export interface OpenTurn {
  readonly turn: number
  readonly body: TurnBody
  readonly answer: Answer
  /** By callId. */
  readonly results: Map<string, ToolResult>
  /** By callId: what a person said to a call that they allowed. */
  readonly notes: Map<string, string>
  rejection: RejectionBody | undefined
  /** What a person put in place of the output that was refused. Not judged yet. */
  given: Json | undefined
}

export interface StepState {
  readonly conversation: Conversation
  /** Totals over all attempts. */
  usage: StepUsage
  /** Of those, what was used before the bounds of this execution began to count. */
  before: StepUsage
  /** The known part of the cost since then. */
  knownCostUsd: number
  repairs: number
  /** Answers that ran into the model's token limit. */
  cuts: number
  /** Turns in which a tool call was denied because none was left. */
  readonly turnsOverToolLimit: Set<number>
  /** Over all attempts and executions, for the budgets above the step. */
  spent: Units
  readonly limits: LimitState
  /** The last answer of those that were said: which model gave it, and how many tokens it read and wrote. */
  lastTurn: { readonly modelId: string; readonly tokens: number } | undefined
  /** Milliseconds that earlier attempts were at work. */
  activeMs: number
  open: OpenTurn | undefined
  readonly people: PeopleState
  readonly history: CallHistory
  readonly provenance: Provenance
  /** Ids of the messages that the agent was given. */
  readonly messages: Set<string>
  /** How often a stopped step was resumed. */
  fresh: number
}

export type StepRow = Omit<JournalEntry, 'at'>
export type StepBody = TurnBody | ToolResult | RejectionBody | OutcomeBody | AskedBody | ApprovalDecision

/** What the fold starts from. */
export interface Origin {
  readonly runId: string
  readonly stepId: string
  readonly prompt: Prompt
  readonly input: Json
  /** Of the input. @default none */
  readonly labels?: readonly Label[] | undefined
}

export function newState({ prompt, input, labels }: Origin): StepState {
  const conversation = new Conversation({ tokens: prompt.tokens, sha256: prompt.systemSha256 })
  conversation.push(taskMessage(prompt, input))
  return {
    conversation,
    usage: NO_USAGE,
    before: NO_USAGE,
    knownCostUsd: 0,
    repairs: 0,
    cuts: 0,
    turnsOverToolLimit: new Set(),
    spent: NO_UNITS,
    limits: newLimitState(),
    lastTurn: undefined,
    activeMs: 0,
    open: undefined,
    people: newPeopleState(),
    history: new CallHistory(),
    provenance: newProvenance(labels),
    messages: new Set(),
    fresh: 0,
  }
}

/** Folds one row in. Rows that are no part of the conversation change nothing. `body` is what `parseBody` gave. */
export function applyRow(state: StepState, origin: Origin, row: StepRow, body: StepBody | undefined): void {
  if (row.event === 'turn') openTurn(state, origin, row, body as TurnBody)
  if (row.event === 'tool') addResult(state, origin, row, body as ToolResult)
  if (row.event === 'rejection') addRejection(state, row, body as RejectionBody)
  if (row.event === 'decision' && isLimitRow(row)) {
    // Decided between two turns: nothing of the last one was left to do.
    closeTurn(state)
    applyLimitRow(state, row)
  }
  applyPeopleRow(state, row, body)
}

/** A row that another attempt did not go on from: spent, asked and decided, but not said. */
export function applySpentOnly(state: StepState, row: StepRow, body: StepBody | undefined): void {
  if (row.event === 'turn') spend(state, row)
  if (row.event === 'tool') countCall(state, row)
  applyPeopleRow(state, row, body)
}

/** After a stop that a person had resumed: what was said stands, what was used no longer counts against the bounds. */
export function startAfresh(state: StepState): void {
  // An answer that was filtered, or left without a reply, is asked for again.
  if (state.open?.rejection !== undefined) closeTurn(state)
  if (state.open?.answer.kind !== 'calls') state.open = undefined
  state.fresh += 1
  state.before = state.usage
  state.knownCostUsd = 0
  state.repairs = 0
  state.cuts = 0
  state.turnsOverToolLimit.clear()
  state.history.clear()
  forgetUndecided(state.people)
  state.limits.degraded = false
  state.limits.finishing = false
}

/** What counts against the bounds. */
export function usedOf({ usage, before }: StepState) {
  return {
    turns: usage.turns - before.turns,
    toolCalls: usage.toolCalls - before.toolCalls,
    tokens: usage.inputTokens + usage.outputTokens - before.inputTokens - before.outputTokens,
  }
}

/** Says the open turn's answer and the reply to it, once nothing of it is left to do. */
export function closeTurn(state: StepState): void {
  if (state.open === undefined) return
  const messages: Message[] = [answerMessage(state.open.body), replyMessage(state.open)]
  for (const message of messages) state.conversation.push(message)
  state.open = undefined
}

function openTurn(state: StepState, { runId, stepId, prompt }: Origin, row: StepRow, body: TurnBody): void {
  closeTurn(state)
  spend(state, row)
  const turn = row.turn ?? state.usage.turns
  const answer = readAnswer({ runId, stepId, turn }, body, prompt.unwrapOutput)
  if (answer.kind === 'cut') state.cuts += 1
  const { model, usage } = row
  if (model && usage) state.lastTurn = { modelId: model.id, tokens: inputTokensOf(usage) + usage.outputTokens }
  state.open = { turn, body, answer, results: new Map(), notes: new Map(), rejection: undefined, given: undefined }
}

function spend(state: StepState, row: StepRow): void {
  const { usage, costUsd = null } = row
  if (usage === undefined) return
  state.spent = plus(state.spent, spentByRow(row))
  state.usage = addTurn(state.usage, usage, costUsd)
  state.knownCostUsd += costUsd ?? 0
}

function addResult(state: StepState, { prompt }: Origin, row: StepRow, result: ToolResult): void {
  const { turn = 0, tool, hashes, rule, status = '' } = row
  countCall(state, row)
  const call = callKey(tool?.name ?? '', hashes?.['arguments'] ?? '')
  if (rule === TOOL_CALL_LIMIT_RULE) state.turnsOverToolLimit.add(turn)
  else if (rule === LOOP_RULE) state.history.deny(call, turn)
  else state.history.add(call, hashes?.['result'] ?? '')
  const saidSomething = status !== 'denied' && status !== 'suggested'
  if (saidSomething) addRead(state.provenance, turn, tool?.name, prompt.tools.get(tool?.name ?? ''), result)
  for (const id of messagesRead(tool?.name, result).ids) state.messages.add(id)
  if (tool === undefined || turn !== state.open?.turn) return
  state.open.results.set(tool.callId, result)
  const note = status === 'denied' ? undefined : noteOn(state.people, row)
  if (note !== undefined) state.open.notes.set(tool.callId, note)
}

function countCall(state: StepState, row: StepRow): void {
  if (row.status === 'denied') return
  state.usage = { ...state.usage, toolCalls: state.usage.toolCalls + 1 }
  state.spent = plus(state.spent, spentByRow(row))
}

function addRejection(state: StepState, row: StepRow, rejection: RejectionBody): void {
  if (rejection.cause !== 'maxTokens') state.repairs += 1
  if (state.open !== undefined && row.turn === state.open.turn) {
    state.open.rejection = rejection
    state.open.given = undefined
  }
}
