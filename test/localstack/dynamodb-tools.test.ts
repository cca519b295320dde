import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { environment } from '../../src/config.ts'
import { NotActed } from '../../src/errors.ts'
import { dynamodbTools } from '../../src/integrations/dynamodb-tools.ts'
import { contextOf } from '../unit/integrations/tool-context.ts'

const endpoint = environment().BATON_TEST_DYNAMODB_ENDPOINT ?? 'http://127.0.0.1:4566'
const client = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const administrator = new DynamoDBClient(client)
const TableName = `orders-${randomUUID()}`

const tools = dynamodbTools({
  name: 'orders',
  table: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`,
  key: { partition: 'customer', sort: { name: 'number', type: 'N' } },
  client,
  markers: { expires: { attribute: 'expires', days: 7 } },
  operations: {
    get: { kind: 'get', description: 'Gives an order' },
    list: { kind: 'query', description: 'Lists orders', sort: 'between', mostItems: 2, descending: true },
    open: {
      kind: 'put',
      description: 'Opens an order',
      item: z.object({ status: z.literal('open'), cents: z.int(), lines: z.array(z.json()).optional() }),
      when: 'absent',
    },
    charge: {
      kind: 'update',
      description: 'Adds to an open order',
      add: { cents: z.int() },
      set: { note: z.string().optional() },
      when: { status: 'open' },
    },
    drop: { kind: 'delete', description: 'Drops an order', when: 'exists' },
  },
})

const order = (number: number) => ({ customer: 'c-1', number })
const item = async (number: number) => {
  const { item: found } = (await tools.get.run(order(number), contextOf('read'))) as { item: Record<string, unknown> }
  return found
}

beforeAll(async () => {
  await administrator.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'customer', AttributeType: 'S' },
        { AttributeName: 'number', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'customer', KeyType: 'HASH' },
        { AttributeName: 'number', KeyType: 'RANGE' },
      ],
    }),
  )
})
afterAll(() => administrator.send(new DeleteTableCommand({ TableName })))

describe('DynamoDB tools', () => {
  it('read what they write, in DynamoDB’s own types', async () => {
    const opened = { status: 'open', cents: 100, lines: [{ sku: 'a', amount: 1.5 }, null, true] }
    await tools.open.run({ ...order(1), item: opened }, contextOf(randomUUID()))
    expect(await item(1)).toEqual({ ...order(1), ...opened })
    expect(await item(99)).toBeNull()
    for (const number of [2, 3]) {
      await tools.open.run({ ...order(number), item: { status: 'open', cents: 1 } }, contextOf(randomUUID()))
    }
    const context = contextOf('read')
    expect(await tools.list.run({ customer: 'c-1', number: { from: 1, to: 3 } }, context)).toMatchObject({
      items: [{ number: 3 }, { number: 2 }],
      isCut: true,
    })
    expect(context.sources).toHaveLength(1)
  })

  it('change an item once for a call, however often and by whomever it is made', async () => {
    await tools.open.run({ ...order(10), item: { status: 'open', cents: 0 } }, contextOf(randomUUID()))
    const callId = randomUUID()
    const charge = (fence: number) =>
      tools.charge
        .run({ ...order(10), add: { cents: 5 }, set: {} }, contextOf(callId, { fence }))
        .catch((error) => error)
    await Promise.all([charge(1), charge(2), charge(1)])
    expect(await charge(3)).toEqual({ done: true })
    expect((await item(10))['cents']).toBe(5)
  })

  it('refuse what its condition does not allow, and write nothing', async () => {
    const again = tools.open.run({ ...order(1), item: { status: 'open', cents: 7 } }, contextOf(randomUUID()))
    await expect(again).rejects.toThrow(NotActed)
    const none = tools.charge.run({ ...order(77), add: { cents: 5 }, set: {} }, contextOf(randomUUID()))
    await expect(none).rejects.toThrow(NotActed)
    expect((await item(1))['cents']).toBe(100)
  })

  it('do nothing late that a later try has refused', async () => {
    const callId = randomUUID()
    const drop = (fence: number) => tools.drop.run(order(20), contextOf(callId, { fence }))
    await expect(drop(2)).rejects.toThrow(NotActed)
    await tools.open.run({ ...order(20), item: { status: 'open', cents: 1 } }, contextOf(randomUUID()))
    await expect(drop(1)).rejects.toThrow(NotActed)
    await expect(drop(2)).rejects.toThrow(NotActed)
    expect(await item(20)).toMatchObject({ cents: 1 })
    await tools.drop.run(order(20), contextOf(randomUUID()))
    expect(await item(20)).toBeNull()
  })

  it('leave a mark for each call, which ends by itself', async () => {
    const { Items = [] } = await administrator.send(new ScanCommand({ TableName }))
    const marks = Items.filter(({ customer }) => customer?.S?.startsWith('BATON#'))
    expect(marks.length).toBeGreaterThan(5)
    expect(marks.every(({ expires }) => expires?.N === String(7 * 86_400))).toBe(true)
  })
})
