import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openS3Artifacts } from '../../../src/records/artifacts-s3.ts'
import { RunId } from '../../../src/schema/ids.ts'

const runId = RunId.parse('run-1')
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
let stop = () => {}
afterEach(() => stop())

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** What S3 does with conditional puts and gets of whole objects, over HTTP. */
function bucketIn(objects: Map<string, Buffer>, requests: string[]): Answer {
  return ({ method, url = '', headers }, response, body) => {
    const key = new URL(url, 'http://s3').pathname
    requests.push(`${method} ${key}`)
    const stored = objects.get(key)
    if (method === 'PUT' && headers['if-none-match'] !== '*') return fail(response, 403, 'AccessDenied')
    if (method === 'PUT' && stored !== undefined) return fail(response, 412, 'PreconditionFailed')
    if (method === 'PUT') {
      objects.set(key, body)
      return response.writeHead(200, { etag: '"e"' }).end()
    }
    if (stored === undefined) return fail(response, 404, 'NoSuchKey')
    return response.writeHead(200, { 'content-length': stored.byteLength }).end(stored)
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
}

async function prepare(answer?: Answer) {
  const objects = new Map<string, Buffer>()
  const requests: string[] = []
  const answerWith = answer ?? bucketIn(objects, requests)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => answerWith(request, response, Buffer.concat(chunks)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  stop = () => void server.close()
  return { artifacts: open(port), objects, requests }
}

function open(port: number) {
  const endpoint = `http://127.0.0.1:${port}`
  return openS3Artifacts({ bucket: 'bucket', client: { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 } })
}

describe('openS3Artifacts', () => {
  it.each([[{ a: ['ä', null] }], ['text'], [null], [[]]])('gives back JSON %j', async (content) => {
    const { artifacts } = await prepare()
    expect(await artifacts.get(runId, await artifacts.put(runId, content))).toEqual(content)
  })

  it('keeps bytes under the run and their hash', async () => {
    const { artifacts, objects } = await prepare()
    const bytes = new Uint8Array(3_000_000).map((_, i) => i % 251)
    const reference = await artifacts.put(runId, bytes)
    expect([...objects.keys()]).toEqual([`/bucket/runs/run-1/${reference.$ref.slice('sha256:'.length)}`])
    expect(Buffer.compare(await artifacts.getBytes(runId, reference), bytes)).toBe(0)
  })

  it('takes an object that is there already for put, by one request', async () => {
    const { artifacts, requests } = await prepare()
    const first = await artifacts.put(runId, 'content')
    expect(await artifacts.put(runId, 'content')).toEqual(first)
    expect(requests).toHaveLength(2)
  })

  it('tells a missing artifact from a damaged one', async () => {
    const { artifacts, objects } = await prepare()
    const reference = await artifacts.put(runId, { text: 'x'.repeat(100) })
    for (const key of objects.keys()) objects.set(key, Buffer.from('other'))
    await expect(artifacts.get(runId, reference)).rejects.toMatchObject({ name: 'RecordsCorrupt' })
    objects.clear()
    await expect(artifacts.get(runId, reference)).rejects.toMatchObject({ name: 'NotFound' })
    const other = RunId.parse('run-2')
    await expect(artifacts.get(other, reference)).rejects.toMatchObject({ name: 'NotFound' })
  })

  it("does not follow a reference to another run's objects", async () => {
    const { artifacts, requests } = await prepare()
    const $ref = `sha256:../run-2/${'a'.repeat(64)}` as const
    await expect(artifacts.getBytes(runId, { $ref })).rejects.toMatchObject({ name: 'InvalidRequest' })
    expect(requests).toEqual([])
  })

  it.each([
    [503, 'SlowDown', 'RetryableRecordsUnavailable', 'RetryableRecordsUnavailable'],
    [500, 'InternalError', 'RetryableRecordsUnavailable', 'RetryableRecordsUnavailable'],
    [409, 'ConditionalRequestConflict', 'RetryableRecordsUnavailable', 'RetryableRecordsUnavailable'],
    [400, 'RequestTimeout', 'RetryableRecordsUnavailable', 'RetryableRecordsUnavailable'],
    [404, 'NoSuchBucket', 'InvalidRequest', 'InvalidRequest'],
    [403, 'AccessDenied', 'InvalidRequest', 'NotFound'],
  ])('%i %s is a %s when put and a %s when read', async (status, code, whenPut, whenRead) => {
    const { artifacts } = await prepare((_, response) => fail(response, status, code))
    await expect(artifacts.put(runId, 'x')).rejects.toMatchObject({ name: whenPut })
    const $ref = `sha256:${'a'.repeat(64)}` as const
    await expect(artifacts.get(runId, { $ref })).rejects.toMatchObject({ name: whenRead })
  })

  it('a refused connection is a RecordsUnavailable', async () => {
    await expect(open(1).put(runId, 'x')).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  })

  it('a connection cut in the middle of an object is a RecordsUnavailable', async () => {
    const { artifacts } = await prepare((_, response) => {
      response.writeHead(200, { 'content-length': 1_000 }).write('half')
      setImmediate(() => response.destroy())
    })
    const $ref = `sha256:${'a'.repeat(64)}` as const
    await expect(artifacts.get(runId, { $ref })).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  })
})
