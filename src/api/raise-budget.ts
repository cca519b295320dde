/**
 * `raiseBudget`: a person lets a run, or a workflow in it, use more. New limits are given whole, so that asking
 * twice raises once. Each raise is a row of the run's own chain, in one transaction with what it changes. Resumes
 * nothing.
 */
import { openBudgets } from '../budget/open-budgets.ts'
import { COUNTED } from '../budget/units.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict } from '../errors.ts'
import { RUN_CHAIN, runClaim } from '../records/run-chain.ts'
import type { BudgetView, RaiseBudget } from '../schema/budget.ts'
import type { RunId } from '../schema/ids.ts'
import { type BudgetDependencies, readBudget } from './read-budget.ts'
import { readHead } from './read-run.ts'

/** Against others that raise or end the same run. */
const ROUNDS = 8

/**
 * @param by Who asks, as the host authenticated them.
 * @throws NotFound; InvalidRequest for a lower limit, or one of what is not limited; Conflict where the run has no
 *   budget, is done, or its team has not that much left.
 */
export async function raiseBudget(
  runId: RunId,
  raise: RaiseBudget,
  dependencies: BudgetDependencies,
  by?: string,
): Promise<BudgetView> {
  const { records, clock, journal } = dependencies
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { budget, ...run } = await readHead(runId, dependencies)
    if (budget === undefined) throw unlimited(runId)
    if (run.status === 'succeeded') {
      throw new Conflict({ message: `Run ${runId} has succeeded: it spends no more`, next: `baton budget ${runId}` })
    }
    const raised = await openBudgets({ records, clock }).raise({ ...run, budget }, raise)
    if (raised === undefined) return readBudget(runId, dependencies)
    const writer = await journal.claimAttempt(
      runClaim({ ...run, budget }, await journal.readStep(runId, RUN_CHAIN), by),
    )
    if (writer instanceof Conflict) continue
    const reason = `${raised.level}: ${limitText(raised.before)} raised to ${limitText(raise.to)}`
    crashPoint('budget.raise.before')
    const row = await writer.append({ event: 'decision', rule: 'budget.raise', reason }, undefined, raised.writes)
    crashPoint('budget.raise.after')
    if (!(row instanceof Conflict)) return readBudget(runId, dependencies)
  }
  throw new Conflict({
    message: `the budget of run ${runId} changed ${ROUNDS} times while it was to be raised`,
    next: `Look at it, then try again: baton budget ${runId}`,
  })
}

function limitText(limits: RaiseBudget['to']): string {
  return COUNTED.flatMap((counted) => (limits[counted] === undefined ? [] : [`${counted} ${limits[counted]}`])).join(
    ', ',
  )
}

function unlimited(runId: RunId): Conflict {
  return new Conflict({
    message: `Run ${runId} was started without a budget: there is nothing to raise`,
    next: "Start runs with --budget, or give the workflow a budget; an agent's own limits are raised in its definition.",
  })
}
