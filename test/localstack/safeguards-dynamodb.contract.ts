/** Claims, brakes and breakers over DynamoDB: the same contracts as over SQLite, fewer times. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Item, Key, Page, Records, Write, WriteOutcome } from '../../src/records/records.ts'
import { faultlessContract, LEDGER_KINDS, ledgerContract } from '../faults/ledger-contract.ts'
import { BRAKE_CONTRACT } from '../unit/brake/brake-contract.ts'
import { BREAKER_CONTRACT } from '../unit/breaker/breaker-contract.ts'
import { ownTables } from './support/own-tables.ts'

const RUNS = 4
/** Simulations of minutes with 40 processes: over SQLite alone, as no condition in them is new. */
const LONG = /40|minutes|processes/

/** Partitions of its own in the same tables, for a contract that begins with nothing each time. */
function apart(records: Records): Records {
  const mark = `~${randomUUID()}`
  const to = <K extends Key>(key: K): K => ({ ...key, partition: key.partition + mark })
  const from = (item: Item): Item => ({ ...item, partition: item.partition.replace(mark, '') })
  const page = ({ items, ...rest }: Page): Page => ({ ...rest, items: items.map(from) })
  const write = (one: Write): Write =>
    one.kind === 'put' ? { ...one, item: to(one.item) } : { ...one, key: to(one.key) }
  const told = (outcome: WriteOutcome): WriteOutcome =>
    outcome.ok || outcome.item === undefined ? outcome : { ...outcome, item: from(outcome.item) }
  return {
    get: async (key) => {
      const item = await records.get(to(key))
      return item && from(item)
    },
    query: async (partition, options) => page(await records.query(partition + mark, options)),
    queryIndex: async (partition, options) => page(await records.queryIndex(partition, options)),
    write: async (one) => told(await records.write(write(one))),
    transact: async (writes) => told(await records.transact(writes.map(write))),
  }
}

describe('over DynamoDB', () => {
  const { records, create, remove } = ownTables()
  beforeAll(create)
  afterAll(remove)

  describe.each(LEDGER_KINDS)('%s calls of several processes', (kind) => {
    const open = async () => apart(records)
    it('happen as they promise, whatever is lost, dies, stops or has a wrong clock', () =>
      ledgerContract(kind, open, RUNS))
    it('happen once and are never in doubt, without a fault', () => faultlessContract(kind, open, RUNS))
  })

  it.each(BRAKE_CONTRACT.map(({ name, run }) => [name, run] as const))('a brake %s', (_, run) => run(apart(records)))

  const cases = BREAKER_CONTRACT.filter(({ name }) => !LONG.test(name)).map(({ name, run }) => [name, run] as const)
  it.each(cases)('a breaker %s', async (_, run) => void (await run(records, randomUUID())))
})
