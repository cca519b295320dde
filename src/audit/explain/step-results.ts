/** What each step of a run gave, as far as its rows and the content beside them tell. Pure. */
import type { Team } from '../../define/team.ts'
import type { StepId } from '../../schema/ids.ts'
import type { Actor, JournalRow } from '../../schema/journal-row.ts'
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { SUBMIT_OUTPUT_TOOL } from '../../schema/model-call.ts'
import { parseJson } from '../../schema/parse-json.ts'
import { Reference } from '../../schema/step.ts'
import { type AuditRecord, bodyOf, chainsOf, isRunChain } from './timeline.ts'

export interface RecordedStep {
  readonly stepId: StepId
  readonly actor: Actor | undefined
  /** Of its last attempt. */
  readonly attempt: number
  /** Moments of the first row and of the outcome, ISO 8601. */
  readonly startedAt: string
  readonly endedAt?: string
  /** Absent: it has not ended. */
  readonly outcome?: JournalRow
  /** Absent: it gave none, its content is erased or not at hand, or it is kept as an artifact. */
  readonly output?: Json
  /** Of all its attempts. */
  readonly rows: readonly JournalRow[]
}

type Agents = Pick<Team, 'agents'> | undefined

/** In the order in which they ended; those that have not come last. Not the run's own chain, nor what was taken back. */
export function recordedSteps(audit: AuditRecord, team?: Agents): readonly RecordedStep[] {
  const steps = [...chainsOf(audit.rows)]
    .filter(([stepId]) => !isRunChain(stepId) && !isUndoChain(stepId))
    .map(([stepId, rows]) => stepOf(stepId, rows, audit, team))
  return steps.sort(
    (one, other) => endOf(one) - endOf(other) || Date.parse(one.startedAt) - Date.parse(other.startedAt),
  )
}

function isUndoChain(stepId: string): boolean {
  return stepId.endsWith(':undo')
}

function endOf({ endedAt }: RecordedStep): number {
  return endedAt === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(endedAt)
}

function stepOf(stepId: StepId, rows: readonly JournalRow[], audit: AuditRecord, team: Agents): RecordedStep {
  const outcome = rows.findLast(({ event }) => event === 'outcome')
  const start = rows.findLast(({ event, attempt }) => event === 'start' && attempt <= (outcome?.attempt ?? attempt))
  const output = outcome === undefined ? undefined : outputOf(outcome, rows, audit, start?.actor, team)
  return {
    stepId,
    actor: start?.actor,
    attempt: outcome?.attempt ?? rows.at(-1)?.attempt ?? 1,
    startedAt: rows[0]?.at ?? '',
    ...(outcome !== undefined && { outcome, endedAt: outcome.at }),
    ...(output !== undefined && !Reference.safeParse(output).success && { output }),
    rows,
  }
}

/** It stands beside the outcome, or where that names a turn, in the answer of that turn. */
function outputOf(
  outcome: JournalRow,
  rows: readonly JournalRow[],
  audit: AuditRecord,
  actor: Actor | undefined,
  team: Agents,
): Json | undefined {
  if (outcome.status !== 'completed') return undefined
  const { turn } = outcome
  const said = turn === undefined ? undefined : rows.findLast((row) => row.event === 'turn' && row.turn === turn)
  if (said !== undefined)
    return saidIn(
      bodyOf(audit, said),
      team?.agents.find(({ sha256 }) => sha256 === actor?.sha256),
    )
  const decided = rows.findLast(({ rule }) => rule === 'approval.approved')
  return bodyOf(audit, outcome)?.['output'] ?? (decided && bodyOf(audit, decided)?.['answer'])
}

const FENCED = /```(?:json)?\s*\n([\s\S]*?)\n?\s*```/

function saidIn(body: JsonObject | undefined, agent: { readonly outputSchema: JsonObject } | undefined) {
  const content = Array.isArray(body?.['content']) ? body['content'].filter(isJsonObject) : []
  const handedIn = content.find(({ type, name }) => type === 'toolUse' && name === SUBMIT_OUTPUT_TOOL)
  if (handedIn !== undefined) return unwrapped(handedIn['input'] ?? null, agent?.outputSchema)
  const text = content
    .flatMap((block) => (block['type'] === 'text' && typeof block['text'] === 'string' ? [block['text']] : []))
    .join('')
    .trim()
  const parsed = [text, FENCED.exec(text)?.[1] ?? ''].map(parseJson).find(({ ok }) => ok)
  return content.length === 0 ? undefined : parsed?.ok ? parsed.value : text
}

/** What is no object is handed in within one. Where the schema is not known, an object of that one field is taken for that. */
function unwrapped(input: Json, schema: JsonObject | undefined): Json {
  if (schema?.['type'] === 'object' || !isJsonObject(input)) return input
  const { output } = input
  return output !== undefined && Object.keys(input).length === 1 ? output : input
}
