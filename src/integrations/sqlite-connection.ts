/** A SQLite file as a SqlConnection. It must be there already: a wrong path makes no new database. */
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { RunSql, SqlAnswer, SqlConnection, SqlValue } from './sql-connection.ts'

/** How long a writer waits for another process's transaction, ms. Nothing else in this process goes on meanwhile. */
const BUSY_TIMEOUT_MS = 2_000

/** Writers of this process, by file: SQLite would make the second block the thread that the first needs to end. */
const writers = new Map<string, Promise<unknown>>()

export function sqliteConnection(file: string): SqlConnection {
  const path = resolve(file)
  return {
    placeholder: '?',
    transaction(mode, work) {
      if (mode === 'read') return inTransaction(path, true, work)
      const before = writers.get(path) ?? Promise.resolve()
      const mine = before.then(() => inTransaction(path, false, work))
      writers.set(
        path,
        mine.catch(() => undefined),
      )
      return mine
    },
  }
}

async function inTransaction<T>(path: string, readOnly: boolean, work: (run: RunSql) => Promise<T>): Promise<T> {
  const { DatabaseSync } = await import('node:sqlite')
  // A URI, as only so a file that is not there stays so.
  const url = new URL(`file://${path.split('/').map(encodeURIComponent).join('/')}`)
  url.searchParams.set('mode', readOnly ? 'ro' : 'rw')
  const database: DatabaseSync = new DatabaseSync(url, { readOnly, timeout: BUSY_TIMEOUT_MS })
  try {
    database.exec(readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE')
    try {
      const done = await work(async (sql, values, mostRows) => answerOf(database, sql, values, mostRows))
      database.exec('COMMIT')
      return done
    } finally {
      if (database.isTransaction) database.exec('ROLLBACK')
    }
  } finally {
    database.close()
  }
}

function answerOf(database: DatabaseSync, sql: string, values: readonly SqlValue[], mostRows = Infinity): SqlAnswer {
  const statement = database.prepare(sql)
  const before = changesOf(database)
  statement.setReadBigInts(true)
  const bound = values.map((value) => (typeof value === 'boolean' ? Number(value) : value))
  const rows: Record<string, unknown>[] = []
  // What it writes, it has written before it gives the first row.
  for (const row of statement.iterate(...bound)) {
    if (rows.length < mostRows) rows.push(row)
    else break
  }
  return { rows, changed: changesOf(database) - before }
}

function changesOf(database: DatabaseSync): number {
  return Number(database.prepare('SELECT total_changes() AS changes').get()?.['changes'])
}
