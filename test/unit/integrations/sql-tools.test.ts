import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { EffectUnknown, NotActed } from '../../../src/errors.ts'
import type { SqlConnection } from '../../../src/integrations/sql-connection.ts'
import { bind, isOneSelect, parametersOf } from '../../../src/integrations/sql-statement.ts'
import { type SqlTools, sqlTools } from '../../../src/integrations/sql-tools.ts'
import { sqliteConnection } from '../../../src/integrations/sqlite-connection.ts'
import { contextOf } from './tool-context.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-sql-'))
  file = join(folder, 'shop.db')
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE orders (id TEXT PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents >= 0))')
  database.exec("INSERT INTO orders VALUES ('o-1', 500), ('o-2', 9007199254740993)")
  database.close()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const QUERIES = {
  findOrder: {
    description: 'Finds an order',
    sql: 'SELECT * FROM orders WHERE id = :id',
    input: z.strictObject({ id: z.string() }),
    effect: 'read',
  },
  refund: {
    description: 'Refunds a part of an order',
    sql: ['UPDATE orders SET cents = cents - :cents WHERE id = :id RETURNING cents'],
    input: z.strictObject({ id: z.string(), cents: z.int().positive() }),
    effect: 'write',
    changes: 1,
    undo: {
      sql: 'UPDATE orders SET cents = cents + :cents WHERE id = :id',
      input: ({ input }) => input,
    },
  },
} as const satisfies SqlTools<string>['queries']

const tools = (open: SqlTools<string>['open'] = { file }) =>
  sqlTools({ name: 'shop', open, queries: QUERIES, explore: true })

function centsOf(id: string): unknown {
  const database = new DatabaseSync(file)
  try {
    return database.prepare('SELECT cents FROM orders WHERE id = ?').get(id)?.['cents']
  } finally {
    database.close()
  }
}

describe('a statement', () => {
  it('has the parameters that are none of its texts, comments or casts', () => {
    const sql = `SELECT ':a', ":b", x::text, :c, :d -- :e\n/* :f */ FROM t WHERE y = :c`
    expect(parametersOf(sql)).toEqual(['c', 'd'])
    expect(bind(sql, { c: 1, d: [2] }, '$')).toEqual({
      sql: `SELECT ':a', ":b", x::text, $1, $2 -- :e\n/* :f */ FROM t WHERE y = $3`,
      values: [1, '[2]', 1],
    })
  })

  it.each([
    ['SELECT 1', true],
    [' with a as (select 1) select * from a;', true],
    ["SELECT ';'", true],
    ['SELECT 1; DROP TABLE orders', false],
    ['DELETE FROM orders', false],
    ['-- SELECT\nDELETE FROM orders', false],
    ['PRAGMA writable_schema = 1', false],
    ["ATTACH 'x' AS y", false],
  ])('%j: one SELECT: %s', (sql, is) => expect(isOneSelect(sql)).toBe(is))

  it('has the fields of its input as parameters, or is refused', () => {
    const declare = (sql: string) =>
      sqlTools({ name: 'shop', open: { file }, queries: { q: { ...QUERIES.findOrder, sql } } })
    expect(() => declare('SELECT :other')).toThrow(/:other is no field of input.*\n.*no statement uses id/)
  })
})

describe('a read', () => {
  it('gives rows, also numbers that JSON cannot hold', async () => {
    const context = contextOf('c')
    expect(await tools().findOrder.run({ id: 'o-2' }, context)).toEqual({
      rows: [{ id: 'o-2', cents: '9007199254740993' }],
      isCut: false,
      changed: 0,
    })
    expect(context.sources).toHaveLength(1)
  })

  it('takes values as values', async () => {
    const { findOrder } = tools()
    expect(await findOrder.run({ id: "' OR 1 = 1 --" }, contextOf('c'))).toMatchObject({ rows: [] })
  })

  it('cannot write, whatever was declared', async () => {
    const sql = 'DELETE FROM orders WHERE id = :id'
    const { q } = sqlTools({ name: 'shop', open: { file }, queries: { q: { ...QUERIES.findOrder, sql } } })
    await expect(q.run({ id: 'o-1' }, contextOf('c'))).rejects.toThrow(/readonly/)
  })

  it('makes no database where there is none', async () => {
    const { refund } = tools({ file: join(folder, 'none.db') })
    await expect(refund.run({ id: 'o-1', cents: 1 }, contextOf('c'))).rejects.toThrow(NotActed)
    expect(existsSync(join(folder, 'none.db'))).toBe(false)
  })
})

describe('a write', () => {
  it('happens once for a call, and gives its first result again', async () => {
    const { refund } = tools()
    const first = await refund.run({ id: 'o-1', cents: 100 }, contextOf('call-1'))
    expect(first).toEqual({ rows: [{ cents: 400 }], isCut: false, changed: 1 })
    expect(await refund.run({ id: 'o-1', cents: 100 }, contextOf('call-1', { fence: 2 }))).toEqual(first)
    await refund.run({ id: 'o-1', cents: 100 }, contextOf('call-2'))
    expect(centsOf('o-1')).toBe(300)
  })

  it('happens once, of many at the same time', async () => {
    const { refund } = tools()
    const calls = Array.from({ length: 12 }, (_, index) => contextOf(`call-${index % 3}`))
    await Promise.all(calls.map((context) => refund.run({ id: 'o-1', cents: 1 }, context)))
    expect(centsOf('o-1')).toBe(497)
  })

  it('that fails does nothing, and says so', async () => {
    const { refund } = tools()
    await expect(refund.run({ id: 'o-1', cents: 501 }, contextOf('c'))).rejects.toThrow(NotActed)
    await expect(refund.run({ id: 'none', cents: 1 }, contextOf('d'))).rejects.toThrow(/0 rows would have been changed/)
    expect(centsOf('o-1')).toBe(500)
  })

  it('whose commit is not answered is in doubt; the same call again gives its result', async () => {
    const real = sqliteConnection(file)
    const deaf: SqlConnection = {
      placeholder: '?',
      async transaction(mode, work) {
        const result = await real.transaction(mode, work)
        if (mode === 'write') throw new Error('connection reset')
        return result
      },
    }
    const input = { id: 'o-1', cents: 100 }
    await expect(tools(() => deaf).refund.run(input, contextOf('call-1'))).rejects.toThrow(EffectUnknown)
    expect(await tools().refund.run(input, contextOf('call-1', { fence: 2 }))).toMatchObject({ rows: [{ cents: 400 }] })
    expect(centsOf('o-1')).toBe(400)
  })

  it('that a later try has refused is not done by an earlier one that comes late', async () => {
    const { refund } = tools()
    const input = { id: 'o-1', cents: 600 }
    await expect(refund.run(input, contextOf('call-1', { fence: 2 }))).rejects.toThrow(NotActed)
    const database = new DatabaseSync(file)
    database.exec("UPDATE orders SET cents = 1000 WHERE id = 'o-1'")
    database.close()
    await expect(refund.run(input, contextOf('call-1'))).rejects.toThrow(NotActed)
    expect(centsOf('o-1')).toBe(1000)
  })

  it('without a database: nothing was done, but an earlier try may have', async () => {
    const { refund } = tools(() => Promise.reject(new Error('no database')))
    const input = { id: 'o-1', cents: 100 }
    await expect(refund.run(input, contextOf('call-1'))).rejects.toThrow(NotActed)
    await expect(refund.run(input, contextOf('call-1', { fence: 2 }))).rejects.toThrow(EffectUnknown)
  })

  it('is taken back once', async () => {
    const { refund } = tools()
    const input = { id: 'o-1', cents: 100 }
    const output = await refund.run(input, contextOf('call-1'))
    await refund.undo?.({ input, output }, contextOf('call-1'))
    await refund.undo?.({ input, output }, contextOf('call-1'))
    expect(centsOf('o-1')).toBe(500)
  })
})

describe('explore', () => {
  it('reads what a model asks, up to its bound', async () => {
    const run = (sql: string) => tools().explore.run({ sql }, contextOf('c'))
    expect(await run('SELECT count(*) AS n FROM orders')).toEqual({ rows: [{ n: 2 }], isCut: false })
    const many = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
    expect(await run(many)).toMatchObject({ isCut: true, rows: { length: 100 } })
    await expect(run('SELECT * FROM nowhere')).rejects.toThrow(/no such table: nowhere/)
    await expect(run('DROP TABLE orders')).rejects.toThrow(/only one SELECT/)
    await expect(run('WITH a AS (SELECT 1) DELETE FROM orders')).rejects.toThrow(/readonly/)
    expect(centsOf('o-1')).toBe(500)
  })

  it('ends a statement that would not end', async () => {
    const abort = new AbortController()
    const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
    const ended = tools().explore.run({ sql }, contextOf('c', { signal: abort.signal }))
    setTimeout(() => abort.abort(), 300)
    await expect(ended).rejects.toThrow()
  })

  it('asks another driver for no more rows than its bound', async () => {
    const asked: string[] = []
    const connection: SqlConnection = {
      placeholder: '$',
      transaction: async (_, work) =>
        work(async (sql) => {
          asked.push(sql)
          return { rows: [{ a: new Date(0) }], changed: 0 }
        }),
    }
    const { explore } = tools(() => connection)
    expect(await explore.run({ sql: 'SELECT a FROM b;' }, contextOf('c'))).toMatchObject({
      rows: [{ a: '1970-01-01T00:00:00.000Z' }],
    })
    expect(asked).toEqual(['SELECT * FROM (SELECT a FROM b\n) AS explored LIMIT 101'])
  })
})
