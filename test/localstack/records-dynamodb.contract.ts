import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { environment } from '../../src/config.ts'
import { openDynamodbRecords } from '../../src/records/dynamodb.ts'
import { RECORDS_CONTRACT } from '../../src/testing/records-contract.ts'

const endpoint = environment().BATON_TEST_DYNAMODB_ENDPOINT ?? 'http://127.0.0.1:4566'
const client = { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const table = `records-${randomUUID()}`
const key = (name: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType })

describe('DynamoDB records', () => {
  const administrator = new DynamoDBClient(client)
  const records = openDynamodbRecords({ table, index: 'by-index', client })

  beforeAll(() =>
    administrator.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk', 'ipk', 'isk'].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S',
        })),
        KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-index',
            KeySchema: [key('ipk', 'HASH'), key('isk', 'RANGE')],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      }),
    ),
  )
  afterAll(async () => {
    records.close()
    await administrator.send(new DeleteTableCommand({ TableName: table }))
  })

  it.each(RECORDS_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(records, randomUUID()))
})
