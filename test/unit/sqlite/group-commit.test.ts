import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../src/sqlite/database.ts'
import { GroupCommit } from '../../../src/sqlite/group-commit.ts'

const migrations = ['CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER) STRICT']
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-sqlite-'))
})

describe('GroupCommit', () => {
  it('commits what is asked for at once in one transaction', async () => {
    const database = openDatabase({ path: join(folder, 'a.db'), synchronous: 'NORMAL', migrations })
    let commits = 0
    const group = new GroupCommit(database, { before() {}, after: () => commits++ })
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)')
    await Promise.all(Array.from({ length: 100 }, (_, i) => group.run(() => insert.run(`k${i}`, i))))
    expect(commits).toBe(1)
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toMatchObject({ n: 100 })
  })

  it('undoes all of one failed write and none of its neighbours', async () => {
    const database = openDatabase({ path: ':memory:', synchronous: 'NORMAL', migrations })
    const group = new GroupCommit(database)
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)')
    const [first, failed, last] = await Promise.allSettled([
      group.run(() => insert.run('a', 1)),
      group.run(() => {
        insert.run('b', 2)
        throw new Error('no')
      }),
      group.run(() => insert.run('c', 3)),
    ])
    expect([first?.status, failed?.status, last?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(database.prepare('SELECT k FROM t ORDER BY k').all()).toEqual([{ k: 'a' }, { k: 'c' }])
  })

  it('rejects with a typed error when the database is gone', async () => {
    const database = openDatabase({ path: ':memory:', synchronous: 'NORMAL', migrations })
    const group = new GroupCommit(database)
    database.close()
    await expect(group.run(() => 1)).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  })
})

describe('openDatabase', () => {
  it('refuses a damaged file and one of a newer version, by name', () => {
    const damaged = join(folder, 'damaged.db')
    writeFileSync(damaged, 'not a database at all, not even nearly, but long enough to be looked at'.repeat(20))
    expect(() => openDatabase({ path: damaged, synchronous: 'NORMAL', migrations })).toThrow(/not a database/)
    const newer = join(folder, 'newer.db')
    openDatabase({ path: newer, synchronous: 'NORMAL', migrations: [...migrations, 'SELECT 1'] }).close()
    expect(() => openDatabase({ path: newer, synchronous: 'NORMAL', migrations })).toThrow(/has version 2/)
  })

  it('brings an older file up to date and keeps what it holds', () => {
    const path = join(folder, 'old.db')
    const old = openDatabase({ path, synchronous: 'NORMAL', migrations })
    old.exec("INSERT INTO t VALUES ('a', 1)")
    old.close()
    const now = openDatabase({
      path,
      synchronous: 'NORMAL',
      migrations: [...migrations, 'ALTER TABLE t ADD COLUMN w TEXT'],
    })
    expect(now.prepare('SELECT * FROM t').all()).toEqual([{ k: 'a', v: 1, w: null }])
  })
})
