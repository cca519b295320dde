import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openS3Seals } from '../../../src/records/seals-s3.ts'
import { RunId, type Sha256 } from '../../../src/schema/ids.ts'
import type { Seal } from '../../../src/schema/run-audit.ts'

const RUN = RunId.parse('run-1')
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
let stop = () => {}
afterEach(() => stop())

const sealOf = (seq: number, signature = 'c2ln') =>
  ({
    ...{ version: 1, team: 'team', runId: RUN, seq, at: '2026-01-01T00:00:00.000Z' },
    ...{ chains: [], faults: ['x'], keyId: 'a'.repeat(64), algorithm: 'ECDSA_SHA_256', signature },
  }) as unknown as Seal

/** A bucket whose policy asks for `If-None-Match`. */
async function prepare() {
  const objects = new Map<string, string>()
  const requests: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { method, headers } = request
      const key = new URL(request.url ?? '', 'http://s3').pathname.replace('/bucket/', '')
      requests.push(`${method} ${key}`)
      const fail = (status: number, code: string) => {
        response.writeHead(status, { 'content-type': 'application/xml' })
        response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
      }
      if (method === 'PUT' && (headers['if-none-match'] !== '*' || !headers['x-amz-checksum-sha256'])) {
        return fail(403, 'AccessDenied')
      }
      if (method === 'PUT' && objects.has(key)) return fail(412, 'PreconditionFailed')
      if (method === 'PUT') {
        objects.set(key, Buffer.concat(chunks).toString())
        return response.writeHead(200, { etag: '"e"' }).end()
      }
      const stored = objects.get(key)
      if (stored === undefined) return fail(404, 'NoSuchKey')
      return response.writeHead(200).end(stored)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = () => void server.close()
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = () =>
    openS3Seals({
      bucket: 'bucket',
      client: { endpoint, region: 'us-east-1', credentials, maxAttempts: 1, forcePathStyle: true },
    })
  return { objects, requests, open, seals: open() }
}

describe('openS3Seals', () => {
  it('keeps each seal once, under its number; another of that number is refused, the same is known again', async () => {
    const { seals, objects, open } = await prepare()
    expect(await seals.add(sealOf(0))).toBe(true)
    expect(await open().add(sealOf(0, 'b3RoZXI='))).toBe(false)
    expect(await seals.add(sealOf(0))).toBe(true)
    expect([...objects.keys()]).toEqual(['seals/run-1/000000000.json'])
    expect(await open().list(RUN)).toEqual([sealOf(0)])
  })

  it('lists by number, and asks again only for what it has not seen', async () => {
    const { seals, requests, open } = await prepare()
    expect(await seals.list(RUN)).toEqual([])
    for (let seq = 0; seq < 40; seq += 1) await seals.add(sealOf(seq))
    expect((await seals.list(RUN)).map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, seq) => seq))
    const before = requests.length
    await seals.list(RUN)
    expect(requests.slice(before)).toEqual(['GET seals/run-1/000000040.json'])
    expect(await open().list(RUN)).toHaveLength(40)
  })

  it('copies rows under their hash, once', async () => {
    const { seals, objects } = await prepare()
    const hash = 'b'.repeat(64) as Sha256
    await seals.addCopy(RUN, hash, 'row\n')
    await seals.addCopy(RUN, hash, 'row\n')
    expect([...objects]).toEqual([[`rows/run-1/${hash}.jsonl`, 'row\n']])
  })

  it('refuses an object that is another seal', async () => {
    const { seals, objects } = await prepare()
    objects.set('seals/run-1/000000000.json', JSON.stringify(sealOf(1)))
    await expect(seals.list(RUN)).rejects.toMatchObject({ name: 'RecordsCorrupt' })
  })
})
