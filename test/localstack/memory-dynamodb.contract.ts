/** Memory across runs on DynamoDB, as it is on SQLite: the same suite. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { MEMORY_CONTRACT } from '../../src/testing/memory-contract.ts'
import { ownTables } from './support/own-tables.ts'

const { records, create, remove } = ownTables()
beforeAll(create)
afterAll(remove)

describe('memory on DynamoDB', () => {
  it.each(MEMORY_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(records, randomUUID()))
})
