/**
 * What has been decided about a step's limits, as its decision rows tell: part of the fold, so that a resumed step
 * goes on alike.
 */
import type { LimitPolicies } from '../define/agent.ts'
import type { Conversation } from './conversation.ts'
import type { StepRow, StepState } from './step-state.ts'

export type LimitName = keyof LimitPolicies

export interface LimitState {
  /** The cheaper model answers, for the rest of the step. */
  degraded: boolean
  /** The model has been told to hand in what it has. */
  finishing: boolean
  /** How often a person has let the step go on beyond each limit. */
  readonly again: Partial<Record<LimitName, number>>
}

export const DEGRADE_RULE = 'limit.degrade'
export const FINISH_RULE = 'limit.finish'

const AGAIN = 'limit.again.'

export function againRule(limit: LimitName): string {
  return `${AGAIN}${limit}`
}

export function newLimitState(): LimitState {
  return { degraded: false, finishing: false, again: {} }
}

export const FINISH_NOTE =
  'You are near a limit: this is your last answer. Call no other tool and hand in your output now, with what you have; say in it what is missing.'

/** Rows of other rules change nothing. */
export function applyLimitRow(state: StepState, { rule }: StepRow): void {
  const { limits } = state
  if (rule === DEGRADE_RULE) limits.degraded = true
  if (rule === FINISH_RULE) {
    limits.finishing = true
    addNote(state.conversation)
  }
  if (rule?.startsWith(AGAIN)) renew(state, rule.slice(AGAIN.length) as LimitName)
}

export function isLimitRow({ rule }: StepRow): boolean {
  return rule === DEGRADE_RULE || rule === FINISH_RULE || rule?.startsWith(AGAIN) === true
}

/** What was used no longer counts against that limit. */
function renew(state: StepState, limit: LimitName): void {
  const { usage, limits } = state
  limits.again[limit] = (limits.again[limit] ?? 0) + 1
  if (limit === 'turns') state.before = { ...state.before, turns: usage.turns }
  if (limit === 'toolCalls') {
    state.before = { ...state.before, toolCalls: usage.toolCalls }
    state.turnsOverToolLimit.clear()
  }
  if (limit === 'tokens') {
    state.before = { ...state.before, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
  }
  if (limit === 'costUsd') state.knownCostUsd = 0
  if (limit === 'repairs') state.repairs = 0
}

/** To what the model is told next, so that the turns go on alternating. */
function addNote(conversation: Conversation): void {
  const index = conversation.messages.length - 1
  const last = conversation.messages[index]
  if (last?.role !== 'user') return
  conversation.replace(index, { ...last, content: [...last.content, { type: 'text', text: FINISH_NOTE }] })
}
