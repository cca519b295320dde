/** The items in SQLite: statements, and what they mean together. Runs inside whoever's transaction; evaluates no limits. */
import type { DatabaseSync } from 'node:sqlite'
import { RecordsCorrupt } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { holds } from './condition.ts'
import { type ItemText, itemText } from './item-text.ts'
import { checkLimit, keyOf } from './limits.ts'
import type { IndexEntry, Item, Key, Page, QueryOptions, Write, WriteOutcome } from './records.ts'
import { sortRange } from './sort-range.ts'
import { namesTable, openNames } from './sqlite-names.ts'
import { updated } from './update.ts'

export const MIGRATIONS = [
  `${namesTable('partitions')}
   ${namesTable('shared')}
   CREATE TABLE items (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, sort TEXT NOT NULL, attributes TEXT NOT NULL,
     shared INTEGER, index_partition INTEGER, index_sort TEXT) STRICT;
   CREATE UNIQUE INDEX items_by_key ON items (partition, sort);
   CREATE INDEX items_by_index ON items (index_partition, index_sort) WHERE index_partition IS NOT NULL;`,
]

/** A write whose texts are made before the transaction begins. */
export interface PreparedWrite {
  readonly write: Write
  /** Of a put. */
  readonly text: ItemText | undefined
}

export function prepareWrite(write: Write): PreparedWrite {
  return { write, text: write.kind === 'put' ? itemText(write.item) : undefined }
}

export interface SqliteTable {
  find(key: Key): Item | undefined
  /** Refuses, as a value or by a throw, before it writes. */
  apply(writes: readonly PreparedWrite[]): WriteOutcome
  page(partition: string, options: QueryOptions): Page
  indexPage(partition: string, options: QueryOptions): Page
  /** After a rollback. */
  forget(): void
}

/** The order of the columns in every SELECT; `partition` only in those of the index. */
type Row = readonly [
  id: number,
  sort: string,
  attributes: string,
  shared: number | null,
  indexPartition: number | null,
  indexSort: string | null,
  partition?: number,
]
const COLUMNS = 'i.id, i.sort, i.attributes, i.shared, i.index_partition, i.index_sort'
/** SQLite sorts every text before every blob. */
const BEYOND_ALL_TEXT = new Uint8Array()
/** Values kept in memory, of 2 KB at most each. */
const SHARED_VALUES = 1000
const OK: WriteOutcome = { ok: true }
const EMPTY: Page = { items: [] }

export function openTable(database: DatabaseSync): SqliteTable {
  const partitions = openNames(database, 'partitions')
  const shared = openNames(database, 'shared')
  const insert = database.prepare(
    `INSERT INTO items (partition, sort, attributes, shared, index_partition, index_sort) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (partition, sort) DO NOTHING`,
  )
  const replace = database.prepare(
    'UPDATE items SET attributes = ?, shared = ?, index_partition = ?, index_sort = ? WHERE id = ?',
  )
  const remove = database.prepare('DELETE FROM items WHERE id = ?')
  const select = (rest: string) => {
    const statement = database.prepare(`SELECT ${COLUMNS} ${rest}`)
    statement.setReturnArrays(true)
    return {
      get: (...values: Value[]) => statement.get(...values) as unknown as Row | undefined,
      all: (...values: Value[]) => statement.all(...values) as unknown as Row[],
    }
  }
  const one = select('FROM items i WHERE i.partition = ? AND i.sort = ?')
  const range = (order: 'ASC' | 'DESC') =>
    select(`FROM items i WHERE i.partition = ? AND i.sort >= ? AND i.sort < ? ORDER BY i.sort ${order} LIMIT ?`)
  const ranges = { forward: range('ASC'), backward: range('DESC') }
  const indexRange = (order: 'ASC' | 'DESC', beyond: '>' | '<') =>
    select(`, i.partition FROM items i WHERE i.index_partition = ? AND i.index_sort >= ? AND i.index_sort < ?
       AND (i.index_sort <> ? OR i.id ${beyond} ?) ORDER BY i.index_sort ${order}, i.id ${order} LIMIT ?`)
  const indexRanges = { forward: indexRange('ASC', '>'), backward: indexRange('DESC', '<') }
  const sharedValues = new Map<number, JsonObject>()

  function stored({ partition, sort }: Key): Stored | undefined {
    const id = partitions.find(partition)
    const row = id === undefined ? undefined : one.get(id, sort)
    return row === undefined ? undefined : { id: row[0], item: itemOf(partition, row) }
  }

  function itemOf(partition: string, row: Row): Item {
    const [, sort, text, sharedId, indexPartition, indexSort] = row
    const own = parse(partition, sort, text)
    const attributes = sharedId === null ? own : { ...sharedOf(partition, sort, sharedId), ...own }
    if (indexPartition === null || indexSort === null) return { partition, sort, attributes }
    return { partition, sort, attributes, index: { partition: partitions.textOf(indexPartition), sort: indexSort } }
  }

  function sharedOf(partition: string, sort: string, id: number): JsonObject {
    const known = sharedValues.get(id)
    if (known !== undefined) return known
    const value = parse(partition, sort, shared.textOf(id))
    if (sharedValues.size >= SHARED_VALUES) sharedValues.clear()
    sharedValues.set(id, value)
    return value
  }

  function put({ partition, sort, index }: Item, { own, common }: ItemText): boolean {
    const [sharedId, ipk, isk] = beside(common, index)
    return insert.run(partitions.give(partition), sort, own, sharedId, ipk, isk).changes === 1
  }

  function beside(common: string | undefined, index: IndexEntry | undefined) {
    const sharedId = common === undefined ? null : shared.give(common)
    if (index === undefined) return [sharedId, null, null] as const
    return [sharedId, partitions.give(index.partition), index.sort] as const
  }

  function perform({ kind }: Write, change: Change | undefined, before: Stored | undefined): void {
    if (kind === 'delete' && before !== undefined) remove.run(before.id)
    if (change === undefined) return
    if (before === undefined) put(change.item, change.text)
    else replace.run(change.text.own, ...beside(change.text.common, change.item.index), before.id)
  }

  /** By far the most frequent: one statement, and a second one only to say why not. */
  function putAbsent(item: Item, text: ItemText): WriteOutcome {
    return put(item, text) ? OK : { ok: false, failed: 0, item: stored(item)?.item }
  }

  return {
    find: (key) => stored(key)?.item,
    forget() {
      partitions.forget()
      shared.forget()
      sharedValues.clear()
    },
    apply(writes) {
      const [first] = writes
      if (writes.length === 1 && first?.text && first.write.kind === 'put' && first.write.condition.kind === 'absent') {
        return putAbsent(first.write.item, first.text)
      }
      const before = writes.map(({ write }) => stored(keyOf(write)))
      const failed = writes.findIndex(({ write }, index) => !holds(write.condition, before[index]?.item.attributes))
      if (failed >= 0) return { ok: false, failed, item: before[failed]?.item }
      const changes = writes.map((write, index) => changeOf(write, before[index]?.item))
      for (const [index, { write }] of writes.entries()) perform(write, changes[index], before[index])
      return OK
    },
    page(partition, options) {
      const limit = checkLimit(options.limit)
      const id = partitions.find(partition)
      if (id === undefined) return EMPTY
      const { low, high } = sortRange(options)
      const statement = options.reverse ? ranges.backward : ranges.forward
      const rows = statement.all(id, low, high ?? BEYOND_ALL_TEXT, limit + 1)
      return pageOf(
        rows,
        limit,
        (row) => itemOf(partition, row),
        ([, sort]) => sort,
      )
    },
    /** Items may share an index sort key, so its cursor also holds the id of the item: `<sort>\0<id>`. */
    indexPage(partition, options) {
      const limit = checkLimit(options.limit)
      const index = partitions.find(partition)
      if (index === undefined) return EMPTY
      const [sort = '', id] = options.after?.split('\0') ?? []
      const within = options.after === undefined ? options : { ...options, after: sort }
      const { low, high } = sortRange(within, id !== undefined)
      const statement = options.reverse ? indexRanges.backward : indexRanges.forward
      const from = id === undefined ? '' : sort
      const rows = statement.all(index, low, high ?? BEYOND_ALL_TEXT, from, Number(id ?? 0), limit + 1)
      return pageOf(
        rows,
        limit,
        (row) => itemOf(partitions.textOf(row[6] ?? 0), row),
        (row) => `${row[5]}\0${row[0]}`,
      )
    },
  }
}

type Value = string | number | null | Uint8Array

interface Stored {
  readonly id: number
  readonly item: Item
}

/** What will be stored in the place of a put or an update. */
interface Change {
  readonly item: Item
  readonly text: ItemText
}

/** @throws InvalidRequest where the item would be too large. */
function changeOf({ write, text }: PreparedWrite, before: Item | undefined): Change | undefined {
  if (write.kind === 'put') return { item: write.item, text: text ?? itemText(write.item) }
  if (write.kind !== 'update') return undefined
  const item = updated(write, before)
  return { item, text: itemText(item) }
}

function pageOf(rows: readonly Row[], limit: number, item: (row: Row) => Item, cursor: (row: Row) => string): Page {
  if (rows.length <= limit) return { items: rows.map(item) }
  const kept = rows.slice(0, limit)
  const last = kept.at(-1)
  return last === undefined ? EMPTY : { items: kept.map(item), next: cursor(last) }
}

function parse(partition: string, sort: string, text: string): JsonObject {
  try {
    return JSON.parse(text) as Extract<Json, JsonObject>
  } catch (cause) {
    throw new RecordsCorrupt({
      message: `item ${partition} ${sort} is damaged: its attributes are no JSON`,
      next: 'Restore the data folder from a copy, or start a new run.',
      cause,
    })
  }
}
