/** Two tables of a contract test's own, as a stack would have them. */
import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { environment } from '../../../src/config.ts'
import { type DynamodbRecords, openDynamodbRecords } from '../../../src/records/dynamodb.ts'

const endpoint = environment().BATON_TEST_DYNAMODB_ENDPOINT ?? 'http://127.0.0.1:4566'
const client = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }

export interface OwnTables {
  readonly records: DynamodbRecords
  create(): Promise<void>
  remove(): Promise<void>
}

export function ownTables(): OwnTables {
  const tables = { records: `records-${randomUUID()}`, journal: `journal-${randomUUID()}` }
  const administrator = new DynamoDBClient(client)
  const records = openDynamodbRecords({ tables, index: 'index', client })
  return {
    records,
    async create() {
      for (const table of Object.values(tables)) await administrator.send(createTable(table))
    },
    async remove() {
      records.close()
      for (const TableName of Object.values(tables)) await administrator.send(new DeleteTableCommand({ TableName }))
    },
  }
}

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

function key(name: string, KeyType: 'HASH' | 'RANGE') {
  return { AttributeName: name, KeyType }
}
