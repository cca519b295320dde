/**
 * Forgetting: first a mark, from which on no reader finds the facts, then their rows are erased one after the other.
 * Whoever dies in between asks again: what is left is erased then.
 */

import type * as z from 'zod'
import { crashPoint } from '../crash-point.ts'
import type { Write } from '../records/records.ts'
import type { ForgetTarget, Forgetter } from '../schema/memory.ts'
import { sendAgain } from '../tools/send-again.ts'
import { appendRow, type MemoryStores } from './append-row.ts'
import { isOf, type Mark, type MemoryFold } from './fold.ts'
import { numberOf, ROWS, readRow, rowItem, rowKey } from './memory-item.ts'
import { PAGE_ROWS, readFold } from './read-fold.ts'

export interface ForgetOrder {
  readonly by: z.input<typeof Forgetter>
  readonly reason: string
  /** Whether the source may be remembered again. @default false; a subject always may */
  readonly allow?: boolean
}

/** Rows of one transaction: with a fact of 4,000 characters each, far below what one may hold. */
const BATCH = 25

/** @throws RecordsUnavailable, RecordsCorrupt */
export async function forget(
  partition: string,
  target: ForgetTarget,
  { by, reason, allow = 'subject' in target }: ForgetOrder & { readonly by: Forgetter },
  stores: MemoryStores,
): Promise<{ forgotten: number }> {
  const mark = await appendRow<Mark | undefined>(stores, partition, 'memory.forget', (fold, at) => {
    const stands = fold.mark(target)
    if (isSettled(fold, target, stands, allow)) return { done: stands }
    return { row: { kind: 'mark', ...target, allow, forgotten: { by, reason, at } } }
  })
  if (mark === undefined) return { forgotten: 0 }
  const fold = await readFold(stores.records, partition, stores.folds)
  await erase(partition, target, fold, stores)
  return { forgotten: fold.forgottenBy(mark.number) }
}

function isSettled(fold: MemoryFold, target: ForgetTarget, mark: Mark | undefined, allow: boolean): boolean {
  if (fold.standingOf(target).length > 0) return false
  if (mark === undefined) return 'subject' in target
  return mark.allow === allow
}

/** All rows of the target that the fold has dropped: those that an earlier forgetting left behind, too. */
async function erase(partition: string, target: ForgetTarget, fold: MemoryFold, { records, clock }: MemoryStores) {
  const upTo = fold.last
  for (let last = 0; last < upTo; ) {
    const after = last === 0 ? {} : { after: rowKey(partition, last).sort }
    const { items } = await records.query(partition, { ...ROWS, ...after, limit: Math.min(PAGE_ROWS, upTo - last) })
    const writes = items.flatMap((item): Write[] => {
      const row = readRow(item)
      const gone = fold.gone(numberOf(item))
      if (row.kind !== 'fact' || gone === undefined || !isOf(row, target)) return []
      const { tombstone, mark } = gone
      const left = rowItem(partition, numberOf(item), { kind: 'tombstone', ...tombstone, writeId: row.writeId, mark })
      return [{ kind: 'put', item: left, condition: { kind: 'exists' } }]
    })
    for (let from = 0; from < writes.length; from += BATCH) {
      crashPoint('memory.forget.before')
      await sendAgain(clock, () => records.transact(writes.slice(from, from + BATCH)))
      crashPoint('memory.forget.after')
    }
    const lastItem = items.at(-1)
    if (lastItem === undefined) return
    last = numberOf(lastItem)
  }
}
