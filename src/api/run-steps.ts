/** The steps of a run as its journal tells them: who, how often, how long, for how much. */
import type { Journal } from '../records/journal.ts'
import { RUN_CHAIN } from '../records/run-chain.ts'
import { usageOfRows } from '../records/step-usage.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import { Reference, type StepUsage } from '../schema/step.ts'

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
  readonly usage: StepUsage
  /** Hashes of outputs kept as artifacts. */
  readonly artifacts: readonly string[]
}

/** In the order in which they started. */
export async function readSteps(runId: RunId, journal: Journal): Promise<readonly StepView[]> {
  const stepIds = new Set<StepId>()
  for await (const { stepId } of journal.listChains(runId)) if (stepId !== RUN_CHAIN) stepIds.add(stepId)
  const views: StepView[] = []
  for (const stepId of stepIds) {
    const { records } = await journal.readStep(runId, stepId)
    const view = viewOf(stepId, records)
    if (view) views.push(view)
  }
  return views.sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0))
}

/** Every row of a run, oldest first; rows of one chain stay in their order. */
export async function readRows(runId: RunId, journal: Journal): Promise<readonly JournalRow[]> {
  const rows: JournalRow[] = []
  const seen = new Set<StepId>()
  for await (const { stepId } of journal.listChains(runId)) {
    if (seen.has(stepId)) continue
    seen.add(stepId)
    rows.push(...(await journal.readStep(runId, stepId)).records.map((record) => record.row))
  }
  return rows.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
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
    usage: ended?.total ?? usageOfRows(records.map(({ row }) => row)),
    artifacts: records.flatMap(({ row, body }) => (row.event === 'outcome' ? referencesIn(body) : [])),
  }
}

function referencesIn(body: Json | undefined): string[] {
  if (typeof body !== 'object' || body === null) return []
  const parsed = Reference.safeParse(body)
  if (parsed.success) return [parsed.data.$ref]
  return Object.values(body as Record<string, Json>).flatMap(referencesIn)
}
