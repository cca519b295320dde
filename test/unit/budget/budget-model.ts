/**
 * Budgets as a state machine, for any records: steps that reserve, answer, die and go on at the same time, with
 * replies that get lost. What each step really spends is known here, so that what the items say can be held against
 * it.
 */
import { expect } from 'vitest'
import { type LevelState, levelState, levelsAbove } from '../../../src/budget/level.ts'
import { type BudgetedRun, type Budgets, openBudgets } from '../../../src/budget/open-budgets.ts'
import { sliceKey, sliceOf } from '../../../src/budget/slice.ts'
import { amountOf, COUNTED, NO_UNITS, plus, type Units, unitsOf } from '../../../src/budget/units.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records } from '../../../src/records/records.ts'
import type { Amount, RunBudget } from '../../../src/schema/budget.ts'
import { RunId, StepId } from '../../../src/schema/ids.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

export interface TurnPlan {
  readonly most: Amount
  /** Of `most`, from 0 to 1: what the answer takes in fact. */
  readonly share: number
  /** The process dies with the answer on its way, or once it is recorded. */
  readonly dies?: 'beforeRecord' | 'afterRecord' | undefined
}

export interface StepPlan {
  readonly stepId: string
  readonly turns: readonly TurnPlan[]
  /** Whether it gives back what is left, or its last process just ends. */
  readonly closes: boolean
}

export interface Told {
  granted: number
  refused: number
  /** What answers took in fact, recorded or not. */
  real: Units
  /** Of that, what nobody recorded. */
  unrecorded: Units
}

export interface BudgetModel {
  readonly run: BudgetedRun
  readonly budgets: Budgets
  readonly told: Told
  step(plan: StepPlan): Promise<void>
  /** limit = spent + left + what is handed out, at every level; and nothing real beyond the limit. */
  holds(): Promise<void>
  close(): Promise<void>
  level(sort: string): Promise<LevelState>
}

/**
 * @param plain Records that always answer: the truth. @param faulty The same, as the steps see them.
 */
export async function budgetModel(
  plain: Records,
  faulty: Records,
  budget: RunBudget,
  id = 'run-1',
): Promise<BudgetModel> {
  const runId = RunId.parse(id)
  const run: BudgetedRun = { runId, team: 'team', execution: 1, budget }
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const budgetOf = async () => budget
  const budgets = openBudgets({ records: faulty, clock, budgetOf, random: () => 0 })
  const truth = openBudgets({ records: plain, clock, budgetOf, random: () => 0 })
  const began = await plain.transact(truth.begin(run).writes)
  expect(began.ok).toBe(true)
  const journal = new Map<StepId, Units>()
  const told: Told = { granted: 0, refused: 0, real: NO_UNITS, unrecorded: NO_UNITS }

  const spentBy = (stepId: StepId) => amountOf(journal.get(stepId) ?? NO_UNITS)

  /** One process: @returns how many turns of the plan it got through. */
  async function invocation(stepId: StepId, turns: readonly TurnPlan[], closes: boolean): Promise<number> {
    const step = await budgets.openStep({ runId, stepId })
    if (step === undefined) throw new Error('the run has a budget')
    for (const [index, { most, share, dies }] of turns.entries()) {
      const turn = (journal.get(stepId)?.turns ?? 0) + 1
      const reserved = await step.reserve(turn, most, spentBy(stepId))
      if (!reserved.granted) {
        told.refused += 1
        if (closes) await step.close(spentBy(stepId))
        return turns.length
      }
      told.granted += 1
      const bound = { ...unitsOf(most), toolCalls: Math.min(most.toolCalls, reserved.toolCalls) }
      const took = { ...shareOf(bound, share), turns: 1 }
      told.real = plus(told.real, took)
      if (dies === 'beforeRecord') {
        told.unrecorded = plus(told.unrecorded, took)
        return index + 1
      }
      journal.set(stepId, plus(journal.get(stepId) ?? NO_UNITS, took))
      if (dies === 'afterRecord') return index + 1
    }
    if (closes) await step.close(spentBy(stepId))
    return turns.length
  }

  async function level(sort: string): Promise<LevelState> {
    const item = await plain.get({ partition: `RUN#${runId}#BUDGET`, sort })
    if (item === undefined) throw new Error(`there is no level ${sort}`)
    return levelState(item)
  }

  return {
    run,
    budgets,
    told,
    level,
    async step({ stepId: name, turns, closes }) {
      const stepId = StepId.parse(name)
      if (!journal.has(stepId)) journal.set(stepId, NO_UNITS)
      let done = 0
      // As a state machine does: a process that fails is followed by another.
      for (let tries = 0; done < turns.length && tries < 100; tries += 1) {
        try {
          done += await invocation(stepId, turns.slice(done), closes)
        } catch (error) {
          if (!(error instanceof RecordsUnavailable)) throw error
        }
      }
    },
    async holds() {
      const levels = await truth.readLevels(run)
      for (const [sort, state] of levels) {
        let open = NO_UNITS
        for (const stepId of journal.keys()) {
          const isBelow = levelsAbove(runId, stepId, budget).some(({ key }) => key.sort === sort)
          if (isBelow) open = plus(open, sliceOf(await plain.get(sliceKey(runId, stepId))).open)
        }
        for (const counted of COUNTED) {
          const limit = state.limit[counted]
          if (limit === undefined) continue
          expect(state.spent[counted] + (state.left[counted] ?? 0) + open[counted]).toBe(limit)
          expect(state.left[counted]).toBeGreaterThanOrEqual(0)
          if (sort === 'RUN') expect(told.real[counted]).toBeLessThanOrEqual(limit)
        }
      }
    },
    async close() {
      const steps = async () => [...journal].map(([stepId, spent]) => ({ stepId, spent }))
      for (let tries = 0; tries < 100; tries += 1) {
        try {
          await budgets.close(run, steps)
          return
        } catch (error) {
          if (!(error instanceof RecordsUnavailable)) throw error
        }
      }
    },
  }
}

function shareOf({ costUsd, tokens, toolCalls }: Units, share: number): Units {
  return {
    costUsd: Math.floor(costUsd * share),
    tokens: Math.floor(tokens * share),
    turns: 1,
    toolCalls: Math.floor(toolCalls * share),
  }
}
