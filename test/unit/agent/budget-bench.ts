/** A run's budget for a step in a test, over records in memory. */
import { levelState } from '../../../src/budget/level.ts'
import { openBudgets } from '../../../src/budget/open-budgets.ts'
import { sliceKey, sliceOf } from '../../../src/budget/slice.ts'
import { amountOf } from '../../../src/budget/units.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import type { BudgetLimits } from '../../../src/schema/budget.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { runId, stepId } from './harness.ts'

export async function budgetOf(limits: BudgetLimits) {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const budget = { run: limits }
  const budgets = openBudgets({ records, clock, budgetOf: async () => budget, random: () => 0 })
  const run = { runId, team: 'team', execution: 1, budget }
  await records.transact(budgets.begin(run).writes)
  return {
    openBudget: budgets.openStep,
    async level() {
      const item = await records.get({ partition: `RUN#${runId}#BUDGET`, sort: 'RUN' })
      if (item === undefined) throw new Error('the run has a budget')
      const state = levelState(item)
      return { ...state, spent: amountOf(state.spent), lost: amountOf(state.lost) }
    },
    slice: async () => sliceOf(await records.get(sliceKey(runId, stepId))),
    async raise(to: BudgetLimits) {
      const raise = await budgets.raise(run, { to })
      if (raise !== undefined) await records.transact(raise.writes)
    },
  }
}
