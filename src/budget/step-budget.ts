/**
 * One step's share of the budgets above it. It draws slices from every level at once, reserves within its own slice
 * before each model call, settles by what the journal tells, and gives back what is left. Decides nothing about
 * what to do at the end of a budget.
 */
import { crashPoint } from '../crash-point.ts'
import { Conflict, RecordsCorrupt, RecordsUnavailable } from '../errors.ts'
import type { Amount, RunBudget } from '../schema/budget.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { Refusal, Reserved, StepBudget } from './budgets.ts'
import { drawFrom, giveBackTo, type Level, type LevelState, levelState, levelsAbove, newLevelItem } from './level.ts'
import { type Sending, send } from './send.ts'
import {
  emptied,
  freeIn,
  isEmpty,
  isSame,
  missingFor,
  reserveIn,
  type Slice,
  settle,
  sliceKey,
  sliceOf,
  writeSlice,
} from './slice.ts'
import { amountOf, COUNTED, each, isNothing, NO_UNITS, plus, shownOf, type Units, unitsOf } from './units.ts'

export interface StepBudgetOptions extends Sending {
  readonly runId: RunId
  readonly stepId: StepId
  readonly budget: RunBudget
  /** Unlike that of any other invocation. */
  readonly writer: string
}

/** Where there is plenty, a slice is drawn for so many turns, so that most steps draw once. */
const TURNS_AHEAD = 4
/** Never more than this part of what is left, beyond what the next turn needs: so many branches may share it. */
const SHARES = 64
/** Others that draw at the same moment make a draw look again. */
const ROUNDS = 12

export function openStepBudget(options: StepBudgetOptions): StepBudget {
  const { records, runId, stepId, budget, writer } = options
  const levels = levelsAbove(runId, stepId, budget)
  const limited = new Set(COUNTED.filter((counted) => levels.some(({ limit }) => limit[counted] !== undefined)))
  const key = sliceKey(runId, stepId)
  let current: Slice | undefined

  async function load(): Promise<Slice> {
    current ??= sliceOf(await records.get(key))
    return current
  }

  /** @returns undefined: the slice is not as it was, look again; a number: which level has refused. */
  async function write(
    before: Slice,
    next: Slice,
    moved: ReturnType<typeof drawFrom>[],
  ): Promise<true | number | undefined> {
    const outcome = await send([writeSlice(key, before, next), ...moved], options)
    if (outcome.ok || (outcome.failed === 0 && isSame(sliceOf(outcome.item), next))) {
      current = next
      return true
    }
    if (outcome.failed > 0) return outcome.failed - 1
    current = sliceOf(outcome.item)
    return undefined
  }

  async function readLevels(): Promise<readonly LevelState[]> {
    return Promise.all(levels.map(async (level) => openLevel(level, await readLevel(level, options))))
  }

  async function reserve(turn: number, most: Amount, spent: Amount, keep?: Amount): Promise<Reserved> {
    const wanted = unitsOf(most)
    const needed = keep === undefined ? wanted : plus(wanted, unitsOf(keep))
    for (let round = 1; round <= ROUNDS; round += 1) {
      const before = await load()
      const settled = settle(before, unitsOf(spent), writer)
      const missing = missingFor(settled, needed, limited)
      if (isNothing(missing)) {
        crashPoint('budget.reserve.before')
        const written = await write(before, reserveIn(settled, turn, wanted), [])
        crashPoint('budget.reserve.after')
        if (written === true) return { granted: true, toolCalls: wanted.toolCalls }
        continue
      }
      const states = await readLevels()
      const lacking = lackOf(missing, settled, levels, states)
      if (lacking !== undefined) return lacking
      const drawn = drawOf(missing, wanted, states, round > 2)
      const next = { ...settled, open: plus(settled.open, drawn) }
      const toolCalls = limited.has('toolCalls')
        ? Math.min(wanted.toolCalls, Math.max(0, freeIn(next).toolCalls))
        : wanted.toolCalls
      crashPoint('budget.draw.before')
      const moves = isNothing(drawn) ? [] : levels.map((level) => drawFrom(level, drawn))
      const written = await write(before, reserveIn(next, turn, { ...wanted, toolCalls }), moves)
      crashPoint('budget.draw.after')
      if (written === true) return { granted: true, toolCalls }
    }
    throw new RecordsUnavailable({
      message: `the budgets above step ${stepId} of run ${runId} changed ${ROUNDS} times while it drew from them`,
      next: 'It is tried again.',
    })
  }

  return {
    limited,
    reserve,
    async callsOf(turn, count, spent) {
      if (!limited.has('toolCalls')) return count
      const slice = await load()
      if (slice.turn === turn && slice.writer === writer) return slice.reserved.toolCalls
      const reserved = await reserve(turn, { ...amountOf(NO_UNITS), toolCalls: count }, spent)
      return reserved.granted ? reserved.toolCalls : 0
    },
    async close(spent) {
      const used = unitsOf(spent)
      let isMine = current?.writer === writer
      for (let round = 1; round <= ROUNDS; round += 1) {
        const before = await load()
        // Another invocation of the step goes on with the slice.
        if (isMine && before.writer !== writer) return
        isMine = before.writer === writer
        if (await giveBack({ before, spent: used, writer, levels, key }, options)) return
        current = undefined
      }
    },
  }
}

interface GiveBack {
  readonly before: Slice
  readonly spent: Units
  readonly writer: string
  readonly levels: readonly Level[]
  readonly key: ReturnType<typeof sliceKey>
  /** On the run's level. */
  readonly condition?: Parameters<typeof giveBackTo>[2]
}

/**
 * Tells the levels what of a slice was used and puts back the rest.
 * @returns false: it has changed meanwhile, look again.
 */
export async function giveBack(
  { before, spent, writer, levels, key, condition }: GiveBack,
  sending: Sending,
): Promise<boolean> {
  const settled = settle(before, spent, writer)
  if (isEmpty(settled)) return true
  const next = emptied(settled)
  crashPoint('budget.close.before')
  const moves = levels.map((level, index) => giveBackTo(level, settled, index === 0 ? condition : undefined))
  const outcome = await send([writeSlice(key, before, next), ...moves], sending)
  crashPoint('budget.close.after')
  if (outcome.ok || (outcome.failed === 0 && isSame(sliceOf(outcome.item), next))) return true
  const level = levels[outcome.failed - 1]
  if (level !== undefined) await readLevel(level, sending)
  return false
}

/** A workflow's level begins with the first step that looks at it; the run's began with the run. */
export async function readLevel(level: Level, sending: Sending): Promise<LevelState> {
  const stored = await sending.records.get(level.key)
  const isRun = level.key.sort === 'RUN'
  if (stored === undefined && isRun) throw damaged(level)
  if (stored === undefined) {
    await send([{ kind: 'put', item: newLevelItem(level), condition: { kind: 'absent' } }], sending)
    return readLevel(level, sending)
  }
  return levelState(stored)
}

/** @throws Conflict */
function openLevel(level: Level, state: LevelState): LevelState {
  if (!state.closed) return state
  throw new Conflict({
    message: `${level.key.partition} is closed: the run's execution is over, so that no step of it may spend any more`,
    next: 'Go on with the run: baton resume',
  })
}

/** Tool calls apart: without any, an answer is still an answer. */
function lackOf(
  missing: Units,
  slice: Slice,
  levels: readonly Level[],
  states: readonly LevelState[],
): Refusal | undefined {
  const free = freeIn(slice)
  for (const [index, { left, limit }] of states.entries()) {
    for (const counted of COUNTED) {
      const there = left[counted]
      if (counted === 'toolCalls' || there === undefined || missing[counted] <= Math.max(0, there)) continue
      return {
        granted: false,
        counted,
        level: levels[index]?.name ?? '',
        left: shownOf(counted, Math.max(0, there) + Math.max(0, free[counted])),
        limit: shownOf(counted, limit[counted] ?? 0),
      }
    }
  }
  return undefined
}

/** What is missing, or more where there is plenty. */
function drawOf(missing: Units, wanted: Units, states: readonly LevelState[], exactly: boolean): Units {
  return each((counted) => {
    if (missing[counted] === 0) return NO_UNITS[counted]
    const there = states.map(({ left }) => left[counted] ?? Number.POSITIVE_INFINITY)
    const least = Math.max(0, Math.min(...there))
    const ahead = exactly ? 0 : Math.min(wanted[counted] * TURNS_AHEAD, Math.floor(least / SHARES))
    const drawn = Math.max(missing[counted], ahead)
    return counted === 'toolCalls' ? Math.min(drawn, least) : drawn
  })
}

function damaged({ key }: Level): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `the run has a budget, but there is no item ${key.partition} ${key.sort}`,
    next: 'Restore the data folder from a copy, or start a new run.',
  })
}
