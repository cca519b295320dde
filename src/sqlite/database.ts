/** Opens a SQLite file the way every durable store here wants it. Says nothing of what the tables hold. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RecordsCorrupt, RecordsUnavailable } from '../errors.ts'

/** NORMAL in WAL survives the death of the process; FULL survives a power loss too, and costs an fsync a commit. */
export type Synchronous = 'NORMAL' | 'FULL'

export interface DatabaseOptions {
  /** A file path, or `:memory:`. */
  readonly path: string
  readonly synchronous: Synchronous
  /** SQL to bring a file from version n to n + 1; the file's version is the number of those run. Append only. */
  readonly migrations: readonly string[]
}

/** How long a writer waits for another process's transaction, ms. Ours take a few ms. */
const BUSY_TIMEOUT_MS = 5_000

/** Pages kept in memory at most, KiB. SQLite's own default is 2,000: less than the rows of 1,000 steps. */
const CACHE_KIB = 16_000

/** @throws RecordsCorrupt for a damaged file or one of a newer version; RecordsUnavailable where it cannot be opened. */
export function openDatabase({ path, synchronous, migrations }: DatabaseOptions): DatabaseSync {
  const database = open(path)
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(`PRAGMA synchronous = ${synchronous}`)
    database.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    migrate(database, path, migrations)
    return database
  } catch (error) {
    database.close()
    if (error instanceof RecordsCorrupt) throw error
    throw new RecordsCorrupt({
      message: `${path} is not a database that can be read: ${(error as Error).message}`,
      next: 'Restore the data folder from a copy, or name another one with --data.',
      cause: error,
    })
  }
}

function open(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') makeFolder(dirname(path))
    return new DatabaseSync(path)
  } catch (error) {
    throw new RecordsUnavailable({
      message: `${path} cannot be opened: ${(error as Error).message}`,
      next: 'Check that the folder exists and may be written, or name another one with --data.',
      cause: error,
    })
  }
}

/** Not by `recursive`, which never ends where a file system such as /proc takes no folder. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { recursive: existsSync(folder) })
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  if (versionOf(database) === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  const version = versionOf(database)
  if (version > migrations.length) {
    throw new RecordsCorrupt({
      message: `${path} has version ${version}, this Baton knows up to ${migrations.length}`,
      next: 'Use the Baton version that wrote it, or a newer one.',
    })
  }
  for (const migration of migrations.slice(version)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${migrations.length}`)
  database.exec('COMMIT')
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}
