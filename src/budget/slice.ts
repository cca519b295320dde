/**
 * A step's slice of the budgets above it: what it was handed, used and set aside, as an item of its own. Pure: each
 * function gives the next slice; writing it, and moving amounts between it and the levels, is left to others.
 */
import type { Condition, Item, Key, Write } from '../records/records.ts'
import type { Counted } from '../schema/budget.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { each, isNothing, minus, NO_UNITS, plus, positive, type Units, within } from './units.ts'

export interface Slice {
  /** +1 with each write. 0: there is none yet. */
  readonly version: number
  /** Who wrote it last: an invocation of the step. */
  readonly writer: string
  /** Handed out by every level and not given back: what is used of it is not told to the levels before that. */
  readonly open: Units
  /** Of `open`. */
  readonly used: Units
  /** Of `open`: for the answer of `turn`, which is under way. */
  readonly reserved: Units
  /** 0: none is under way. */
  readonly turn: number
  /** Of what the step has spent by its journal, what is in `used` or was told to the levels. */
  readonly settled: Units
  /** Charged in place of what nobody knows: in `used`, and not yet told to the levels as lost. */
  readonly lost: Units
  /** The same, over all times. */
  readonly everLost: Units
}

export const NO_SLICE: Slice = {
  version: 0,
  writer: '',
  open: NO_UNITS,
  used: NO_UNITS,
  reserved: NO_UNITS,
  turn: 0,
  settled: NO_UNITS,
  lost: NO_UNITS,
  everLost: NO_UNITS,
}

export function sliceKey(runId: RunId, stepId: StepId): Key {
  return { partition: `RUN#${runId}#STEP#${stepId}`, sort: 'BUDGET' }
}

export function sliceOf(item: Item | undefined): Slice {
  if (item === undefined) return NO_SLICE
  const { attributes } = item
  const units = (name: string): Units => {
    const value = attributes[name]
    return each((counted) => (isJsonObject(value) ? numberOf(value[counted]) : 0))
  }
  return {
    version: numberOf(attributes['version']),
    writer: String(attributes['writer'] ?? ''),
    open: units('open'),
    used: units('used'),
    reserved: units('reserved'),
    turn: numberOf(attributes['turn']),
    settled: units('settled'),
    lost: units('lost'),
    everLost: units('everLost'),
  }
}

/** Puts `next` where `before` is. */
export function writeSlice(key: Key, before: Slice, next: Slice): Write {
  const condition: Condition =
    before.version === 0 ? { kind: 'absent' } : { kind: 'equals', attribute: 'version', value: before.version }
  return {
    kind: 'put',
    item: { ...key, attributes: { ...next } as unknown as Readonly<Record<string, Json>> },
    condition,
  }
}

/** By another write of the same writer it is the same slice: the reply to an earlier send was lost. */
export function isSame(stored: Slice, sent: Slice): boolean {
  return stored.version === sent.version && stored.writer === sent.writer
}

/**
 * What the journal tells by now becomes `used`. What was set aside for an answer that it does not tell is charged where
 * somebody else had set it aside, as their process may have died after the model had answered; one's own is free again.
 */
export function settle(slice: Slice, spent: Units, writer: string): Slice {
  const isUnknown = slice.turn > spent.turns && slice.writer !== writer
  const lost = isUnknown ? slice.reserved : NO_UNITS
  return {
    ...slice,
    version: slice.version + 1,
    writer,
    used: plus(plus(slice.used, positive(minus(spent, slice.settled))), lost),
    settled: each((counted) => Math.max(spent[counted], slice.settled[counted])),
    reserved: NO_UNITS,
    turn: 0,
    lost: plus(slice.lost, lost),
    everLost: plus(slice.everLost, lost),
  }
}

/**
 * What can still be set aside without drawing. May be below 0 where an answer took more than it was to take at most.
 */
export function freeIn({ open, used, reserved }: Slice): Units {
  return minus(minus(open, used), reserved)
}

export function reserveIn(slice: Slice, turn: number, most: Units): Slice {
  return { ...slice, turn, reserved: most }
}

/** What is missing for `need`, of what is limited. */
export function missingFor(slice: Slice, need: Units, limited: ReadonlySet<Counted>): Units {
  return positive(within(limited, minus(need, freeIn(slice))))
}

/** With nothing handed out any more. */
export function emptied(slice: Slice): Slice {
  return { ...slice, open: NO_UNITS, used: NO_UNITS, lost: NO_UNITS }
}

/** Whether there is anything to tell or to give back to the levels. */
export function isEmpty({ open, used, lost, reserved }: Slice): boolean {
  return isNothing(open) && isNothing(used) && isNothing(lost) && isNothing(reserved)
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}
