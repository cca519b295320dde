/**
 * One level of a run's budgets, as an item: what is limited, left, spent and lost there. It never lists who has
 * drawn, so that it does not grow with the steps. Reads and writes nothing itself.
 */
import type { Condition, Item, Key, Write } from '../records/records.ts'
import type { Counted, RunBudget } from '../schema/budget.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { COUNTED, each, type LimitUnits, limitUnitsOf, type Units } from './units.ts'

export interface Level {
  readonly key: Key
  /** For people: `run`, or `workflow assess/`. */
  readonly name: string
  /** As it was at the start: the item says what it is by now. */
  readonly limit: LimitUnits
}

/** How a level stands. */
export interface LevelState {
  readonly limit: LimitUnits
  readonly left: LimitUnits
  readonly spent: Units
  readonly lost: Units
  /** Of the run's own level: nothing is drawn any more, as the execution is over. */
  readonly closed: boolean
  /** Of the run's own level: which execution may draw. */
  readonly execution: number
  /** Of the run's own level: what is set aside for it in the team's budget of that period, nano-dollars. */
  readonly held: number
  readonly period: string | undefined
  /** Of what was spent, what the team's budget knows of, nano-dollars. */
  readonly charged: number
}

const LETTERS: Readonly<Record<Counted, string>> = {
  costUsd: 'Cost',
  tokens: 'Tokens',
  turns: 'Turns',
  toolCalls: 'Calls',
}

export function attribute(what: 'limit' | 'left' | 'spent' | 'lost', counted: Counted): string {
  return `${what}${LETTERS[counted]}`
}

export function budgetPartition(runId: RunId): string {
  return `RUN#${runId}#BUDGET`
}

export function runLevel(runId: RunId, { run = {} }: RunBudget): Level {
  return { key: { partition: budgetPartition(runId), sort: 'RUN' }, name: 'run', limit: limitUnitsOf(run) }
}

export function pathLevel(runId: RunId, path: string, limit: LimitUnits): Level {
  return { key: { partition: budgetPartition(runId), sort: `PATH#${path}` }, name: `workflow ${path}`, limit }
}

/** Every level above a step, the run first. */
export function levelsAbove(runId: RunId, stepId: string, budget: RunBudget): readonly Level[] {
  const levels: Level[] = [runLevel(runId, budget)]
  const parts = stepId.split('/')
  for (let count = 1; count < parts.length; count += 1) {
    const path = `${parts.slice(0, count).join('/')}/`
    const limits = budget.workflows?.[anyIndex(path)]
    if (limits !== undefined) levels.push(pathLevel(runId, path, limitUnitsOf(limits)))
  }
  return levels
}

/** With `*` in place of each index and round. */
export function anyIndex(path: string): string {
  return path.replaceAll(/([:=])\d+(?=\/)/g, '$1*')
}

export function newLevelItem({ key, limit }: Level, more: JsonObject = {}): Item {
  const attributes: Record<string, Json> = { ...more }
  for (const counted of COUNTED) {
    const units = limit[counted]
    attributes[attribute('spent', counted)] = 0
    attributes[attribute('lost', counted)] = 0
    if (units === undefined) continue
    attributes[attribute('limit', counted)] = units
    attributes[attribute('left', counted)] = units
  }
  return { ...key, attributes }
}

export function levelState({ attributes }: Item): LevelState {
  const number = (name: string) => {
    const value = attributes[name]
    return typeof value === 'number' ? value : undefined
  }
  const some = (what: 'limit' | 'left'): LimitUnits =>
    Object.fromEntries(
      COUNTED.flatMap((counted) => {
        const units = number(attribute(what, counted))
        return units === undefined ? [] : [[counted, units]]
      }),
    )
  const period = attributes['period']
  return {
    limit: some('limit'),
    left: some('left'),
    spent: each((counted) => number(attribute('spent', counted)) ?? 0),
    lost: each((counted) => number(attribute('lost', counted)) ?? 0),
    closed: attributes['closed'] === true,
    execution: number('execution') ?? 1,
    held: number('held') ?? 0,
    period: typeof period === 'string' ? period : undefined,
    charged: number('charged') ?? 0,
  }
}

/** Takes an amount out of what is left, if that much is left of each that the level limits. */
export function drawFrom({ key, limit }: Level, units: Units): Write {
  const limited = COUNTED.filter((counted) => limit[counted] !== undefined && units[counted] > 0)
  const enough = limited.map((counted): Condition => {
    return { kind: 'atLeast', attribute: attribute('left', counted), value: units[counted] }
  })
  const isOpen: Condition = { kind: 'notEquals', attribute: 'closed', value: true }
  const add = Object.fromEntries(limited.map((counted) => [attribute('left', counted), -units[counted]]))
  const condition: Condition = { kind: 'and', conditions: [{ kind: 'exists' }, isOpen, ...enough] }
  return limited.length === 0 ? { kind: 'check', key, condition } : { kind: 'update', key, condition, add }
}

/** Tells what of a slice was used, and puts back the rest. */
export function giveBackTo(
  { key, limit }: Level,
  { open, used, lost }: { readonly open: Units; readonly used: Units; readonly lost: Units },
  condition: Condition = { kind: 'exists' },
): Write {
  const add: Record<string, number> = {}
  for (const counted of COUNTED) {
    const back = open[counted] - used[counted]
    if (used[counted] !== 0) add[attribute('spent', counted)] = used[counted]
    if (lost[counted] !== 0) add[attribute('lost', counted)] = lost[counted]
    if (limit[counted] !== undefined && back !== 0) add[attribute('left', counted)] = back
  }
  return Object.keys(add).length === 0 ? { kind: 'check', key, condition } : { kind: 'update', key, condition, add }
}

/** Of what is limited: what steps hold of it. */
export function handedOut({ limit, spent, left }: Pick<LevelState, 'limit' | 'spent' | 'left'>): Units {
  return each((counted) => {
    const [most, rest] = [limit[counted], left[counted]]
    return most === undefined || rest === undefined ? 0 : most - rest - spent[counted]
  })
}
