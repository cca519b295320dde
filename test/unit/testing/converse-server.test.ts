import http2 from 'node:http2'
import { expect, it, onTestFinished } from 'vitest'
import { converseReply, startConverseServer } from '../../../src/testing/converse-server.ts'

async function post(path: string, body: string) {
  const server = await startConverseServer(() => converseReply([{ text: 'yes' }]))
  onTestFinished(() => server.close())
  const client = http2.connect(server.url)
  onTestFinished(() => client.close())
  const stream = client.request({ ':method': 'POST', ':path': path })
  stream.end(body)
  const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])))
  let text = ''
  for await (const chunk of stream) text += chunk
  return { status, text, calls: server.calls.length }
}

it.each([
  ['/model/any/converse', '{"messages":', 400],
  ['/model/any/converse', '[]', 400],
  ['/model/any/converse', '', 400],
  ['/model/any/invoke', '{}', 404],
  ['/', '{}', 404],
  ['/model/any/converse', JSON.stringify({ text: 'x'.repeat(33 * 1024 * 1024) }), 413],
])('refuses what is no request: %s %.12s', async (path, body, expected) => {
  const { status, text, calls } = await post(path, body)
  expect([status, calls]).toEqual([expected, 0])
  expect(JSON.parse(text)).toHaveProperty('message')
})

it('answers a request whose model id is an ARN', async () => {
  const arn = 'arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.any'
  expect(await post(`/model/${encodeURIComponent(arn)}/converse`, '{}')).toMatchObject({ status: 200, calls: 1 })
})

it('lets others in only where it is told to', async () => {
  const open = await startConverseServer(() => 'hang', { host: '0.0.0.0' })
  onTestFinished(() => open.close())
  expect(open.url).toBe(`http://127.0.0.1:${open.port}`)
})
