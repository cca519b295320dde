import { randomUUID } from 'node:crypto'
import { describe, it } from 'vitest'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { PRIMITIVES_CONTRACT } from '../../../src/testing/primitives-contract.ts'

describe('on SQLite', () => {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  it.each(PRIMITIVES_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) =>
    run(records, randomUUID()),
  )
})
