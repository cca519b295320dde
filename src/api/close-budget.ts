/**
 * At the end of a run's execution: what its steps were handed is settled by the journal, and its team gets back the
 * rest.
 */
import { openBudgets, type SpentStep } from '../budget/open-budgets.ts'
import { spentByRows } from '../budget/spent.ts'
import type { Clock } from '../clock.ts'
import type { Journal } from '../records/journal.ts'
import type { Records } from '../records/records.ts'
import { RUN_CHAIN } from '../records/run-chain.ts'
import type { Runs } from '../records/runs.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import { inBatches } from './in-batches.ts'

export interface CloseBudgetDependencies {
  readonly runs: Runs
  readonly records: Records
  readonly journal: Journal
  readonly clock: Clock
}

/**
 * Before the end is written down, so that whoever repeats that repeats this. Nothing happens where the run has no
 * budget, is over, or has gone on since.
 * @param execution Which one ended. @default the current one
 */
export async function closeBudget(
  runId: RunId,
  { runs, records, journal, clock }: CloseBudgetDependencies,
  execution?: number,
): Promise<void> {
  const budget = await runs.budgetOf(runId)
  if (budget === undefined) return
  const run = await runs.read(runId)
  if (run?.status !== 'running' || (execution !== undefined && run.execution !== execution)) return
  await openBudgets({ records, clock }).close({ ...run, budget }, () => spentSteps(runId, journal))
}

async function spentSteps(runId: RunId, journal: Journal): Promise<readonly SpentStep[]> {
  const stepIds = new Set<StepId>()
  for await (const { stepId } of journal.listChains(runId)) if (stepId !== RUN_CHAIN) stepIds.add(stepId)
  return inBatches([...stepIds], async (stepId) => {
    const { records } = await journal.readStep(runId, stepId)
    return { stepId, spent: spentByRows(records.map(({ row }) => row)) }
  })
}
