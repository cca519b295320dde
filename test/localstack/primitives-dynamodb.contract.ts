/** The primitives that agents work together by, on DynamoDB as they are on SQLite. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { PRIMITIVES_CONTRACT } from '../../src/testing/primitives-contract.ts'
import { mailboxContract } from '../faults/mailbox-contract.ts'
import { ownTables } from './support/own-tables.ts'

const { records, create, remove } = ownTables()
beforeAll(create)
afterAll(remove)

/** Each makes hundreds of requests. */
const EXAMPLES = 4

describe('on DynamoDB', () => {
  it.each(PRIMITIVES_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) =>
    run(records, randomUUID()),
  )

  it('mailboxes lose nothing, whatever befalls their processes', () => mailboxContract(async () => records, EXAMPLES))
})
