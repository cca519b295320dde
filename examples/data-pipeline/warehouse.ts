/** Where orders go: a SQLite file, or a DynamoDB table. Both take an order once, whoever brings it, and never change one. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ToolContext } from 'baton'
import { type RunSql, sqliteConnection, sqlOnce } from 'baton/tools'
import * as z from 'zod'
import type { Odd, Placed } from './inspect-batch.ts'
import { dynamodbWarehouse } from './warehouse-dynamodb.ts'

export interface Load {
  readonly batch: string
  readonly orders: readonly Placed[]
  /** Kept aside, with why: not loaded. */
  readonly odd: readonly Odd[]
  readonly rejected: readonly { readonly file: string; readonly line: number; readonly problem: string }[]
}

export const Loaded = z.strictObject({
  loaded: z.int().describe('orders that are new in the warehouse'),
  alreadyThere: z.int().describe('orders that were there, the same'),
  differing: z.array(z.string()).max(100).describe('orders that were there with other values: left as they were'),
})
export type Loaded = z.infer<typeof Loaded>

type Call = Pick<ToolContext<unknown>, 'callId' | 'fence' | 'now'> & ToolContext<unknown>

export interface Warehouse {
  /** Once for a call, however often it is tried; an order that is there already stays as it is. */
  load(load: Load, call: Call): Promise<Loaded>
  /** How many of these orders are there. */
  present(orders: readonly string[], call?: Call): Promise<number>
}

/** @param place A SQLite file, which is made, or `dynamodb`. */
export function openWarehouse(place: string): Warehouse {
  return place === 'dynamodb' ? dynamodbWarehouse() : sqliteWarehouse(place)
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS orders (
    order_number TEXT PRIMARY KEY, day TEXT NOT NULL, customer TEXT NOT NULL, product TEXT NOT NULL,
    quantity INTEGER NOT NULL, unit_cents INTEGER NOT NULL, grams INTEGER NOT NULL,
    batch TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS rejected_rows (
    batch TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, problem TEXT NOT NULL,
    PRIMARY KEY (batch, file, line))`,
  `CREATE TABLE IF NOT EXISTS odd_orders (
    order_number TEXT PRIMARY KEY, batch TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, cause TEXT NOT NULL)`,
]
const VALUES = ['day', 'customer', 'product', 'quantity', 'unit_cents', 'grams']
const GIVEN = `SELECT value ->> 'order_number' AS order_number, ${VALUES.map((name) => `value ->> '${name}' AS ${name}`).join(', ')},
  value ->> 'file' AS file, value ->> 'line' AS line FROM json_each(?)`

function sqliteWarehouse(file: string): Warehouse {
  const connection = sqliteConnection(file)
  return {
    async load(load, { callId, fence, now }) {
      makeFile(file)
      const work = (run: RunSql) => loadRows(run, load)
      const done = await sqlOnce({ connection, tool: 'load_batch', callId, fence, now: now(), work })
      return Loaded.parse(done)
    },
    async present(orders) {
      if (!existsSync(file)) return 0
      const sql = 'SELECT count(*) AS n FROM orders WHERE order_number IN (SELECT value FROM json_each(?))'
      const { rows } = await connection.transaction('read', (run) => run(sql, [JSON.stringify(orders)]))
      return Number(rows[0]?.['n'])
    },
  }
}

async function loadRows(run: RunSql, { batch, orders, odd, rejected }: Load): Promise<Loaded> {
  for (const table of TABLES) await run(table, [])
  const rows = orders.map(({ file, line, order }) => {
    const { order: order_number, date: day, customer, product, quantity, unitCents: unit_cents, grams } = order
    return { order_number, day, customer, product, quantity, unit_cents, grams, file, line }
  })
  const given = JSON.stringify(rows)
  const { changed: loaded } = await run(
    `INSERT INTO orders (order_number, ${VALUES.join(', ')}, file, line, batch)
     SELECT *, ? FROM (${GIVEN}) WHERE true ON CONFLICT (order_number) DO NOTHING`,
    [batch, given],
  )
  const differs = VALUES.map((name) => `given.${name} <> orders.${name}`).join(' OR ')
  const { rows: differing } = await run(
    `SELECT order_number FROM (${GIVEN}) AS given JOIN orders USING (order_number) WHERE ${differs}`,
    [given],
  )
  await run(
    `INSERT INTO odd_orders SELECT value ->> 'order', ?, value ->> 'file', value ->> 'line', value ->> 'cause'
     FROM json_each(?) WHERE true ON CONFLICT (order_number) DO NOTHING`,
    [batch, JSON.stringify(odd)],
  )
  await run('DELETE FROM odd_orders WHERE order_number IN (SELECT order_number FROM orders)', [])
  await run(
    `INSERT OR REPLACE INTO rejected_rows SELECT ?, value ->> 'file', value ->> 'line', value ->> 'problem'
     FROM json_each(?)`,
    [batch, JSON.stringify(rejected)],
  )
  return {
    loaded,
    alreadyThere: orders.length - loaded - differing.length,
    differing: differing.slice(0, 100).map(({ order_number }) => String(order_number)),
  }
}

/** An empty file is an empty database. */
function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '', { flag: 'a' })
}
