/** Shared state on DynamoDB, as it is on SQLite: the same suite, fewer examples. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { StateReducer } from '../../src/schema/state.ts'
import { STATE_CONTRACT, stateProperty } from '../unit/state/state-contract.ts'
import { apart } from './support/apart.ts'
import { ownTables } from './support/own-tables.ts'

const { records, create, remove } = ownTables()
beforeAll(create)
afterAll(remove)

const EXAMPLES = 4

describe('on DynamoDB', () => {
  it.each(STATE_CONTRACT.map(({ name, run }) => [name, run] as const))('shared state: %s', (_, run) =>
    run(records, randomUUID()),
  )

  it.each(StateReducer.options)('shared state loses no %s, whatever befalls its writers', (reducer) =>
    stateProperty(reducer, async () => apart(records, randomUUID()), EXAMPLES),
  )
})
