/** Reads a step's state back from its rows: what was sampled is never sampled again. */
import type * as z from 'zod'
import { RecordsCorrupt } from '../errors.ts'
import type { JournalRecord } from '../records/journal-item.ts'
import type { Sha256 } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { StepResult } from '../schema/step.ts'
import { ToolResult } from '../schema/tool-call.ts'
import { peopleBody } from './people-state.ts'
import type { Prompt } from './prompt.ts'
import {
  applyRow,
  applySpentOnly,
  newState,
  type Origin,
  OutcomeBody,
  RejectionBody,
  type StepBody,
  type StepRow,
  type StepState,
  startAfresh,
} from './step-state.ts'
import { readAnswer, TurnBody } from './turn-answer.ts'
import { NO_USAGE } from './usage.ts'

/**
 * The recorded end of the step, if it has one. A step that was stopped has none in a later execution: a person asked for
 * the run to go on.
 */
export function recordedResult(
  records: readonly JournalRecord[],
  { execution, prompt }: { readonly execution: number; readonly prompt: Prompt },
): StepResult | undefined {
  const rows = followed(records)
  const last = rows.findLast(({ row }) => row.event === 'outcome')
  if (last === undefined) return undefined
  const usage = last.row.total ?? NO_USAGE
  if (last.row.turn !== undefined) return { status: 'completed', output: outputOf(rows, last, prompt), usage }
  const body = parseBody(OutcomeBody, last.row, last.body)
  if (body.status === 'completed') return { ...body, usage }
  const start = rows.findLast(({ row }) => row.event === 'start')
  const isLatest = start?.row.attempt === last.row.attempt
  return isLatest && (start.row.execution ?? 1) >= execution ? { ...body, usage } : undefined
}

/** The output as the turn says it that the outcome names. */
function outputOf(rows: readonly JournalRecord[], outcome: JournalRecord, prompt: Prompt): Json {
  const said = rows.findLast(({ row }) => row.event === 'turn' && row.turn === outcome.row.turn) ?? outcome
  const { runId, stepId, turn = 0 } = said.row
  const answer = readAnswer({ runId, stepId, turn }, parseBody(TurnBody, said.row, said.body), prompt.unwrapOutput)
  return (answer.kind === 'output' ? answer.candidates[0] : undefined) ?? null
}

/** @param records By attempt and place, as the journal gives them. */
export function replay(origin: Origin, records: readonly JournalRecord[]): StepState {
  const state = newState(origin)
  const said = new Set(followed(records))
  for (const record of records) {
    const { row, body } = record
    const schema = peopleBody(row)
    const ofPeople = schema && parseBody<z.ZodType<StepBody>>(schema, row, body)
    if (!said.has(record)) applySpentOnly(state, row, ofPeople)
    else if (ofPeople !== undefined) applyRow(state, origin, row, ofPeople)
    else if (row.event === 'turn') applyRow(state, origin, row, parseBody(TurnBody, row, body))
    else if (row.event === 'tool') applyRow(state, origin, row, parseBody(ToolResult, row, body))
    else if (row.event === 'rejection') applyRow(state, origin, row, parseBody(RejectionBody, row, body))
    else if (row.event === 'decision') applyRow(state, origin, row, undefined)
    else if (row.event === 'outcome') startAfresh(state)
  }
  const lastEnd = records.findLastIndex((record) => said.has(record) && record.row.event === 'outcome')
  state.activeMs = activeMs(records.slice(lastEnd + 1).filter((record) => said.has(record)))
  return state
}

/**
 * The rows that the step goes on from: those of the last attempt that recorded anything; of the attempt before it, those up
 * to the row that its start names as its cause; and so on. What else there is was bought, but nobody goes on from it:
 * an attempt that was thought dead may still append. One that only began has gone nowhere, so what it names counts for
 * nothing. Starts are all among them.
 */
function followed(records: readonly JournalRecord[]): JournalRecord[] {
  const indexOf = new Map(records.map(({ row }, index) => [row.hash, index]))
  const said = new Set<JournalRecord>()
  let last = lastSaid(records)
  while (last >= 0) {
    const attempt = records[last]?.row.attempt
    const first = records.findIndex(({ row }) => row.attempt === attempt)
    for (const record of records.slice(first, last + 1)) said.add(record)
    const { cause } = records[first]?.row ?? {}
    last = Math.min(first - 1, (cause && indexOf.get(cause)) ?? first - 1)
  }
  return records.filter((record) => record.row.event === 'start' || said.has(record))
}

function lastSaid(records: readonly JournalRecord[]): number {
  return records.findLastIndex(({ row }) => row.event !== 'start')
}

/** The row that a next attempt goes on from. */
export function headOf(records: readonly JournalRecord[]): Sha256 | undefined {
  return (records[lastSaid(records)] ?? records.at(-1))?.row.hash
}

/** Each attempt from its first to its last row that counts: waits lie between attempts, and the dead are not at work. */
function activeMs(records: readonly JournalRecord[]): number {
  const spans = new Map<number, { readonly from: number; to: number }>()
  for (const { row } of records) {
    const at = Date.parse(row.at)
    const span = spans.get(row.attempt)
    if (span === undefined) spans.set(row.attempt, { from: at, to: at })
    else span.to = Math.max(span.to, at)
  }
  return [...spans.values()].reduce((sum, { from, to }) => sum + to - from, 0)
}

function parseBody<S extends z.ZodType>(schema: S, row: StepRow, body: Json | undefined): z.output<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new RecordsCorrupt({
    message: `the body of a recorded ${row.event} row (turn ${row.turn ?? '-'}) is not what this version writes`,
    next: 'Use the Baton version that wrote the run, or start a new run.',
    cause: parsed.error,
  })
}
