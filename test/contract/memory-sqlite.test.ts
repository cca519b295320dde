import { randomUUID } from 'node:crypto'
import { afterAll, describe, it } from 'vitest'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { MEMORY_CONTRACT } from '../../src/testing/memory-contract.ts'

describe('memory on SQLite', () => {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  afterAll(() => records.close())

  it.each(MEMORY_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(records, randomUUID()))
})
