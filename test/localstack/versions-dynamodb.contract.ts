/** Versions, releases and canaries on DynamoDB, as they are on SQLite: the same suite. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { VERSIONS_CONTRACT } from '../unit/versions/versions-contract.ts'
import { ownTables } from './support/own-tables.ts'

const { records, create, remove } = ownTables()
beforeAll(create)
afterAll(remove)

describe('on DynamoDB', () => {
  it.each(VERSIONS_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(records, randomUUID()))
})
