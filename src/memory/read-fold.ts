/** Reading on: the rows since the last reading, folded. */
import type { Records } from '../records/records.ts'
import { MemoryFold } from './fold.ts'
import { damaged, headKey, numberOf, ROWS, readHead, readRow, rowKey } from './memory-item.ts'

/** What was read, by partition. Kept across invocations by whoever gives it. */
export type MemoryFolds = Map<string, MemoryFold>

/** Spaces that are kept read: with 50,000 facts, one takes about 150 MB. */
const MOST_FOLDS = 8
/** Rows of one query. */
export const PAGE_ROWS = 500

/** As of a moment after the call. @throws RecordsUnavailable, RecordsCorrupt */
export async function readFold(records: Records, partition: string, folds: MemoryFolds): Promise<MemoryFold> {
  const fold = folds.get(partition) ?? new MemoryFold()
  // Anew at the end: the one that was read longest ago makes room.
  folds.delete(partition)
  folds.set(partition, fold)
  if (folds.size > MOST_FOLDS) folds.delete([...folds.keys()][0] ?? '')
  const reading = fold.turn.then(() => readOn(records, partition, fold))
  fold.turn = reading.catch(() => undefined)
  await reading
  return fold
}

/** Up to the row that the head tells: all of those are durable, so a page that is read while others write misses none. */
async function readOn(records: Records, partition: string, fold: MemoryFold): Promise<void> {
  const upTo = readHead(await records.get(headKey(partition)))
  while (fold.last < upTo) {
    const limit = Math.min(PAGE_ROWS, upTo - fold.last)
    const after = fold.last === 0 ? {} : { after: rowKey(partition, fold.last).sort }
    const { items } = await records.query(partition, { ...ROWS, ...after, limit })
    if (items.length === 0) throw damaged(rowKey(partition, fold.last + 1))
    for (const item of items) {
      if (numberOf(item) !== fold.last + 1) throw damaged(rowKey(partition, fold.last + 1))
      fold.apply(fold.last + 1, readRow(item))
    }
  }
}
