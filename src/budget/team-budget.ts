/**
 * What all runs of a team may cost in a day or a month: each run sets its own dollars aside there when it starts,
 * and gives back what it did not spend when it ends. Only whoever starts, ends and raises runs touches it; agents
 * have no right to.
 */
import { Conflict } from '../errors.ts'
import type { Condition, Item, Key, Write } from '../records/records.ts'
import type { TeamBudget } from '../schema/budget.ts'
import { nanoOf, usdOf } from './units.ts'

export interface TeamPlace {
  readonly team: string
  readonly budget: TeamBudget
  /** e.g. `2026-11-23`, `2026-11`: that of the run's start, or of its last resume. */
  readonly period: string
}

/** In UTC. */
export function periodOf({ per }: TeamBudget, now: Date): string {
  return now.toISOString().slice(0, per === 'day' ? 'yyyy-mm-dd'.length : 'yyyy-mm'.length)
}

export function teamKey({ team, period }: Pick<TeamPlace, 'team' | 'period'>): Key {
  return { partition: `BUDGET#${team}`, sort: period }
}

/** Sets dollars aside, if the team has them left. Its limit is the one declared now. @param nano More than 0. */
export function takeFromTeam(place: TeamPlace, nano: number): Write {
  const limit = nanoOf(place.budget.costUsd)
  const fits: Condition = { kind: 'less', attribute: 'taken', than: limit - nano + 1 }
  const condition: Condition = nano > limit ? fits : { kind: 'or', conditions: [{ kind: 'absent' }, fits] }
  return { kind: 'update', key: teamKey(place), condition, set: { limit }, add: { taken: nano, spent: 0 } }
}

/** Of what was set aside, so much was spent, and the rest is free again. */
export function settleWithTeam(place: Pick<TeamPlace, 'team' | 'period'>, heldNano: number, spentNano: number): Write {
  const add = { taken: spentNano - heldNano, spent: spentNano }
  return { kind: 'update', key: teamKey(place), condition: { kind: 'exists' }, add }
}

export function refusedByTeam(place: TeamPlace, nano: number, stored: Item | undefined): Conflict {
  const left = nanoOf(place.budget.costUsd) - teamState(stored).taken
  return new Conflict({
    message: `Team ${place.team} may spend $${place.budget.costUsd} a ${place.budget.per}; $${usdOf(Math.max(0, left))} of it are left for ${place.period}, and this run may cost $${usdOf(nano)}`,
    next: 'Give the run a smaller budget (baton run --budget USD), wait for the next period, or raise the budget of the team.',
  })
}

export function teamState(stored: Item | undefined): { readonly taken: number; readonly spent: number } {
  const number = (name: string) => {
    const value = stored?.attributes[name]
    return typeof value === 'number' ? value : 0
  }
  return { taken: number('taken'), spent: number('spent') }
}
