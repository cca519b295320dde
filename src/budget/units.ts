/** Amounts as whole numbers, so that sums are exact in any order: dollars are nano-dollars here. Pure. */
import type { Amount, BudgetLimits, Counted } from '../schema/budget.ts'

/** Whole nano-dollars, tokens, turns and tool calls. */
export type Units = Readonly<Record<Counted, number>>
/** Of what is limited. */
export type LimitUnits = Partial<Units>

export const COUNTED: readonly Counted[] = ['costUsd', 'tokens', 'turns', 'toolCalls']
export const NO_UNITS: Units = { costUsd: 0, tokens: 0, turns: 0, toolCalls: 0 }

const NANO = 1_000_000_000

/** Rounded up to the next nano-dollar, but for the noise of floating point. */
export function nanoOf(costUsd: number): number {
  return Math.ceil(Number((costUsd * NANO).toFixed(3)))
}

export function usdOf(nano: number): number {
  return nano / NANO
}

export function unitsOf({ costUsd, tokens, turns, toolCalls }: Amount): Units {
  return { costUsd: nanoOf(costUsd), tokens, turns, toolCalls }
}

export function amountOf({ costUsd, tokens, turns, toolCalls }: Units): Amount {
  return { costUsd: usdOf(costUsd), tokens, turns, toolCalls }
}

/** In the measure that people read. */
export function shownOf(counted: Counted, units: number): number {
  return counted === 'costUsd' ? usdOf(units) : units
}

export function limitUnitsOf({ costUsd, ...counts }: BudgetLimits): LimitUnits {
  return withoutUndefined({ ...counts, costUsd: costUsd === undefined ? undefined : nanoOf(costUsd) })
}

export function limitsOf({ costUsd, ...counts }: LimitUnits): BudgetLimits {
  return withoutUndefined({ costUsd: costUsd === undefined ? undefined : usdOf(costUsd), ...counts })
}

export function plus(a: Units, b: Units): Units {
  return each((counted) => a[counted] + b[counted])
}

export function minus(a: Units, b: Units): Units {
  return each((counted) => a[counted] - b[counted])
}

/** Nothing below 0. */
export function positive(a: Units): Units {
  return each((counted) => Math.max(0, a[counted]))
}

export function each(of: (counted: Counted) => number): Units {
  return { costUsd: of('costUsd'), tokens: of('tokens'), turns: of('turns'), toolCalls: of('toolCalls') }
}

/** Only what is limited. */
export function within(limited: ReadonlySet<Counted>, a: Units): Units {
  return each((counted) => (limited.has(counted) ? a[counted] : 0))
}

export function isNothing(a: Units): boolean {
  return COUNTED.every((counted) => a[counted] === 0)
}

function withoutUndefined<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}
