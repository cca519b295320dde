import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openDatabase } from '../../../src/sqlite/database.ts'
import { GroupCommit } from '../../../src/sqlite/group-commit.ts'
import { SharedRead } from '../../../src/sqlite/shared-read.ts'

function prepare() {
  const path = join(mkdtempSync(join(tmpdir(), 'baton-sqlite-')), 'a.db')
  const open = () =>
    openDatabase({ path, synchronous: 'NORMAL', migrations: ['CREATE TABLE t (k INTEGER PRIMARY KEY) STRICT'] })
  const [database, other] = [open(), open()]
  const reads = new SharedRead(database)
  const count = database.prepare('SELECT count(*) AS n FROM t')
  const read = () => {
    reads.begin()
    return count.get()?.['n']
  }
  return { database, other, reads, read }
}

it('sees in the next turn what another connection has written', async () => {
  const { other, read } = prepare()
  expect(read()).toBe(0)
  other.exec('INSERT INTO t VALUES (1)')
  await setImmediate()
  expect(read()).toBe(1)
})

it('ends before a write, which then sees the newest state, and reads see the write', async () => {
  const { database, other, reads, read } = prepare()
  const group = new GroupCommit(database, { begin: () => reads.end() })
  expect(read()).toBe(0)
  other.exec('INSERT INTO t VALUES (1)')
  const written = group.run(() => database.prepare('INSERT INTO t SELECT count(*) + 1 FROM t').run().changes)
  expect(await written).toBe(1)
  expect(read()).toBe(2)
})

it('leaves a database that was closed alone', async () => {
  const { database, read } = prepare()
  read()
  database.close()
  await setImmediate()
  expect(database.isOpen).toBe(false)
})
