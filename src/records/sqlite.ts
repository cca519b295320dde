/**
 * The records port on one SQLite file: conditions are evaluated inside the transaction, in code. Holds no domain items'
 * meaning, and is no place for content over 400 KB.
 */
import { openDatabase, type Synchronous } from '../sqlite/database.ts'
import { GroupCommit } from '../sqlite/group-commit.ts'
import { SharedRead } from '../sqlite/shared-read.ts'
import { checkKey, checkWrite, checkWrites } from './limits.ts'
import type { Records } from './records.ts'
import { MIGRATIONS, openTable, prepareWrite } from './sqlite-table.ts'

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
  const reads = new SharedRead(database)
  const group = new GroupCommit(database, { begin: () => reads.end(), rolledBack: table.forget })
  return {
    async get(key) {
      checkKey(key)
      reads.begin()
      return table.find(key)
    },
    async query(partition, options = {}) {
      reads.begin()
      return table.page(partition, options)
    },
    async queryIndex(partition, options = {}) {
      reads.begin()
      return table.indexPage(partition, options)
    },
    async write(write) {
      checkWrite(write)
      const prepared = [prepareWrite(write)]
      return group.runUnmarked(() => table.apply(prepared))
    },
    async transact(writes) {
      checkWrites(writes)
      const prepared = writes.map(prepareWrite)
      return group.runUnmarked(() => table.apply(prepared))
    },
    close() {
      if (database.isOpen) database.close()
    },
  }
}
