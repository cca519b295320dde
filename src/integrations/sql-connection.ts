/** What the SQL tools need of a database, and no more: a driver's transaction in fifteen lines (docs/tools.md). */

export type SqlValue = string | number | boolean | null

export interface SqlAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Rows that the statement inserted, changed or removed. */
  readonly changed: number
}

/** @param mostRows No more are used: a driver that can stop need not fetch the rest. */
export type RunSql = (sql: string, values: readonly SqlValue[], mostRows?: number) => Promise<SqlAnswer>

export interface SqlConnection {
  /** How a statement's parameters are written: all `?`, or `$1`, `$2` … */
  readonly placeholder: '?' | '$'
  /**
   * Begins, does the work, commits; rolls back where the work rejects, and rejects with what the work rejected with.
   * `read`: in a transaction, or on a connection, that refuses every write.
   */
  transaction<T>(mode: 'read' | 'write', work: (run: RunSql) => Promise<T>): Promise<T>
}
