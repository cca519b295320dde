/** What every adapter refuses, with the same error, leaving nothing behind. */
import { deepStrictEqual, rejects } from 'node:assert/strict'
import type { Key, Records, Write } from '../../records/records.ts'
import type { JsonObject } from '../../schema/json.ts'
import type { RecordsCase } from '../records-contract.ts'

const ABSENT = { kind: 'absent' } as const

function put(key: Key, attributes: JsonObject = {}): Write {
  return { kind: 'put', item: { ...key, attributes }, condition: ABSENT }
}

const REFUSED: readonly (readonly [what: string, (partition: string) => readonly Write[]])[] = [
  ['an item over 400 KB', (partition) => [put({ partition, sort: 'x' }, { text: 'x'.repeat(400 * 1024) })]],
  ['an item over 400 KB in UTF-8 only', (partition) => [put({ partition, sort: 'x' }, { text: '€'.repeat(140_000) })]],
  ['an empty sort key', (partition) => [put({ partition, sort: '' })]],
  ['an empty partition key', () => [put({ partition: '', sort: 'x' })]],
  ['a sort key over 1,024 bytes', (partition) => [put({ partition, sort: 'ä'.repeat(513) })]],
  ['a key with NUL', (partition) => [put({ partition, sort: 'a\0b' })]],
  ['a key with half a surrogate pair', (partition) => [put({ partition, sort: '\ud800' })]],
  ['a number beyond 9.9e125', (partition) => [put({ partition, sort: 'x' }, { n: 1e130 })]],
  ['not-a-number', (partition) => [put({ partition, sort: 'x' }, { n: Number.NaN })]],
  ['the name of a key as an attribute', (partition) => [put({ partition, sort: 'x' }, { pk: 1 })]],
  [
    'an attribute set and removed at once',
    (partition) => [{ kind: 'update', key: { partition, sort: 'x' }, condition: ABSENT, set: { a: 1 }, remove: ['a'] }],
  ],
  ['101 writes', (partition) => Array.from({ length: 101 }, (_, i) => put({ partition, sort: `${i}` }))],
  ['no writes', () => []],
  ['one key twice', (partition) => [put({ partition, sort: 'x' }), put({ partition, sort: 'x' })]],
]

export const LIMIT_CASES: readonly RecordsCase[] = [
  ...REFUSED.map(([what, writes]) => ({
    name: `refuses ${what}`,
    async run(records: Records, partition: string) {
      const [first, ...others] = writes(partition)
      await rejects(records.transact(writes(partition)), { name: 'InvalidRequest' })
      if (first !== undefined && others.length === 0) await rejects(records.write(first), { name: 'InvalidRequest' })
      deepStrictEqual((await records.query(partition)).items, [])
    },
  })),
  {
    name: 'refuses to add to what is no number, and changes nothing',
    async run(records, partition) {
      const key = { partition, sort: 'x' }
      await records.write(put(key, { word: 'a', n: 1 }))
      const update: Write = { kind: 'update', key, condition: { kind: 'exists' }, add: { n: 1, word: 1 } }
      await rejects(records.write(update), { name: 'InvalidRequest' })
      await rejects(records.transact([update]), { name: 'InvalidRequest' })
      deepStrictEqual((await records.get(key))?.attributes, { word: 'a', n: 1 })
    },
  },
  {
    name: 'refuses a query for less than one item',
    async run(records, partition) {
      await rejects(records.query(partition, { limit: 0 }), { name: 'InvalidRequest' })
    },
  },
]
