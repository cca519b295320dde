/**
 * `openBudgets`: the budgets of runs in the records. A run without any has no item here, and costs no request. Reads no
 * journal and no team: what a step has spent, and what was declared, its callers know.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict, InvalidRequest } from '../errors.ts'
import type { Condition, Records, Write } from '../records/records.ts'
import { budgetIn, headKey } from '../records/run-head.ts'
import type { Beside } from '../records/runs.ts'
import type { BudgetLimits, RaiseBudget, RunBudget } from '../schema/budget.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { OpenStepBudget } from './budgets.ts'
import {
  anyIndex,
  attribute,
  budgetPartition,
  handedOut,
  type Level,
  type LevelState,
  levelState,
  levelsAbove,
  newLevelItem,
  pathLevel,
  runLevel,
} from './level.ts'
import { send } from './send.ts'
import { isEmpty, type Slice, sliceKey, sliceOf } from './slice.ts'
import { giveBack, openStepBudget, readLevel } from './step-budget.ts'
import {
  periodOf,
  refusedByTeam,
  settleWithTeam,
  type TeamPlace,
  takeFromTeam,
  teamKey,
  teamState,
} from './team-budget.ts'
import { COUNTED, isNothing, type LimitUnits, limitsOf, limitUnitsOf, nanoOf, shownOf, type Units } from './units.ts'

export interface BudgetsOptions {
  readonly records: Records
  readonly clock: Clock
  /** What a run was started with. @default the run's head is read, once for each step */
  readonly budgetOf?: ((runId: RunId) => Promise<RunBudget | undefined>) | undefined
  /** From 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number
  /** @default a random id */
  readonly newWriter?: () => string
}

export interface BudgetedRun {
  readonly runId: RunId
  readonly team: string
  readonly execution: number
  readonly budget: RunBudget
}

export interface Budgets {
  readonly openStep: OpenStepBudget
  /** To be written with the run's head: the run's item, and its dollars set aside with the team. */
  begin(run: BudgetedRun): Beside
  /** To be written with the start of another execution; undefined where the one before has not been closed. */
  reopen(run: BudgetedRun): Promise<Beside | undefined>
  /**
   * At the end of an execution: nothing is drawn any more, the slices of steps that are no longer at work are
   * settled, and the team gets back what was not spent. Safe to repeat.
   * @param steps Every step that began, with what it has spent by the journal; asked only where something is handed
   *   out.
   */
  close(run: BudgetedRun, steps: () => Promise<readonly SpentStep[]>): Promise<void>
  /**
   * To be written with the record of it. Undefined where the limits are that high already.
   * @throws InvalidRequest for a lower limit, or one of what is not limited; Conflict where the team has not that
   *   much left.
   */
  raise(run: BudgetedRun, raise: RaiseBudget): Promise<Raise | undefined>
  /** By the sort key of their items: `RUN`, `PATH#<path>`. */
  readLevels(run: BudgetedRun): Promise<ReadonlyMap<string, LevelState>>
  readTeam(team: string, period: string): Promise<{ readonly taken: number; readonly spent: number }>
  readSlice(runId: RunId, stepId: StepId): Promise<Slice>
}

export interface Raise extends Beside {
  /** For people. */
  readonly level: string
  readonly before: BudgetLimits
}

export interface SpentStep {
  readonly stepId: StepId
  readonly spent: Units
}

/** Rounds against a step that is still at it. */
const ROUNDS = 5

export function openBudgets(options: BudgetsOptions): Budgets {
  const { records, clock, random = Math.random, newWriter = randomUUID } = options
  const budgetOf = options.budgetOf ?? ((runId: RunId) => budgetInHead(runId, records))
  const sending = { records, clock, random }

  async function closeSlices(run: BudgetedRun, steps: readonly SpentStep[]): Promise<void> {
    const { runId, execution, budget } = run
    const writer = newWriter()
    const condition = closedIn(execution)
    for (const { stepId, spent } of steps) {
      const key = sliceKey(runId, stepId)
      const levels = levelsAbove(runId, stepId, budget)
      for (let round = 1; round <= ROUNDS; round += 1) {
        const before = sliceOf(await records.get(key))
        if (before.version === 0 || isEmpty(before)) break
        if (await giveBack({ before, spent, writer, levels, key, condition }, sending)) break
      }
    }
  }

  /** What was spent since it was last told. */
  async function settleTeam(run: BudgetedRun): Promise<void> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const { key, state } = await readRunLevel(run, records)
      if (state === undefined || state.held === 0 || state.period === undefined) return
      const spent = state.spent.costUsd - state.charged
      const condition = both(closedIn(run.execution), is('held', state.held))
      const own: Write = { kind: 'update', key, condition, set: { held: 0 }, add: { charged: spent } }
      const place = { team: run.team, period: state.period }
      if ((await send([own, settleWithTeam(place, state.held, spent)], sending)).ok) return
    }
  }

  return {
    async openStep({ runId, stepId }) {
      const budget = await budgetOf(runId)
      return budget && openStepBudget({ ...sending, runId, stepId, budget, writer: newWriter() })
    },
    begin(run) {
      const place = teamPlace(run, clock)
      const held = nanoOf(run.budget.run?.costUsd ?? 0)
      const more = { execution: run.execution, ...(place && { held, charged: 0, period: place.period }) }
      const item = newLevelItem(runLevel(run.runId, run.budget), more)
      return {
        writes: [{ kind: 'put', item, condition: { kind: 'absent' } }, ...(place ? [takeFromTeam(place, held)] : [])],
        refused: (index, stored) => (index === 1 && place ? refusedByTeam(place, held, stored) : inUse(run)),
      }
    },
    async reopen(run) {
      const { key, state } = await readRunLevel(run, records)
      if (state === undefined || !state.closed) return undefined
      const place = teamPlace(run, clock)
      const held = Math.max(0, state.left.costUsd ?? 0)
      const unchanged = state.left.costUsd === undefined ? [] : [is(attribute('left', 'costUsd'), state.left.costUsd)]
      const condition = both(closedIn(state.execution), ...unchanged)
      const set = { closed: false, execution: run.execution, ...(place && { held, period: place.period }) }
      const own: Write = { kind: 'update', key, condition, set }
      return {
        writes: [own, ...(place && held > 0 ? [takeFromTeam(place, held)] : [])],
        refused: (index, stored) => (index === 1 && place ? refusedByTeam(place, held, stored) : inUse(run)),
      }
    },
    async close(run, steps) {
      const { key, state } = await readRunLevel(run, records)
      if (state === undefined || state.execution !== run.execution) return
      const condition = is('execution', run.execution)
      crashPoint('budget.close.before')
      if (!state.closed) await send([{ kind: 'update', key, condition, set: { closed: true } }], sending)
      const levels = await readLevels(run.runId, records)
      if ([...levels.values()].some((level) => !isNothing(handedOut(level)))) {
        await closeSlices(run, await steps())
      }
      await settleTeam(run)
      crashPoint('budget.close.after')
    },
    async raise(run, { path, to }) {
      const level = path === undefined ? runLevel(run.runId, run.budget) : workflowLevel(run, path)
      const state = await readLevel(level, sending)
      const more = raisedBy(level, state.limit, limitUnitsOf(to))
      if (more.length === 0) return undefined
      const place = teamPlace(run, clock)
      const usd = more.find(({ counted }) => counted === 'costUsd')?.units ?? 0
      // A run that is over has nothing set aside: it sets aside what is left when it is resumed.
      const held = path === undefined && place && state.period && !state.closed ? usd : 0
      const teamAt = place && { ...place, period: state.period ?? place.period }
      if (held > 0 && teamAt) {
        const stored = await records.get(teamKey(teamAt))
        if (teamState(stored).taken + held > nanoOf(teamAt.budget.costUsd)) throw refusedByTeam(teamAt, held, stored)
      }
      const add = Object.fromEntries(
        more.flatMap(({ counted, units }) => [
          [attribute('limit', counted), units],
          [attribute('left', counted), units],
        ]),
      )
      const condition = both(
        ...more.map(({ counted }) => is(attribute('limit', counted), state.limit[counted] ?? 0)),
        ...(state.closed ? [is('closed', true)] : [{ kind: 'notEquals', attribute: 'closed', value: true } as const]),
      )
      const own: Write = {
        kind: 'update',
        key: level.key,
        condition,
        add: { ...add, ...(held > 0 && { held }) },
      }
      return {
        level: level.name,
        before: limitsOf(state.limit),
        writes: [own, ...(held > 0 && teamAt ? [takeFromTeam(teamAt, held)] : [])],
        refused: (index, stored) => (index === 1 && teamAt ? refusedByTeam(teamAt, held, stored) : inUse(run)),
      }
    },
    readLevels: ({ runId }) => readLevels(runId, records),
    async readTeam(team, period) {
      return teamState(await records.get(teamKey({ team, period })))
    },
    readSlice: async (runId, stepId) => sliceOf(await records.get(sliceKey(runId, stepId))),
  }
}

async function readLevels(runId: RunId, records: Records): Promise<ReadonlyMap<string, LevelState>> {
  const levels = new Map<string, LevelState>()
  let after: string | undefined
  do {
    const page = await records.query(budgetPartition(runId), after === undefined ? {} : { after })
    for (const item of page.items) levels.set(item.sort, levelState(item))
    after = page.next
  } while (after !== undefined)
  return levels
}

async function readRunLevel({ runId, budget }: BudgetedRun, records: Records) {
  const { key } = runLevel(runId, budget)
  const stored = await records.get(key)
  return { key, state: stored === undefined ? undefined : levelState(stored) }
}

function teamPlace({ team, budget }: BudgetedRun, clock: Clock): TeamPlace | undefined {
  const of = budget.team
  return of && { team, budget: of, period: periodOf(of, clock.now()) }
}

/** @throws InvalidRequest */
function workflowLevel({ runId, budget }: BudgetedRun, path: string): Level {
  const limits = budget.workflows?.[anyIndex(path)]
  if (limits !== undefined) return pathLevel(runId, path, limitUnitsOf(limits))
  const known = Object.keys(budget.workflows ?? {})
  throw new InvalidRequest({
    message: `No workflow of run ${runId} at ${JSON.stringify(path)} has a budget`,
    next: known.length === 0 ? 'Raise that of the run.' : `Name one like: ${known.join(', ')}`,
  })
}

/** @throws InvalidRequest for what has no limit, or would get a lower one. */
function raisedBy({ name }: Level, limit: LimitUnits, to: LimitUnits) {
  return COUNTED.flatMap((counted) => {
    const [was, wanted] = [limit[counted], to[counted]]
    if (wanted === undefined || wanted === was) return []
    if (was !== undefined && wanted > was) return [{ counted, units: wanted - was }]
    const now = was === undefined ? 'has no limit' : `is limited to ${shownOf(counted, was)} already`
    throw new InvalidRequest({
      message: `${counted} of the budget of the ${name} ${now}: a budget is only ever raised`,
      next: `Give what it shall be in all, e.g. --raise ${counted}=${shownOf(counted, 2 * (was ?? wanted))}`,
    })
  })
}

function is(name: string, value: Json): Condition {
  return { kind: 'equals', attribute: name, value }
}

function both(...conditions: readonly Condition[]): Condition {
  return { kind: 'and', conditions }
}

function closedIn(execution: number): Condition {
  return both(is('closed', true), is('execution', execution))
}

/** One read, where nobody else has read the head. */
async function budgetInHead(runId: RunId, records: Records): Promise<RunBudget | undefined> {
  const head = await records.get(headKey(runId))
  return head && budgetIn(head)
}

function inUse({ runId }: BudgetedRun): Conflict {
  return new Conflict({
    message: `the budget of run ${runId} was changed at the same moment`,
    next: `Look at it, then try again: baton budget ${runId}`,
  })
}
