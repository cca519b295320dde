import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { RECORDS_CONTRACT } from '../../src/testing/records-contract.ts'

const file = join(mkdtempSync(join(tmpdir(), 'baton-records-')), 'records.db')

describe.each([':memory:', file])('SQLite records', (path) => {
  const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
  afterAll(() => records.close())

  it.each(RECORDS_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(records, randomUUID()))
})
