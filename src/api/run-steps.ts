/** The steps of a run as its journal tells them: who, how often, how long, for how much. */
import type { Journal } from '../records/journal.ts'
import { RUN_CHAIN } from '../records/run-chain.ts'
import { usageOfRows } from '../records/step-usage.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { Reference, type StepUsage } from '../schema/step.ts'
import type { FinishedChains } from './finished-chains.ts'
import { inBatches } from './in-batches.ts'

export interface StepView {
  readonly stepId: StepId
  readonly agent: string
  readonly version: string
  readonly attempts: number
  /** `running`, `completed`, or the stop cause. */
  readonly status: string
  readonly reason?: string
  readonly startedAt: string
  readonly endedAt?: string
  /** When an agent was at it, one for each attempt; the last one without an end while it is. */
  readonly spans: readonly { readonly startedAt: string; readonly endedAt?: string }[]
  readonly usage: StepUsage
  /** Hashes of outputs kept as artifacts. */
  readonly artifacts: readonly string[]
  /** What its models said of themselves beside their answers, e.g. that they are no language model; each once. */
  readonly notices: readonly string[]
}

/** In the order in which they started. */
export async function readSteps(runId: RunId, journal: Journal): Promise<readonly StepView[]> {
  return (await readNewestSteps(runId, journal, Number.MAX_SAFE_INTEGER)).steps
}

/** Those that started last, at most so many, in the order in which they started. */
export async function readNewestSteps(
  runId: RunId,
  journal: Journal,
  most: number,
): Promise<{ readonly steps: readonly StepView[]; readonly omitted: number }> {
  const stepIds = new Set<StepId>()
  for await (const { stepId } of journal.listChains(runId)) if (stepId !== RUN_CHAIN) stepIds.add(stepId)
  const newest = [...stepIds].slice(-most)
  const views = await inBatches(newest, async (stepId) => {
    const { records } = await journal.readStep(runId, stepId)
    return viewOf(stepId, records)
  })
  const steps = views
    .filter((view) => view !== undefined)
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0))
  return { steps, omitted: stepIds.size - newest.length }
}

/**
 * Every row of a run, oldest first; rows of one chain stay in their order, and of the same moment those of the step that
 * began first come first.
 * @param isDone Of a step and its last attempt: leaves it out, unread.
 * @param finished Rows that need not be read again.
 */
export async function readRows(
  runId: RunId,
  journal: Journal,
  isDone: (stepId: StepId, attempt: number) => boolean = () => false,
  finished?: FinishedChains,
): Promise<readonly JournalRow[]> {
  const attempts = new Map<StepId, number>()
  for await (const { stepId, attempt } of journal.listChains(runId)) {
    attempts.set(stepId, Math.max(attempt, attempts.get(stepId) ?? 0))
  }
  const steps = [...attempts].filter(([stepId, attempt]) => !isDone(stepId, attempt))
  const chains = await inBatches(steps, async ([stepId, attempt]) => {
    const known = finished?.find(runId, stepId, attempt)
    if (known !== undefined) return known
    const rows = (await journal.readStep(runId, stepId)).records.map(({ row }) => row)
    finished?.keep(runId, stepId, rows)
    return rows
  })
  chains.sort(([a], [b]) => Number(a?.stepId === RUN_CHAIN) - Number(b?.stepId === RUN_CHAIN) || byTime(a, b))
  return chains.flat().sort(byTime)
}

function byTime(a: JournalRow | undefined, b: JournalRow | undefined): number {
  const [first, second] = [a?.at ?? '', b?.at ?? '']
  return first < second ? -1 : first > second ? 1 : 0
}

type Recorded = { readonly row: JournalRow; readonly body?: Json | undefined }

function viewOf(stepId: StepId, records: readonly Recorded[]): StepView | undefined {
  const first = records[0]?.row
  const last = records.at(-1)?.row
  if (!first || !last) return undefined
  const ended = last.event === 'outcome' ? last : undefined
  return {
    stepId,
    agent: first.actor?.agent ?? '',
    version: first.actor?.version ?? '',
    attempts: last.attempt,
    status: ended ? (ended.status ?? 'completed') : 'running',
    ...(ended?.reason === undefined ? {} : { reason: ended.reason }),
    startedAt: first.at,
    ...(ended ? { endedAt: ended.at } : {}),
    spans: spansOf(records, ended !== undefined),
    usage: ended?.total ?? usageOfRows(records.map(({ row }) => row)),
    artifacts: records.flatMap(({ row, body }) => (row.event === 'outcome' ? referencesIn(body) : [])),
    notices: [...new Set(records.flatMap(({ row, body }) => (row.event === 'turn' ? noticeIn(body) : [])))],
  }
}

function noticeIn(body: Json | undefined): string[] {
  return isJsonObject(body) && typeof body['notice'] === 'string' ? [body['notice']] : []
}

/** Of all its steps, each once, in the order in which they came up. */
export function noticesOf(steps: readonly StepView[]): readonly string[] {
  return [...new Set(steps.flatMap(({ notices }) => notices))]
}

function spansOf(records: readonly Recorded[], isOver: boolean): StepView['spans'] {
  const byAttempt = new Map<number, { startedAt: string; endedAt: string }>()
  for (const { row } of records) {
    const span = byAttempt.get(row.attempt)
    if (span) span.endedAt = row.at
    else byAttempt.set(row.attempt, { startedAt: row.at, endedAt: row.at })
  }
  const spans: StepView['spans'][number][] = [...byAttempt.values()]
  const last = spans.at(-1)
  return isOver || last === undefined ? spans : [...spans.slice(0, -1), { startedAt: last.startedAt }]
}

function referencesIn(body: Json | undefined): string[] {
  if (typeof body !== 'object' || body === null) return []
  const parsed = Reference.safeParse(body)
  if (parsed.success) return [parsed.data.$ref]
  return Object.values(body as Record<string, Json>).flatMap(referencesIn)
}
