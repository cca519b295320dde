import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { EffectUnknown, NotActed } from '../../../src/errors.ts'
import { writeOf } from '../../../src/integrations/dynamodb-operations.ts'
import { type DynamodbTools, dynamodbTools } from '../../../src/integrations/dynamodb-tools.ts'
import { attributesFrom, attributesTo } from '../../../src/integrations/dynamodb-values.ts'
import { contextOf } from './tool-context.ts'

const TABLE = 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders'
const KEY = { partition: 'customer', sort: 'order' }
const OPERATIONS = {
  get: { kind: 'get', description: 'Gives an order' },
  recent: {
    kind: 'query',
    description: 'Lists orders of a day',
    index: { name: 'by-day', key: { partition: 'day', sort: 'order' } },
    sort: 'beginsWith',
  },
  close: {
    kind: 'update',
    description: 'Closes an order',
    set: { status: z.literal('closed') },
    when: { status: 'open' },
  },
  drop: { kind: 'delete', description: 'Drops an order' },
} as const satisfies DynamodbTools<string>['operations']

const declare = (more: Partial<DynamodbTools<keyof typeof OPERATIONS>> = {}) =>
  dynamodbTools({ name: 'orders', table: TABLE, key: KEY, operations: OPERATIONS, ...more })

describe('what is declared', () => {
  it('has exactly the rights that it needs', () => {
    const { get, recent, close, drop } = declare()
    expect(get.grants).toEqual([{ actions: ['dynamodb:GetItem'], resources: [TABLE] }])
    expect(recent.grants).toEqual([{ actions: ['dynamodb:Query'], resources: [`${TABLE}/index/by-day`] }])
    expect(close.grants).toEqual([{ actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'], resources: [TABLE] }])
    const marks = TABLE.replace('orders', 'marks')
    expect(declare({ markers: { table: marks, key: { partition: 'id' } } }).drop.grants).toEqual([
      { actions: ['dynamodb:DeleteItem'], resources: [TABLE] },
      { actions: ['dynamodb:PutItem'], resources: [marks] },
    ])
    expect([get.effect, close.effect, drop.effect]).toEqual(['read', 'keyed', 'keyed'])
  })

  it('takes values for what was named, and nothing else', () => {
    const { close, recent } = declare()
    const input = { customer: 'c', order: 'o', set: { status: 'closed' } }
    expect(close.input.safeParse(input).success).toBe(true)
    expect(close.input.safeParse({ ...input, set: { status: 'paid' } }).success).toBe(false)
    expect(close.input.safeParse({ ...input, set: { status: 'closed', admin: true } }).success).toBe(false)
    expect(recent.input.safeParse({ day: 'd', order: 'o' }).success).toBe(true)
  })

  it.each([
    [{ table: 'orders' }, /is no table's ARN/],
    [{ key: { partition: { name: 'id', type: 'N' as const } } }, /need a partition key of texts/],
    [{ operations: { x: { kind: 'update' as const, description: 'x' } } }, /changes nothing/],
    [{ operations: { x: { kind: 'update' as const, description: 'x', set: { order: z.string() } } } }, /is of the key/],
    [
      {
        key: { partition: 'id' },
        operations: { x: { kind: 'query' as const, description: 'x', sort: 'equals' as const } },
      },
      /no sort key/,
    ],
  ])('%j is refused', (more, words) => {
    const options = { name: 'orders', table: TABLE, key: KEY, operations: OPERATIONS, ...more }
    expect(() => dynamodbTools(options as DynamodbTools<string>)).toThrow(words)
  })
})

it('no name or value can be a word of an expression', () => {
  const input = { customer: 'c', order: 'o', set: { status: 'closed' } }
  expect(writeOf(OPERATIONS.close, TABLE, KEY, input)).toEqual({
    Update: {
      TableName: TABLE,
      Key: { customer: { S: 'c' }, order: { S: 'o' } },
      ConditionExpression: '#n0 = :v0',
      UpdateExpression: 'SET #n0 = :v1',
      ExpressionAttributeNames: { '#n0': 'status' },
      ExpressionAttributeValues: { ':v0': { S: 'open' }, ':v1': { S: 'closed' } },
    },
  })
})

it('values go there and back', () => {
  const value = { s: 'x', n: 1.5, b: true, z: null, l: [1, { m: 'y' }] }
  expect(attributesFrom(attributesTo(value))).toEqual(value)
  expect(
    attributesFrom({ big: { N: '9007199254740993' }, set: { NS: ['1'] }, bytes: { B: Buffer.from('a') } }),
  ).toEqual({
    big: '9007199254740993',
    set: [1],
    bytes: 'YQ==',
  })
})

describe('what a transaction proves', () => {
  let answer: { readonly status: number; readonly body: object } | 'cut'
  let requests: Record<string, unknown>[]
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      requests.push(JSON.parse(body))
      if (answer === 'cut') return response.destroy()
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
      return response.end(JSON.stringify(answer.body))
    })
  })
  beforeEach(async () => {
    requests = []
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })

  const drop = (fence = 1) => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const tools = declare({ client: { endpoint, credentials, maxAttempts: 1 } })
    return tools.drop.run({ customer: 'c', order: 'o' }, contextOf('call-1', { fence }))
  }
  const cancelled = (...codes: string[]) => ({
    status: 400,
    body: {
      __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
      CancellationReasons: codes.map((Code) => ({ Code })),
    },
  })

  it('a mark, under the name of the call, goes with the change', async () => {
    answer = { status: 200, body: {} }
    expect(await drop()).toEqual({ done: true })
    const [{ TransactItems: [mark, change] = [] } = {}] = requests as { TransactItems?: Record<string, unknown>[] }[]
    expect(mark?.['Put']).toMatchObject({ Item: { customer: { S: 'BATON#call-1' }, order: { S: 'BATON' } } })
    expect(change).toEqual({ Delete: { TableName: TABLE, Key: { customer: { S: 'c' }, order: { S: 'o' } } } })
  })

  it('a mark that is there: it was done', async () => {
    answer = cancelled('ConditionalCheckFailed', 'None')
    expect(await drop()).toEqual({ done: true })
  })

  it.each([
    ['a condition that does not hold', cancelled('None', 'ConditionalCheckFailed'), NotActed],
    ['no right', { status: 400, body: { __type: 'AccessDeniedException', message: 'no' } }, NotActed],
    ['another transaction', cancelled('None', 'TransactionConflict'), EffectUnknown],
    ['a server that fails', { status: 500, body: { __type: 'InternalServerError' } }, EffectUnknown],
    ['no answer', 'cut' as const, EffectUnknown],
  ])('%s', async (_, given, kind) => {
    answer = given
    await expect(drop()).rejects.toThrow(kind)
  })

  it('a refusal of a repeated call says nothing of the first', async () => {
    answer = { status: 400, body: { __type: 'AccessDeniedException', message: 'no' } }
    await expect(drop(2)).rejects.toThrow(EffectUnknown)
  })
})
