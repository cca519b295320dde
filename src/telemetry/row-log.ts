/**
 * One journal row as one log line: where it belongs, what it cost, which rule decided, its hash, and no content unless that
 * is asked for. Writes nothing itself. Prompts, inputs and settings are in no row, so that no line can have them.
 */
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Usage } from '../schema/model-call.ts'
import type { StepUsage } from '../schema/step.ts'
import { errorName, errorNameIn } from './error-name.ts'
import { BATON, GENAI, GENAI_OPERATION, GENAI_PROVIDER, PLACE } from './genai-names.ts'
import { contentOf, isReasonOurs, isToolNameOurs } from './row-content.ts'

/** Of the decision not to ask a model that is known to be down. */
export const OPEN_BREAKER_RULE = 'breaker.open'
/** Status of a tool call of which nobody knows whether it was made. */
export const UNKNOWN_EFFECT = 'unknown'

export type LogLevel = 'info' | 'warn'

export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  readonly fields: JsonObject
}

export interface RowSource {
  /** Who acts in the row's step: only start rows say so themselves. Absent: it is the run's own chain. */
  readonly agent?: string | undefined
  /** Whether content is logged, and the body beside the row if it is. @default no content */
  readonly content?: { readonly body?: Json | undefined } | undefined
}

export function logOfRow(row: JournalRow, { agent, content }: RowSource = {}): LogRecord {
  const { runId, stepId, attempt, seq, event, at, hash, turn, status } = row
  const error = rowErrorName(row)
  const fields = withoutAbsent({
    [PLACE.run]: runId,
    [PLACE.step]: stepId,
    [PLACE.agent]: agent,
    [PLACE.attempt]: attempt,
    [PLACE.seq]: seq,
    [PLACE.event]: event,
    [PLACE.at]: at,
    [PLACE.turn]: turn,
    [PLACE.status]: status,
    [PLACE.rule]: event === 'end' && row.rule !== undefined ? errorName(row.rule) : row.rule,
    [PLACE.reason]: isReasonOurs(row) ? row.reason : undefined,
    [PLACE.hash]: hash,
    [GENAI.operationName]: operationOf(row, agent),
    [GENAI.conversationId]: runId,
    [GENAI.agentName]: agent,
    [GENAI.errorType]: error,
    [BATON.costUsd]: row.costUsd ?? undefined,
    [BATON.costUnknown]: row.costUsd === null ? 1 : undefined,
    ...actorFields(row),
    ...modelFields(row),
    ...toolFields(row),
    ...totalFields(row.total),
    [BATON.options]: isAboutModel(row) ? row.options : undefined,
    [BATON.approval]: row.approval,
    [BATON.chains]: row.chains?.length,
    ...(content === undefined ? {} : contentOf(row, content.body)),
  })
  const isTrouble = error !== undefined || status === 'denied' || event === 'rejection'
  return { level: isTrouble ? 'warn' : 'info', message: event, fields }
}

/** Stops that people wanted: no error of anybody's. */
const BY_PEOPLE: ReadonlySet<string> = new Set(['cancelled', 'braked', 'denied'])

/** The error that a row tells of: a step's stop, a failed tool, a model that gave no answer, a failed run. */
export function rowErrorName(row: JournalRow): string | undefined {
  const { event, status, rule, reason } = row
  if (event === 'outcome' && status !== undefined && BY_PEOPLE.has(status)) return undefined
  if (event === 'outcome') return status === undefined || status === 'completed' ? undefined : errorName(status)
  if (event === 'tool') return status === 'error' || status === UNKNOWN_EFFECT ? errorNameIn(reason) : undefined
  if (event === 'decision') return isAboutModel(row) ? errorNameIn(reason) : undefined
  return event === 'end' && status !== 'cancelled' && rule !== undefined ? errorName(rule) : undefined
}

/** Rules by which a model was asked again, or passed over for the next. */
const MODEL_RULES: ReadonlySet<string> = new Set([
  'model.retry',
  'model.fallback',
  'retryBudget',
  'throttled',
  OPEN_BREAKER_RULE,
])

export function isAboutModel({ event, rule }: JournalRow): boolean {
  return event === 'decision' && rule !== undefined && MODEL_RULES.has(rule)
}

/** Cache included, as the conventions ask. */
export function allInputTokens({ inputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens
}

function operationOf({ event }: JournalRow, agent: string | undefined): string {
  if (agent === undefined) return GENAI_OPERATION.workflow
  if (event === 'turn') return GENAI_OPERATION.chat
  return event === 'tool' ? GENAI_OPERATION.tool : GENAI_OPERATION.agent
}

function actorFields({ actor, execution }: JournalRow) {
  return {
    [GENAI.agentVersion]: actor?.version,
    [BATON.agentSha256]: actor?.sha256,
    [BATON.execution]: execution,
  }
}

function modelFields({ model, usage, status }: JournalRow): Fields {
  if (model === undefined) return {}
  const { maxTokens, temperature } = model.parameters
  return {
    [GENAI.providerName]: GENAI_PROVIDER[model.provider] ?? `baton.${model.provider}`,
    [GENAI.requestModel]: model.id,
    [GENAI.requestMaxTokens]: typeof maxTokens === 'number' ? maxTokens : undefined,
    [GENAI.requestTemperature]: typeof temperature === 'number' ? temperature : undefined,
    [GENAI.finishReasons]: status === undefined ? undefined : [status],
    [GENAI.inputTokens]: usage && allInputTokens(usage),
    [GENAI.outputTokens]: usage?.outputTokens,
    [GENAI.cacheReadTokens]: usage?.cacheReadTokens || undefined,
    [GENAI.cacheCreationTokens]: usage?.cacheWriteTokens || undefined,
  }
}

function toolFields(row: JournalRow): Fields {
  const { tool, sources } = row
  if (tool === undefined) return {}
  return {
    [GENAI.toolName]: isToolNameOurs(row) ? tool.name : undefined,
    [GENAI.toolType]: 'function',
    [GENAI.toolCallId]: tool.callId,
    [BATON.toolEffect]: tool.effect,
    [BATON.sources]: sources?.length,
  }
}

function totalFields(total: StepUsage | undefined): Fields {
  if (total === undefined) return {}
  return {
    [BATON.stepTurns]: total.turns,
    [BATON.stepToolCalls]: total.toolCalls,
    [BATON.stepInputTokens]: total.inputTokens,
    [BATON.stepOutputTokens]: total.outputTokens,
    [BATON.stepCostUsd]: total.costUsd ?? undefined,
  }
}

type Fields = Readonly<Record<string, Json | undefined>>

function withoutAbsent(fields: Fields): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject
}
