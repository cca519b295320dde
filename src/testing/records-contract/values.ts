/** Values and keys come back as they went in. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import type { Item, Records } from '../../records/records.ts'
import type { Json } from '../../schema/json.ts'
import type { RecordsCase } from '../records-contract.ts'

/** Deeper than DynamoDB nests by itself. */
const DEPTH = 200

const VALUES: Readonly<Record<string, Json>> = {
  emptyText: '',
  text: 'äöü € 🜁 \u0000 \u2028 "\\ \\ud800',
  zero: 0,
  negative: -12.5,
  precise: 0.1 + 0.2,
  large: 2 ** 53 + 2,
  huge: 1e125,
  tiny: 1e-129,
  yes: true,
  no: false,
  nothing: null,
  emptyList: [],
  emptyObject: {},
  nested: { 'ключ 🜁': [null, 1e300, '', { '': 5e-324 }] },
  deep: Array.from({ length: DEPTH }).reduce<Json>((inner) => [inner], 'bottom'),
}

export const VALUE_CASES: readonly RecordsCase[] = [
  {
    name: 'any JSON comes back as it went in, at the top and nested',
    async run(records, partition) {
      const item: Item = { partition, sort: 'x', attributes: { ...VALUES, all: VALUES } }
      await put(records, item)
      deepStrictEqual(await records.get(item), item)
    },
  },
  {
    name: 'keys and attribute names may be any Unicode',
    async run(records, partition) {
      const key = { partition: `${partition}🜁 é "'%_`, sort: 'ß\u2028#\u{10ffff}' }
      const item: Item = { ...key, attributes: { 'na me#:.🜁': 1, size: 2, ':v0': 3 }, index: { ...key, sort: 'ü' } }
      await put(records, item)
      deepStrictEqual(await records.get(key), item)
      deepStrictEqual((await records.query(key.partition)).items, [item])
      deepStrictEqual((await records.queryIndex(key.partition)).items, [item])
    },
  },
  {
    name: 'halves of surrogate pairs become U+FFFD',
    async run(records, partition) {
      const attributes = { text: 'a\ud83d', nested: { list: ['\udc00b'] } }
      await put(records, { partition, sort: 'x', attributes })
      const stored = await records.get({ partition, sort: 'x' })
      deepStrictEqual(stored?.attributes, { text: 'a\ufffd', nested: { list: ['\ufffdb'] } })
    },
  },
  {
    name: 'an item of almost 400 KB is kept whole',
    async run(records, partition) {
      const item: Item = { partition, sort: 'x', attributes: { body: { text: 'x'.repeat(399 * 1024) } } }
      strictEqual((await put(records, item)).ok, true)
      deepStrictEqual(await records.get(item), item)
    },
  },
]

function put(records: Records, item: Item) {
  return records.write({ kind: 'put', item, condition: { kind: 'absent' } })
}
