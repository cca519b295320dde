import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment } from '../../src/config.ts'
import { openDynamodbRecords } from '../../src/records/dynamodb.ts'
import type { Write } from '../../src/records/records.ts'
import { RECORDS_CONTRACT } from '../../src/testing/records-contract.ts'

const endpoint = environment().BATON_TEST_DYNAMODB_ENDPOINT ?? 'http://127.0.0.1:4566'
const client = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const tables = { records: `records-${randomUUID()}`, journal: `journal-${randomUUID()}` }
const key = (name: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType })

function createTable(TableName: string): CreateTableCommand {
  return new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk', 'ipk', 'isk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'index',
        KeySchema: [key('ipk', 'HASH'), key('isk', 'RANGE')],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  })
}

describe('DynamoDB records', () => {
  const administrator = new DynamoDBClient(client)
  const records = openDynamodbRecords({ tables, index: 'index', client })
  const cases = RECORDS_CONTRACT.map(({ name, run }) => [name, run] as const)

  beforeAll(async () => {
    for (const table of Object.values(tables)) await administrator.send(createTable(table))
  })
  afterAll(async () => {
    records.close()
    for (const TableName of Object.values(tables)) await administrator.send(new DeleteTableCommand({ TableName }))
  })

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
