import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openDynamodbRecords } from '../../../src/records/dynamodb.ts'
import type { Write } from '../../../src/records/records.ts'

const key = { partition: 'p', sort: 's' }
const write: Write = { kind: 'put', item: { ...key, attributes: {} }, condition: { kind: 'absent' } }
let stop = () => {}

/** A server that answers everything with this error, and the records that talk to it. */
async function prepare(status: number, body: object) {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.on('data', (chunk) => bodies.push(String(chunk)))
    request.on('end', () =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  stop = () => server.close()
  return { records: open(port), bodies }
}

function open(port: number) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = { endpoint: `http://127.0.0.1:${port}`, region: 'eu-central-1', credentials, maxAttempts: 1 }
  return openDynamodbRecords({ tables: { records: 'records', journal: 'journal' }, index: 'index', client })
}

const fault = (name: string) => ({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'no' })
const cancelled = (...codes: string[]) => ({
  ...fault('TransactionCanceledException'),
  CancellationReasons: codes.map((Code) => ({ Code })),
})

afterEach(() => stop())

describe('openDynamodbRecords, when DynamoDB says no', () => {
  it.each([
    [400, fault('ProvisionedThroughputExceededException'), 'RetryableRecordsUnavailable'],
    [400, fault('ThrottlingException'), 'RetryableRecordsUnavailable'],
    [400, fault('TransactionConflictException'), 'RetryableRecordsUnavailable'],
    [500, fault('InternalServerError'), 'RetryableRecordsUnavailable'],
    [503, {}, 'RetryableRecordsUnavailable'],
    [400, fault('ValidationException'), 'InvalidRequest'],
    [400, fault('ResourceNotFoundException'), 'InvalidRequest'],
    [400, fault('AccessDeniedException'), 'InvalidRequest'],
  ])('%i %j is a %s', async (status, body, name) => {
    const { records } = await prepare(status, body)
    for (const request of [records.get(key), records.query('p'), records.write(write), records.transact([write])]) {
      await expect(request).rejects.toMatchObject({ name })
    }
  })

  it.each([
    [cancelled('None', 'TransactionConflict'), 'RetryableRecordsUnavailable'],
    [cancelled('ThrottlingError', 'None'), 'RetryableRecordsUnavailable'],
    [cancelled('None', 'ValidationError'), 'InvalidRequest'],
  ])('a transaction cancelled by %j is a %s', async (body, name) => {
    const { records } = await prepare(400, body)
    await expect(records.transact([write])).rejects.toMatchObject({ name })
  })

  it('a refused connection is a RecordsUnavailable', async () => {
    await expect(open(1).get(key)).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  })

  it('each transaction has a token of its own', async () => {
    const { records, bodies } = await prepare(200, {})
    await records.transact([write])
    await records.transact([write])
    const tokens = bodies.map((body) => JSON.parse(body).ClientRequestToken)
    expect(tokens[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(tokens[1]).not.toBe(tokens[0])
  })

  it('asks the journal table for what is of a step, the records table for all else', async () => {
    const { records, bodies } = await prepare(200, {})
    const tablesAsked = () => bodies.splice(0).map((body) => JSON.parse(body).TableName)
    for (const partition of ['RUN#r#plan', 'RUN#r#findings:3/research', 'RUN#r#:run']) {
      await records.query(partition)
      await records.get({ partition, sort: 's' })
    }
    await records.queryIndex('RUN#r')
    expect(new Set(tablesAsked())).toEqual(new Set(['journal']))
    for (const partition of [
      'RUN#r',
      'RUN#r#STEP#plan',
      'RUN#r#STATE#a',
      'RUN#r#BUDGET',
      'LEASE#RUN#r#plan',
      'REG#t',
    ]) {
      await records.query(partition)
    }
    await records.queryIndex('RUNS')
    expect(new Set(tablesAsked())).toEqual(new Set(['records']))
  })

  it('names the table of each write in a transaction', async () => {
    const { records, bodies } = await prepare(200, {})
    const row: Write = { kind: 'check', key: { partition: 'RUN#r#plan', sort: '1' }, condition: { kind: 'exists' } }
    await records.transact([write, row])
    const [first, second] = JSON.parse(bodies[0] ?? '').TransactItems
    expect([first.Put.TableName, second.ConditionCheck.TableName]).toEqual(['records', 'journal'])
  })
})
