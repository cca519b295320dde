/** Transactions: all or nothing, the first refusal named. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import type { Item, Write } from '../../records/records.ts'
import type { RecordsCase } from '../records-contract.ts'

const ABSENT = { kind: 'absent' } as const
const EXISTS = { kind: 'exists' } as const

export const TRANSACTION_CASES: readonly RecordsCase[] = [
  {
    name: 'a transaction puts, updates, checks and deletes together',
    async run(records, partition) {
      const [old, gone, seen] = ['old', 'gone', 'seen'].map((sort) => ({ partition, sort, attributes: { n: 1 } }))
      if (old === undefined || gone === undefined || seen === undefined) throw new Error('three items were made')
      for (const item of [old, gone, seen]) await records.write({ kind: 'put', item, condition: ABSENT })
      const fresh: Item = { partition: `${partition}-other`, sort: 'fresh', attributes: { n: 9 } }
      const outcome = await records.transact([
        { kind: 'put', item: fresh, condition: ABSENT },
        { kind: 'update', key: old, condition: EXISTS, add: { n: 4 } },
        { kind: 'check', key: seen, condition: { kind: 'equals', attribute: 'n', value: 1 } },
        { kind: 'delete', key: gone, condition: EXISTS },
      ])
      strictEqual(outcome.ok, true)
      deepStrictEqual(await records.get(fresh), fresh)
      deepStrictEqual((await records.query(partition)).items, [{ ...old, attributes: { n: 5 } }, seen])
    },
  },
  {
    name: 'one refusal undoes all, and the outcome says which and what is stored there',
    async run(records, partition) {
      const stored: Item = { partition, sort: '2', attributes: { n: 1, nested: { a: 1 } } }
      await records.write({ kind: 'put', item: stored, condition: ABSENT })
      const writes = ['0', '1', '2', '3'].map((sort): Write => {
        return { kind: 'put', item: { partition, sort, attributes: {} }, condition: ABSENT }
      })
      deepStrictEqual(await records.transact(writes), { ok: false, failed: 2, item: stored })
      deepStrictEqual((await records.query(partition)).items, [stored])
      const check: Write = { kind: 'check', key: { partition, sort: 'none' }, condition: EXISTS }
      deepStrictEqual(await records.transact([check]), { ok: false, failed: 0, item: undefined })
    },
  },
  {
    name: 'the same transaction asked for twice happens twice',
    async run(records, partition) {
      const write: Write = {
        kind: 'update',
        key: { partition, sort: 'x' },
        condition: { kind: 'and', conditions: [] },
        add: { n: 1 },
      }
      await records.transact([write])
      await records.transact([write])
      deepStrictEqual((await records.get({ partition, sort: 'x' }))?.attributes, { n: 2 })
    },
  },
  {
    name: 'a transaction may have 100 writes',
    async run(records, partition) {
      const writes = Array.from({ length: 100 }, (_, i): Write => {
        return {
          kind: 'put',
          item: { partition, sort: String(i).padStart(3, '0'), attributes: { i } },
          condition: ABSENT,
        }
      })
      strictEqual((await records.transact(writes)).ok, true)
      strictEqual((await records.query(partition)).items.length, 100)
    },
  },
]
