import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSecretsManager } from '../../../functions/secrets-manager.ts'
import { InvalidRequest, NotFound } from '../../../src/errors.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

let asked: string[]
let answers: Record<string, { readonly status: number; readonly body: object }>
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => {
    const { SecretId } = JSON.parse(body) as { SecretId: string }
    asked.push(SecretId)
    const missing = { status: 400, body: { __type: 'ResourceNotFoundException', message: 'none' } }
    const answer = answers[SecretId] ?? missing
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(answer.body))
  })
})
beforeEach(async () => {
  asked = []
  answers = { 'baton/shop/token': { status: 200, body: { SecretString: 'one' } } }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

function open(clock = fakeClock()) {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const client = { endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 }
  return openSecretsManager({ team: 'shop', clock, client })()
}

it('reads a secret of the team, keeps it for minutes, and then sees a new one', async () => {
  const clock = fakeClock()
  const read = open(clock)
  expect([await read('token'), await read('token')]).toEqual(['one', 'one'])
  expect(asked).toEqual(['baton/shop/token'])
  answers['baton/shop/token'] = { status: 200, body: { SecretString: 'two' } }
  await clock.advance(5 * 60_000)
  expect(await read('token')).toBe('two')
})

it('says what to do about one that is not there, or not to be read', async () => {
  await expect(open()('other')).rejects.toMatchObject({
    name: 'NotFound',
    next: expect.stringContaining('create-secret --name baton/shop/other'),
  })
  answers['baton/shop/token'] = { status: 400, body: { __type: 'AccessDeniedException', message: 'no' } }
  await expect(open()('token')).rejects.toThrow(InvalidRequest)
  answers['baton/shop/token'] = { status: 200, body: { SecretBinary: 'AAAA' } }
  await expect(open()('token')).rejects.toThrow(/is no text/)
})

it('keeps no failure', async () => {
  const read = open()
  await expect(read('late')).rejects.toThrow(NotFound)
  answers['baton/shop/late'] = { status: 200, body: { SecretString: 'there' } }
  expect(await read('late')).toBe('there')
})
