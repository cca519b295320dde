/**
 * The records port on one SQLite file: conditions are evaluated inside the transaction, in code. Holds no domain items'
 * meaning, and is no place for content over 400 KB.
 */
import type { DatabaseSync } from 'node:sqlite'
import { RecordsCorrupt } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { openDatabase, type Synchronous } from '../sqlite/database.ts'
import { GroupCommit } from '../sqlite/group-commit.ts'
import { holds } from './condition.ts'
import { attributesText, checkKey, checkLimit, checkWrite, checkWrites, keyOf } from './limits.ts'
import type { Item, Key, Page, QueryOptions, Records, Write, WriteOutcome } from './records.ts'
import { sortRange } from './sort-range.ts'
import { updated } from './update.ts'

/** Partition names are kept once, not in each of their items: a step's name is longer than most of its row. */
const MIGRATIONS = [
  `CREATE TABLE partitions (name TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (name)) STRICT, WITHOUT ROWID;
   CREATE UNIQUE INDEX partition_ids ON partitions (id);
   CREATE TABLE items (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, sort TEXT NOT NULL, attributes TEXT NOT NULL,
     index_partition INTEGER, index_sort TEXT) STRICT;
   CREATE UNIQUE INDEX items_by_key ON items (partition, sort);
   CREATE INDEX items_by_index ON items (index_partition, index_sort) WHERE index_partition IS NOT NULL;`,
]

export interface SqliteRecordsOptions {
  /** A file path, or `:memory:`. */
  readonly path: string
  readonly synchronous: Synchronous
}

export interface SqliteRecords extends Records {
  close(): void
}

/** @throws RecordsCorrupt, RecordsUnavailable: see openDatabase. */
export function openSqliteRecords({ path, synchronous }: SqliteRecordsOptions): SqliteRecords {
  const database = openDatabase({ path, synchronous, migrations: MIGRATIONS })
  const table = openTable(database)
  const group = new GroupCommit(database)
  return {
    async get(key) {
      checkKey(key)
      return table.find(key)?.item
    },
    async query(partition, options = {}) {
      return table.page(partition, options)
    },
    async queryIndex(partition, options = {}) {
      return table.indexPage(partition, options)
    },
    async write(write) {
      checkWrite(write)
      return group.run(() => table.apply([write]))
    },
    async transact(writes) {
      checkWrites(writes)
      return group.run(() => table.apply(writes))
    },
    close() {
      if (database.isOpen) database.close()
    },
  }
}

/** The statements, and what they mean together. */
function openTable(database: DatabaseSync) {
  const partitionId = database.prepare('SELECT id FROM partitions WHERE name = ?')
  const addPartition = database.prepare(
    'INSERT INTO partitions (name, id) VALUES (?, (SELECT coalesce(max(id), 0) + 1 FROM partitions)) RETURNING id',
  )
  const columns = `i.id, i.sort, i.attributes, i.index_sort,
    (SELECT name FROM partitions WHERE id = i.index_partition) AS index_partition`
  const one = database.prepare(
    `SELECT ${columns} FROM items i WHERE i.partition = (SELECT id FROM partitions WHERE name = ?) AND i.sort = ?`,
  )
  const insert = database.prepare(
    'INSERT INTO items (partition, sort, attributes, index_partition, index_sort) VALUES (?, ?, ?, ?, ?)',
  )
  const replace = database.prepare('UPDATE items SET attributes = ?, index_partition = ?, index_sort = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM items WHERE id = ?')
  const range = (order: 'ASC' | 'DESC') =>
    database.prepare(
      `SELECT ${columns} FROM items i WHERE i.partition = (SELECT id FROM partitions WHERE name = ?)
       AND i.sort >= ? AND i.sort < ? ORDER BY i.sort ${order} LIMIT ?`,
    )
  const ranges = { forward: range('ASC'), backward: range('DESC') }
  const indexRange = (order: 'ASC' | 'DESC', beyond: '>' | '<') =>
    database.prepare(
      `SELECT ${columns}, p.name AS partition FROM items i JOIN partitions p ON p.id = i.partition
       WHERE i.index_partition = (SELECT id FROM partitions WHERE name = ?) AND i.index_sort >= ? AND i.index_sort < ?
       AND (i.index_sort <> ? OR i.id ${beyond} ?) ORDER BY i.index_sort ${order}, i.id ${order} LIMIT ?`,
    )
  const indexRanges = { forward: indexRange('ASC', '>'), backward: indexRange('DESC', '<') }

  function find({ partition, sort }: Key): Stored | undefined {
    const row = one.get(partition, sort)
    return row === undefined ? undefined : { id: Number(row['id']), item: itemOf(partition, row) }
  }

  function idOf(partition: string): number {
    return Number((partitionId.get(partition) ?? addPartition.get(partition))?.['id'])
  }

  function store(item: Item, stored: Stored | undefined): void {
    const text = attributesText(item)
    const indexPartition = item.index === undefined ? null : idOf(item.index.partition)
    const indexSort = item.index?.sort ?? null
    if (stored === undefined) insert.run(idOf(item.partition), item.sort, text, indexPartition, indexSort)
    else replace.run(text, indexPartition, indexSort, stored.id)
  }

  function perform(write: Write, stored: Stored | undefined): void {
    if (write.kind === 'put') store(write.item, stored)
    else if (write.kind === 'update') store(updated(write, stored?.item), stored)
    else if (write.kind === 'delete' && stored !== undefined) remove.run(stored.id)
  }

  return {
    find,
    apply(writes: readonly Write[]): WriteOutcome {
      const before = writes.map((write) => find(keyOf(write)))
      const failed = writes.findIndex((write, index) => !holds(write.condition, before[index]?.item.attributes))
      if (failed >= 0) return { ok: false, failed, item: before[failed]?.item }
      for (const [index, write] of writes.entries()) perform(write, before[index])
      return { ok: true }
    },
    page(partition: string, options: QueryOptions): Page {
      const limit = checkLimit(options.limit)
      const { low, high } = sortRange(options)
      const statement = options.reverse ? ranges.backward : ranges.forward
      const rows = statement.all(partition, low, high ?? BEYOND_ALL_TEXT, limit + 1)
      return pageOf(
        rows,
        limit,
        (row) => itemOf(partition, row),
        (row) => String(row['sort']),
      )
    },
    /** Items may share an index sort key, so its cursor also holds the id of the item: `<sort>\0<id>`. */
    indexPage(partition: string, options: QueryOptions): Page {
      const limit = checkLimit(options.limit)
      const [sort = '', id] = options.after?.split('\0') ?? []
      const { low, high } = sortRange(
        options.after === undefined ? options : { ...options, after: sort },
        id !== undefined,
      )
      const statement = options.reverse ? indexRanges.backward : indexRanges.forward
      const rows = statement.all(
        partition,
        low,
        high ?? BEYOND_ALL_TEXT,
        id === undefined ? '' : sort,
        Number(id ?? 0),
        limit + 1,
      )
      return pageOf(
        rows,
        limit,
        (row) => itemOf(String(row['partition']), row),
        (row) => `${row['index_sort']}\0${row['id']}`,
      )
    },
  }
}

interface Stored {
  readonly id: number
  readonly item: Item
}
type Row = Record<string, unknown>

/** SQLite sorts every text before every blob. */
const BEYOND_ALL_TEXT = new Uint8Array()

function pageOf(rows: readonly Row[], limit: number, item: (row: Row) => Item, cursor: (row: Row) => string): Page {
  const kept = rows.slice(0, limit)
  const last = kept.at(-1)
  const items = kept.map(item)
  return rows.length > limit && last !== undefined ? { items, next: cursor(last) } : { items }
}

function itemOf(partition: string, row: Row): Item {
  const key = { partition, sort: String(row['sort']) }
  const attributes = parse(key, String(row['attributes']))
  if (row['index_partition'] === null) return { ...key, attributes }
  return { ...key, attributes, index: { partition: String(row['index_partition']), sort: String(row['index_sort']) } }
}

function parse(key: Key, text: string): JsonObject {
  try {
    return JSON.parse(text) as Extract<Json, JsonObject>
  } catch (cause) {
    throw new RecordsCorrupt({
      message: `item ${key.partition} ${key.sort} is damaged: its attributes are no JSON`,
      next: 'Restore the data folder from a copy, or start a new run.',
      cause,
    })
  }
}
