/** Queries: order, prefix, cursors, limits, and an index that holds only what asked to be in it. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { Item, Page, QueryOptions, Records } from '../../records/records.ts'
import type { RecordsCase } from '../records-contract.ts'

/** In the order of their UTF-8 bytes, which is not that of UTF-16: U+FFFD sorts before U+1F701. */
const SORTS = ['A', 'a', 'a#1', 'a#10', 'a#2', 'a\u00ff', 'b', 'é', '\ufffd', '\u{1f701}']

export const QUERY_CASES: readonly RecordsCase[] = [
  {
    name: 'a partition comes in byte order of its sort keys, either way',
    async run(records, partition) {
      await fill(records, partition, SORTS)
      await fill(records, `${partition}0`, ['other'])
      deepStrictEqual(sorts(await records.query(partition)), SORTS)
      deepStrictEqual(sorts(await records.query(partition, { reverse: true })), SORTS.toReversed())
      deepStrictEqual(await records.query(`${partition}-nothing`), { items: [] })
    },
  },
  {
    name: 'prefix, after and reverse mean the same together as one by one',
    async run(records, partition) {
      await fill(records, partition, SORTS)
      for (const prefix of ['', 'a', 'a#', 'b', 'z', '\u{1f701}']) {
        for (const after of [undefined, 'A', 'a', 'a#1', 'a#11', 'b', 'c', '\u{1f701}']) {
          for (const reverse of [false, true]) {
            const options = { prefix, reverse, ...(after === undefined ? {} : { after }) }
            deepStrictEqual(sorts(await records.query(partition, options)), meant(options), JSON.stringify(options))
          }
        }
      }
    },
  },
  {
    name: 'pages of any size join to the whole, and only the last has no cursor',
    async run(records, partition) {
      await fill(records, partition, SORTS)
      for (const limit of [1, 3, 9, 10, 11]) {
        for (const reverse of [false, true]) {
          const pages = await allPages((after) => records.query(partition, { limit, reverse, ...after }))
          deepStrictEqual(pages.flatMap(sorts), reverse ? SORTS.toReversed() : SORTS)
          ok(pages.every(({ items }) => items.length <= limit))
          strictEqual(pages.length, Math.ceil(SORTS.length / limit))
        }
      }
    },
  },
  {
    name: 'a query goes on past the size of one page of the store',
    async run(records, partition) {
      const items = Array.from({ length: 8 }, (_, i) => ({
        partition,
        sort: `${i}`,
        attributes: { text: 'x'.repeat(300_000) },
      }))
      for (const item of items) await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
      deepStrictEqual(sorts(await records.query(partition)), ['0', '1', '2', '3', '4', '5', '6', '7'])
    },
  },
  {
    name: 'the index lists the items that have an entry, by its sort key, and no others',
    async run(records, partition) {
      const index = `${partition}-index`
      await fill(records, partition, ['outside'])
      for (const [i, sort] of SORTS.entries()) {
        const item: Item = {
          partition: `${partition}-${i}`,
          sort: 'x',
          attributes: { i },
          index: { partition: index, sort },
        }
        await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
      }
      deepStrictEqual(indexSorts(await records.queryIndex(index)), SORTS)
      deepStrictEqual(indexSorts(await records.queryIndex(index, { prefix: 'a#', reverse: true })), [
        'a#2',
        'a#10',
        'a#1',
      ])
      deepStrictEqual(indexSorts(await records.queryIndex(index, { after: 'b' })), SORTS.slice(7))
      const update = {
        kind: 'update',
        key: { partition: `${partition}-0`, sort: 'x' },
        condition: { kind: 'exists' },
      } as const
      await records.write({ ...update, set: { i: 'changed' } })
      strictEqual((await records.queryIndex(index, { limit: 1 })).items[0]?.attributes['i'], 'changed')
    },
  },
  {
    name: 'items with the same index sort key are paged without loss',
    async run(records, partition) {
      const index = { partition: `${partition}-index`, sort: 'same' }
      for (let i = 0; i < 7; i++) {
        const item: Item = { partition, sort: `${i}`, attributes: {}, index }
        await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
      }
      for (const reverse of [false, true]) {
        const pages = await allPages((after) => records.queryIndex(index.partition, { limit: 2, reverse, ...after }))
        deepStrictEqual(pages.flatMap(sorts).toSorted(), ['0', '1', '2', '3', '4', '5', '6'])
      }
    },
  },
  {
    name: 'a put without an index entry takes the item out of the index',
    async run(records, partition) {
      const index = { partition: `${partition}-index`, sort: 'x' }
      const item: Item = { partition, sort: 'x', attributes: {} }
      await records.write({ kind: 'put', item: { ...item, index }, condition: { kind: 'absent' } })
      await records.write({ kind: 'put', item, condition: { kind: 'exists' } })
      deepStrictEqual((await records.queryIndex(index.partition)).items, [])
    },
  },
]

function meant({ prefix, after, reverse }: { prefix: string; after?: string; reverse: boolean }): string[] {
  const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const found = SORTS.filter((sort) => {
    const beyond = after === undefined || (reverse ? order(sort, after) < 0 : order(sort, after) > 0)
    return sort.startsWith(prefix) && beyond
  })
  return reverse ? found.toReversed() : found
}

async function allPages(read: (after: Pick<QueryOptions, 'after'>) => Promise<Page>): Promise<Page[]> {
  const pages = [await read({})]
  for (let next = pages[0]?.next; next !== undefined && pages.length < 100; next = pages.at(-1)?.next) {
    pages.push(await read({ after: next }))
  }
  return pages
}

async function fill(records: Records, partition: string, sortKeys: readonly string[]): Promise<void> {
  for (const sort of sortKeys.toReversed()) {
    const item = { partition, sort, attributes: { of: sort } }
    await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
  }
}

const sorts = (page: Page) => page.items.map(({ sort }) => sort)
const indexSorts = (page: Page) => page.items.map(({ index }) => index?.sort)
