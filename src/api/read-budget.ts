/** `readBudget`: what a run may use, what it has used and what is handed out, from its team down to its steps. */

import { handedOut, type LevelState } from '../budget/level.ts'
import { openBudgets } from '../budget/open-budgets.ts'
import type { Slice } from '../budget/slice.ts'
import {
  amountOf,
  COUNTED,
  limitsOf,
  minus,
  NO_UNITS,
  plus,
  positive,
  type Units,
  unitsOf,
  usdOf,
} from '../budget/units.ts'
import type { Clock } from '../clock.ts'
import { workflowNamed } from '../define/agent-workflow.ts'
import type { Team } from '../define/team.ts'
import type { Records } from '../records/records.ts'
import type { Amount, BudgetLevel, BudgetView } from '../schema/budget.ts'
import type { AgentName, RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { workflowBounds } from '../workflow/bounds.ts'
import { inBatches } from './in-batches.ts'
import { type ReadDependencies, readHead } from './read-run.ts'
import { readNewestSteps, type StepView } from './run-steps.ts'

export interface BudgetDependencies extends ReadDependencies {
  readonly records: Records
  readonly clock: Clock
  /** For the agents' own limits and the worst case. Absent: they are not told. */
  readonly team?: Team | undefined
}

/** Of a run without a budget: what it used, against the worst case. @throws NotFound */
export async function readBudget(runId: RunId, dependencies: BudgetDependencies): Promise<BudgetView> {
  const run = await readHead(runId, dependencies)
  const { journal, team, mostSteps = Number.MAX_SAFE_INTEGER } = dependencies
  const { steps } = await readNewestSteps(runId, journal, mostSteps)
  const own = team?.name === run.team ? team : undefined
  const { levels, slices, shared } = await readItems(run, steps, dependencies)
  const worstCase = worstCaseOf(run, own)
  const runLevel = levels.get('RUN')
  return {
    runId,
    status: run.status,
    ...(shared && { team: shared }),
    run: { ...(runLevel ? levelView(runLevel) : usedView(steps)), ...(worstCase && { worstCase }) },
    workflows: [...levels].flatMap(([sort, state]) =>
      sort.startsWith('PATH#') ? [{ path: sort.slice('PATH#'.length), ...levelView(state) }] : [],
    ),
    steps: steps.map((step, index) => stepView(step, slices[index], own)),
  }
}

/** Nothing where the run has no budget. */
async function readItems(run: Run, steps: readonly StepView[], { records, clock }: BudgetDependencies) {
  const { runId, budget, team } = run
  if (budget === undefined) return { levels: new Map<string, LevelState>(), slices: [], shared: undefined }
  const budgets = openBudgets({ records, clock })
  const [levels, slices] = await Promise.all([
    budgets.readLevels({ ...run, budget }),
    inBatches(steps, ({ stepId }) => budgets.readSlice(runId, stepId)),
  ])
  const period = levels.get('RUN')?.period
  if (budget.team === undefined || period === undefined) return { levels, slices, shared: undefined }
  const { taken, spent } = await budgets.readTeam(team, period)
  const { costUsd: limitUsd, per } = budget.team
  const [spentUsd, openUsd] = [usdOf(spent), usdOf(taken - spent)]
  const leftUsd = Math.max(0, usdOf(Math.round(limitUsd * 1e9) - taken))
  return { levels, slices, shared: { name: team, per, period, limitUsd, spentUsd, openUsd, leftUsd } }
}

function levelView(state: LevelState): BudgetLevel {
  const { limit, left, spent, lost } = state
  const isLimited = COUNTED.some((counted) => limit[counted] !== undefined)
  return {
    ...(isLimited && { limit: limitsOf(limit) }),
    spent: amountOf(spent),
    open: amountOf(handedOut(state)),
    left: limitsOf(left),
    lost: amountOf(lost),
  }
}

function usedView(steps: readonly StepView[]): BudgetLevel {
  const spent = steps.map(usedBy).reduce(plus, NO_UNITS)
  return { spent: amountOf(spent), open: NOTHING, left: {}, lost: NOTHING }
}

const NOTHING: Amount = amountOf(NO_UNITS)

function stepView(step: StepView, slice: Slice | undefined, team: Team | undefined): BudgetView['steps'][number] {
  const limits = team?.agents.find(({ name }) => name === step.agent)?.limits
  const spent = usedBy(step)
  const open = slice === undefined ? NO_UNITS : positive(minus(minus(slice.open, slice.used), slice.reserved))
  return {
    stepId: step.stepId,
    agent: step.agent as AgentName,
    status: step.status,
    ...(limits && {
      limit: { costUsd: limits.costUsd, tokens: limits.tokens, turns: limits.turns, toolCalls: limits.toolCalls },
    }),
    spent: amountOf(spent),
    reserved: amountOf(slice?.reserved ?? NO_UNITS),
    open: amountOf(open),
    lost: amountOf(slice?.everLost ?? NO_UNITS),
  }
}

function usedBy({ usage }: StepView): Units {
  const { turns, toolCalls, inputTokens, outputTokens, costUsd } = usage
  return unitsOf({ costUsd: costUsd ?? 0, tokens: inputTokens + outputTokens, turns, toolCalls })
}

function worstCaseOf(run: Run, team: Team | undefined): Partial<Amount> | undefined {
  const workflow = team && workflowNamed(team, run.workflow)
  if (workflow === undefined) return undefined
  const { costUsd, tokens, answers, toolCalls } = workflowBounds(workflow)
  return { ...(costUsd !== null && { costUsd }), tokens, turns: answers, toolCalls }
}
