/**
 * What each invocation of a function answered, read back from the journal. An attempt whose process died said nothing: the state
 * machine never heard of it.
 */

import type { Prompt } from '../agent/prompt.ts'
import { recordedResult, replay } from '../agent/replay.ts'
import { isUndone, undoCallId } from '../agent/undo-call.ts'
import { NotFound } from '../errors.ts'
import type { JournalRecord } from '../records/journal-item.ts'
import { ApprovalDecision, type ApprovalRequest } from '../schema/approval.ts'
import { RuleResult, type UndoCall, type UndoResult } from '../schema/control-task.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { StepResult } from '../schema/step.ts'

interface StepReading {
  /** Of the run that is run again: its last one. */
  readonly execution: number
  readonly prompt: Prompt
  readonly requests: readonly ApprovalRequest[]
}

export interface RecordedAnswer<Answer> {
  readonly answer: Answer
  /** ISO-8601 instant: answers come in this order. */
  readonly at: string
}

/**
 * Of an agent's step, one for each invocation of the execution that answered. A step that finished in an earlier execution has
 * one: its outcome. None: nothing is recorded that it could have answered.
 * @throws NotFound where content was erased.
 */
export function stepAnswers(
  records: readonly JournalRecord[],
  reading: StepReading,
): readonly RecordedAnswer<StepResult>[] {
  const answers: RecordedAnswer<StepResult>[] = []
  let earlier: RecordedAnswer<StepResult> | undefined
  for (const { execution, upTo } of attemptsOf(records)) {
    const answer = stepAnswer(upTo, execution, reading)
    if (answer === undefined) continue
    const recorded = { answer, at: upTo.at(-1)?.row.at ?? '' }
    if (execution === reading.execution) answers.push(recorded)
    else if (answer.status === 'completed') earlier = recorded
  }
  return answers.length === 0 && earlier !== undefined ? [earlier] : answers
}

interface Attempt {
  readonly execution: number
  /** All rows up to its last one. */
  readonly upTo: readonly JournalRecord[]
}

function attemptsOf(records: readonly JournalRecord[]): Attempt[] {
  return records.flatMap(({ row }, index) => {
    const isLast = records[index + 1]?.row.attempt !== row.attempt
    if (!isLast) return []
    return [{ execution: executionOf(records, row.attempt), upTo: records.slice(0, index + 1) }]
  })
}

function executionOf(records: readonly JournalRecord[], attempt: number): number {
  return records.find(({ row }) => row.attempt === attempt)?.row.execution ?? 1
}

const WAIT = /^until (\S+): (.*)$/s

function stepAnswer(
  upTo: readonly JournalRecord[],
  execution: number,
  { prompt, requests }: StepReading,
): StepResult | undefined {
  const last = upTo.at(-1)?.row
  if (last === undefined) return undefined
  if (last.event === 'outcome') {
    refuseErased(upTo)
    return recordedResult(upTo, { execution, prompt })
  }
  if (last.event !== 'decision') return undefined
  const usage = () => usageOf(upTo, prompt)
  if (last.rule === 'continue') return { status: 'continue', usage: usage() }
  if (last.rule === 'wait') {
    const [, untilIso, reason] = WAIT.exec(last.reason ?? '') ?? []
    return untilIso === undefined ? undefined : { status: 'wait', untilIso, reason: reason ?? '', usage: usage() }
  }
  const request = requests.find(({ approvalId }) => approvalId === last.approval)
  if (request === undefined || last.rule !== `approval.${request.kind}`) return undefined
  const ms = Date.parse(request.expiresAt) - Date.parse(request.requestedAt)
  return { status: 'approval', request, seconds: Math.max(1, Math.ceil(ms / 1_000)), usage: usage() }
}

function usageOf(records: readonly JournalRecord[], prompt: Prompt) {
  const { runId = '', stepId = '' } = records[0]?.row ?? {}
  refuseErased(records)
  return replay({ runId, stepId, prompt, input: null }, records).usage
}

function refuseErased(records: readonly JournalRecord[]): void {
  const erased = records.find(({ row, body }) => row.bodySha256 !== undefined && body === undefined)?.row
  if (erased === undefined) return
  throw new NotFound({
    message: `what lay beside the ${erased.event} row of step ${erased.stepId} was erased`,
    next: 'A run whose content was erased still verifies, but it cannot be run again.',
  })
}

/** What a rule came to, as `decide` answered. */
export function ruleAnswer(records: readonly JournalRecord[]): RecordedAnswer<RuleResult> | undefined {
  const last = records.findLast(({ row }) => row.event === 'outcome')
  return last?.body === undefined ? undefined : { answer: RuleResult.parse(last.body), at: last.row.at }
}

/** What was decided on a request, in this execution where anything was. */
export function decisionIn(
  records: readonly JournalRecord[],
  { approvalId, execution }: { readonly approvalId?: string | undefined; readonly execution: number },
): ApprovalDecision | undefined {
  const decided = records.filter(({ row, body }) => isDecision(row, approvalId) && body !== undefined)
  const now = decided.filter(({ row }) => executionOf(records, row.attempt) === execution)
  const last = (now.length > 0 ? now : decided).at(-1)
  return last && ApprovalDecision.parse(last.body)
}

const DECIDED = new Set(['approval.approved', 'approval.denied', 'approval.expired'])

function isDecision({ rule = '', approval }: JournalRow, approvalId: string | undefined): boolean {
  return DECIDED.has(rule) && approval !== undefined && (approvalId === undefined || approval === approvalId)
}

/** What came of taking a call back. */
export function undoAnswer(records: readonly JournalRecord[], { callId }: UndoCall): UndoResult | undefined {
  if (isUndone({ records }, callId)) return { status: 'undone' }
  const row = records.findLast((record) => record.row.tool?.callId === undoCallId(callId))?.row
  return row && { status: 'failed', ...(row.reason !== undefined && { reason: row.reason }) }
}
