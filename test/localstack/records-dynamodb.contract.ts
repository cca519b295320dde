import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Write } from '../../src/records/records.ts'
import { RECORDS_CONTRACT } from '../../src/testing/records-contract.ts'
import { ownTables } from './support/own-tables.ts'

describe('DynamoDB records', () => {
  const { records, create, remove } = ownTables()
  const cases = RECORDS_CONTRACT.map(({ name, run }) => [name, run] as const)

  beforeAll(create)
  afterAll(remove)

  it.each(cases)('in the records table: %s', (_, run) => run(records, randomUUID()))
  it.each(cases)('in the journal table: %s', (_, run) => run(records, `RUN#${randomUUID()}#a`))

  it('writes to both tables in one transaction, or to none', async () => {
    const runId = randomUUID()
    const row = { partition: `RUN#${runId}#plan`, sort: '000001#000000', attributes: { r: 1 } }
    const head = { partition: `RUN#${runId}`, sort: 'HEAD', attributes: { status: 'running' } }
    const put = (item: typeof row | typeof head): Write => ({ kind: 'put', item, condition: { kind: 'absent' } })
    expect(await records.transact([put(head), put(row)])).toEqual({ ok: true })
    const again = { ...row, sort: '000001#000001' }
    expect(await records.transact([put(again), put(head)])).toEqual({ ok: false, failed: 1, item: head })
    expect((await records.query(row.partition)).items).toEqual([row])
    expect(await records.get(head)).toEqual(head)
  })
})
