/** A further row of a space: it and the head's step become durable together, or nothing does. */
import type { Clock } from '../clock.ts'
import { type CrashPoint, crashPoint } from '../crash-point.ts'
import { RecordsUnavailable } from '../errors.ts'
import type { Condition, Records } from '../records/records.ts'
import { sendAgain } from '../tools/send-again.ts'
import type { MemoryFold } from './fold.ts'
import { headKey, type Row, rowItem } from './memory-item.ts'
import { type MemoryFolds, readFold } from './read-fold.ts'

export interface MemoryStores {
  readonly records: Records
  readonly clock: Clock
  readonly folds: MemoryFolds
  /** From 0 to 1. */
  readonly random: () => number
}

/** Against other writers to the same space: each round, one of them gets its number. */
const ROUNDS = 60
/** Longest pause before a further round, ms: it grows with the rounds, as the crowd does. */
const PAUSE_MS = 250

/**
 * @param decide With all that was written: what there is to say already, or the row. Called again where another was first.
 * @throws RecordsUnavailable, RecordsCorrupt
 */
export async function appendRow<T>(
  { records, clock, folds, random }: MemoryStores,
  partition: string,
  point: 'memory.remember' | 'memory.forget',
  decide: (fold: MemoryFold, at: string) => { readonly done: T } | { readonly row: Row },
): Promise<T> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const fold = await readFold(records, partition, folds)
    const at = new Date(Math.max(clock.now().getTime(), Date.parse(fold.at) || 0)).toISOString()
    const decided = decide(fold, at)
    if ('done' in decided) return decided.done
    const number = fold.last + 1
    const stands: Condition =
      number === 1 ? { kind: 'absent' } : { kind: 'equals', attribute: 'last', value: number - 1 }
    crashPoint(`${point}.before` satisfies CrashPoint)
    const outcome = await sendAgain(clock, () =>
      records.transact([
        { kind: 'put', item: { ...headKey(partition), attributes: { last: number } }, condition: stands },
        { kind: 'put', item: rowItem(partition, number, decided.row), condition: { kind: 'absent' } },
      ]),
    )
    crashPoint(`${point}.after` satisfies CrashPoint)
    if (!outcome.ok) await clock.sleep(1 + Math.floor(random() * Math.min(PAUSE_MS, 10 * round)))
  }
  throw new RecordsUnavailable({
    message: `${partition} could not be written: too many others do so at once`,
    next: 'Try again.',
  })
}
