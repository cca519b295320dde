/**
 * Where executions and their histories are kept: SQLite, append only but for an execution's status and task tokens.
 * Knows nothing of what the events mean.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crashPoint } from '../crash-point.ts'
import { Conflict } from '../errors.ts'
import { openDatabase, type Synchronous } from '../sqlite/database.ts'
import { GroupCommit } from '../sqlite/group-commit.ts'

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

export interface NewExecution {
  readonly name: string
  readonly machineArn: string
  readonly definitionSha256: string
  /** JSON text; kept once for all executions of the same definition. Absent where it is known to be kept. */
  readonly definition?: string
  /** Row of the execution that started it, and how; absent at the top. */
  readonly parent?: number
  readonly startedAt: number
  /** More facts as JSON text, e.g. what a child of a distributed Map needs. */
  readonly extra?: string
  /** Stored in the same transaction: an execution without its input could not be continued. */
  readonly first: Chunk
}

export interface ExecutionRow {
  readonly row: number
  readonly name: string
  readonly machineArn: string
  readonly definitionSha256: string
  readonly parent: number | null
  readonly status: ExecutionStatus
  readonly startedAt: number
  readonly stoppedAt: number | null
  readonly extra: string | null
}

/** One line per event, and the id of the first. */
export interface Chunk {
  readonly firstId: number
  readonly text: string
}

export interface HistoryStore {
  /** @throws Conflict for a name in use. */
  create(execution: NewExecution): Promise<number>
  /**
   * Runs `work` with all other writes of this moment in one transaction. `write` may only be called inside. Whatever
   * refuses (create, append, a check of its own) must come first: its writes are not undone alone.
   */
  commit<T>(work: (write: HistoryWrites) => T): Promise<T>
  find(name: string): ExecutionRow | undefined
  list(prefix: string): ExecutionRow[]
  /** What it started and has not ended. */
  runningChildren(row: number): ExecutionRow[]
  definition(sha256: string): string | undefined
  chunks(row: number): Chunk[]
  /** The outcome that was sent to a token, as JSON text; null: none yet; undefined: no such token. */
  token(token: string): { readonly row: number; readonly outcome: string | null } | undefined
  /** Another number as soon as another process, or another connection, has written. */
  version(): number
  /** Transactions asked for and not yet done. */
  readonly pending: number
  close(): void
}

export interface HistoryWrites {
  /** @throws Conflict for a name in use. */
  create(execution: NewExecution): number
  append(row: number, chunk: Chunk): void
  finish(row: number, status: ExecutionStatus, stoppedAt: number): void
  openToken(token: string, row: number): void
  /** Nothing where it has an outcome. */
  settleToken(token: string, outcome: string): void
  closeTokens(row: number): void
}

const MIGRATIONS = [
  `CREATE TABLE definitions (sha256 TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE executions (
     row INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, machine_arn TEXT NOT NULL, definition_sha256 TEXT NOT NULL,
     parent INTEGER, status TEXT NOT NULL, started_at INTEGER NOT NULL, stopped_at INTEGER, extra TEXT) STRICT;
   CREATE INDEX executions_of ON executions (parent) WHERE parent IS NOT NULL;
   CREATE TABLE events (
     execution INTEGER NOT NULL, first_id INTEGER NOT NULL, text TEXT NOT NULL,
     PRIMARY KEY (execution, first_id)) STRICT, WITHOUT ROWID;
   CREATE TABLE tokens (token TEXT PRIMARY KEY, execution INTEGER NOT NULL, outcome TEXT) STRICT, WITHOUT ROWID;
   CREATE INDEX tokens_of ON tokens (execution)`,
]

/** https://sqlite.org/rescode.html#constraint_primarykey */
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555

const COLUMNS =
  'row, name, machine_arn AS machineArn, definition_sha256 AS definitionSha256, parent, status, ' +
  'started_at AS startedAt, stopped_at AS stoppedAt, extra'

/** @param options.path A file, or `:memory:`. */
export function openHistory(options: { readonly path: string; readonly synchronous: Synchronous }): HistoryStore {
  return new SqliteHistory(openDatabase({ ...options, migrations: MIGRATIONS }))
}

class SqliteHistory implements HistoryStore {
  readonly #database: DatabaseSync
  readonly #group: GroupCommit
  readonly #statements = new Map<string, StatementSync>()
  readonly #writes: HistoryWrites
  pending = 0

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#group = new GroupCommit(database, {
      before: () => crashPoint('engine.commit.before'),
      after: () => crashPoint('engine.commit.after'),
    })
    this.#writes = {
      create: (execution) => this.#create(execution),
      append: (row, chunk) => this.#append(row, chunk),
      finish: (row, status, stoppedAt) =>
        this.#run('UPDATE executions SET status = ?, stopped_at = ? WHERE row = ?', status, stoppedAt, row),
      openToken: (token, row) => this.#run('INSERT OR IGNORE INTO tokens VALUES (?, ?, NULL)', token, row),
      settleToken: (token, outcome) =>
        this.#run('UPDATE tokens SET outcome = ? WHERE token = ? AND outcome IS NULL', outcome, token),
      closeTokens: (row) => this.#run('DELETE FROM tokens WHERE execution = ?', row),
    }
  }

  create(execution: NewExecution): Promise<number> {
    return this.commit((write) => write.create(execution))
  }

  async commit<T>(work: (write: HistoryWrites) => T): Promise<T> {
    this.pending++
    try {
      return await this.#group.runUnmarked(() => work(this.#writes))
    } finally {
      this.pending--
    }
  }

  find(name: string): ExecutionRow | undefined {
    const found = this.#statement(`SELECT ${COLUMNS} FROM executions WHERE name = ?`).get(name)
    return found as unknown as ExecutionRow | undefined
  }

  list(prefix: string): ExecutionRow[] {
    const query = `SELECT ${COLUMNS} FROM executions WHERE name >= ? AND name < ? ORDER BY name`
    return this.#statement(query).all(prefix, `${prefix}\u{10FFFF}`) as unknown as ExecutionRow[]
  }

  runningChildren(row: number): ExecutionRow[] {
    const query = `SELECT ${COLUMNS} FROM executions WHERE parent = ? AND status = 'RUNNING'`
    return this.#statement(query).all(row) as unknown as ExecutionRow[]
  }

  definition(sha256: string): string | undefined {
    const found = this.#statement('SELECT definition FROM definitions WHERE sha256 = ?').get(sha256)
    return found?.['definition'] as string | undefined
  }

  chunks(row: number): Chunk[] {
    const query = 'SELECT first_id AS firstId, text FROM events WHERE execution = ? ORDER BY first_id'
    return this.#statement(query).all(row) as unknown as Chunk[]
  }

  token(token: string): { readonly row: number; readonly outcome: string | null } | undefined {
    const found = this.#statement('SELECT execution AS row, outcome FROM tokens WHERE token = ?').get(token)
    return found as unknown as { readonly row: number; readonly outcome: string | null } | undefined
  }

  version(): number {
    return Number(this.#statement('PRAGMA data_version').get()?.['data_version'])
  }

  close(): void {
    this.#database.close()
  }

  #create(execution: NewExecution): number {
    const { name, machineArn, definitionSha256, definition, parent, startedAt, extra, first } = execution
    const insert = this.#statement(
      'INSERT INTO executions (name, machine_arn, definition_sha256, parent, status, started_at, extra) ' +
        "VALUES (?, ?, ?, ?, 'RUNNING', ?, ?) ON CONFLICT (name) DO NOTHING",
    )
    const added = insert.run(name, machineArn, definitionSha256, parent ?? null, startedAt, extra ?? null)
    if (added.changes === 0) {
      throw new Conflict({
        message: `An execution named ${name} exists already`,
        next: 'Choose another name, or resume the one that exists.',
      })
    }
    if (definition !== undefined) {
      this.#run('INSERT OR IGNORE INTO definitions VALUES (?, ?)', definitionSha256, definition)
    }
    const row = Number(added.lastInsertRowid)
    this.#append(row, first)
    return row
  }

  /** Two processes that continue the same execution go on from the same event: the second one's chunk has no place. */
  #append(row: number, { firstId, text }: Chunk): void {
    try {
      this.#run('INSERT INTO events VALUES (?, ?, ?)', row, firstId, text)
    } catch (error) {
      if ((error as { errcode?: unknown }).errcode !== SQLITE_CONSTRAINT_PRIMARYKEY) throw error
      throw new Conflict({
        message: `Event ${firstId} of execution ${row} was recorded by another process`,
        next: 'Let that process go on with it; or stop it, then resume.',
        cause: error,
      })
    }
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#statement(sql).run(...values)
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
