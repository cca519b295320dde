/**
 * The journal rows that one invocation of an agent wrote, as metrics. What was not bought, denied or tried again is not
 * sent; a cost that is not known is counted, never taken for 0. Sends nothing itself.
 */
import type { JournalRow } from '../schema/journal-row.ts'
import { type MetricGroup, type MetricValues, metricGroups } from './metric-group.ts'
import { allInputTokens, isAboutModel, OPEN_BREAKER_RULE, rowErrorName, UNKNOWN_EFFECT } from './row-log.ts'

interface StepSource {
  readonly agent: string
  /** Name of what the invocation threw, if it did. */
  readonly error?: string | undefined
}

/** Names of errors that one invocation may count apart. */
const ERROR_NAMES = 10
const FURTHER_ERRORS = 'FurtherErrors'

/** @param rows In the order in which they were written. */
export function stepMetrics(rows: readonly JournalRow[], { agent, error }: StepSource): MetricGroup[] {
  const errors = errorCounts(rows, error)
  const isFailure = error !== undefined || rows.some((row) => row.event === 'outcome' && rowErrorName(row))
  const values = {
    StepLatency: latencyMs(rows),
    StepErrors: isFailure ? 1 : 0,
    ...turnValues(rows),
    Retries: some(rows, isAboutModel),
    RepeatedAttempts: some(rows, ({ event, attempt }) => event === 'start' && attempt > 1),
    DeniedCalls: some(rows, ({ event, status }) => event === 'tool' && status === 'denied'),
    ToolErrors: some(rows, ({ event, status }) => event === 'tool' && status === 'error'),
    UnknownEffects: some(rows, ({ event, status }) => event === 'tool' && status === UNKNOWN_EFFECT),
    OpenBreakers: some(rows, ({ event, rule }) => event === 'decision' && rule === OPEN_BREAKER_RULE),
    BudgetStops: some(rows, ({ event, status }) => event === 'outcome' && status === 'budget'),
    BrakedSteps: some(rows, ({ event, status }) => event === 'outcome' && status === 'braked'),
    ApprovalRequests: some(rows, isRequest),
    Continues: some(rows, ({ event, rule }) => event === 'decision' && rule === 'continue'),
    Waits: some(rows, ({ event, rule }) => event === 'decision' && rule === 'wait'),
  } satisfies MetricValues
  return [
    ...metricGroups(values, { agent }),
    ...errors.flatMap(([name, count]) => metricGroups({ Errors: count }, { error: name })),
  ]
}

/** Of an agent to a person. */
const REQUEST_RULES: ReadonlySet<string> = new Set(['approval.tool', 'approval.question', 'approval.limit'])

function isRequest({ event, rule }: JournalRow): boolean {
  return event === 'decision' && rule !== undefined && REQUEST_RULES.has(rule)
}

function latencyMs(rows: readonly JournalRow[]): number | undefined {
  const [first] = rows
  const last = rows.at(-1)
  return first === undefined || last === undefined ? undefined : Math.max(0, Date.parse(last.at) - Date.parse(first.at))
}

function turnValues(rows: readonly JournalRow[]): MetricValues {
  const turns = rows.filter(({ event, usage }) => event === 'turn' && usage !== undefined)
  if (turns.length === 0) return {}
  const known = turns.flatMap(({ costUsd }) => (typeof costUsd === 'number' ? [costUsd] : []))
  return {
    Turns: turns.length,
    InputTokens: sum(turns.map(({ usage }) => (usage === undefined ? 0 : allInputTokens(usage)))),
    OutputTokens: sum(turns.map(({ usage }) => usage?.outputTokens ?? 0)),
    CostUsd: known.length === 0 ? undefined : sum(known),
    UnknownCosts: known.length === turns.length ? undefined : turns.length - known.length,
  }
}

/** Stops and tool errors by name, and what was thrown. A retried model call is no error of the step. */
function errorCounts(rows: readonly JournalRow[], thrown: string | undefined): (readonly [string, number])[] {
  const names = rows.filter(({ event }) => event !== 'decision').map(rowErrorName)
  const counts = new Map<string, number>()
  for (const name of [thrown, ...names]) {
    if (name === undefined) continue
    const counted = counts.has(name) || counts.size < ERROR_NAMES ? name : FURTHER_ERRORS
    counts.set(counted, (counts.get(counted) ?? 0) + 1)
  }
  return [...counts]
}

/** How many, where there are any. */
function some(rows: readonly JournalRow[], counts: (row: JournalRow) => boolean): number | undefined {
  return rows.filter(counts).length || undefined
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
