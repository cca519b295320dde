/** Against a stand-in that speaks the wire format of ApplyGuardrail: real Bedrock is not reached here. */
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { bedrockGuardrail } from '../../../src/integrations/bedrock-guardrail.ts'
import type { Json } from '../../../src/schema/json.ts'

const ARN = 'arn:aws:bedrock:eu-central-1:123456789012:guardrail/abc123'
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }
const context = { runId: 'r', stepId: 's', agent: 'a', signal: new AbortController().signal, credentials }

interface Asked {
  readonly path: string
  readonly body: { readonly source: string; readonly content: readonly { readonly text: { readonly text: string } }[] }
}

async function standIn(status: number, answer: object, name = 'Error') {
  const asked: Asked[] = []
  const server = http2.createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      asked.push({ path: decodeURIComponent(request.url), body: JSON.parse(Buffer.concat(parts).toString()) })
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': name })
      response.end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rules = bedrockGuardrail({ arn: ARN, version: '3', endpoint })
  return { asked, rules, ask: (value: Json, at = 'model.before' as const) => rules.run({ at, value }, context) }
}

const blocks = [
  { type: 'text', text: 'my name is Anna' },
  { type: 'toolResult', toolUseId: 'x', status: 'ok', content: ['Bob'] },
]

it('asks about every text that somebody wrote, and lets pass what Bedrock does', async () => {
  const { asked, rules, ask } = await standIn(200, { action: 'NONE', outputs: [], assessments: [] })
  expect(await ask(blocks)).toEqual({ verdict: 'proceed' })
  expect(asked[0]?.path).toBe(`/guardrail/${ARN}/version/3/apply`)
  expect(asked[0]?.body).toMatchObject({ source: 'INPUT' })
  expect(asked[0]?.body.content.map(({ text }) => text.text)).toEqual(['my name is Anna', 'Bob'])
  expect(await ask([{ type: 'text', text: ' ' }])).toEqual({ verdict: 'proceed' })
  expect(asked).toHaveLength(1)
  expect(rules.grants).toEqual([{ actions: ['bedrock:ApplyGuardrail'], resources: [ARN] }])
})

it('puts masked texts in their place, and denies what is blocked', async () => {
  const outputs = [{ text: 'my name is {NAME}' }, { text: '{NAME}' }]
  const masked = await standIn(200, {
    action: 'GUARDRAIL_INTERVENED',
    actionReason: 'Guardrail masked.',
    outputs,
    assessments: [],
  })
  expect(await masked.ask(blocks)).toMatchObject({
    verdict: 'transform',
    value: [{ text: 'my name is {NAME}' }, { toolUseId: 'x', content: ['{NAME}'] }],
  })
  const answer = { action: 'GUARDRAIL_INTERVENED', actionReason: 'Guardrail blocked.', assessments: [] }
  const blocked = await standIn(200, { ...answer, outputs: [{ text: 'Sorry.' }] })
  expect(await blocked.ask(blocks)).toEqual({ verdict: 'deny', reason: 'Guardrail blocked.' })
})

it('asks about names of fields and numbers, and about everything in arguments and results', async () => {
  const { asked, rules } = await standIn(200, { action: 'NONE', outputs: [], assessments: [] })
  await rules.run({ at: 'tool.before', tool: 't', value: { name: 'a', status: { deep: 'b' }, n: 5 } }, context)
  const content = [{ type: 'toolResult', toolUseId: 'x', status: 'ok', content: { id: 'c' } }]
  await rules.run({ at: 'model.before', value: content }, context)
  const texts = asked.map(({ body }) => body.content.map(({ text }) => text.text))
  expect(texts).toEqual([
    ['name', 'a', 'status', 'deep', 'b', 'n', '5'],
    ['id', 'c'],
  ])
})

it.each([{}, { action: 'MAYBE' }])('lets nothing pass where it says %j', async (answer) => {
  const { ask } = await standIn(200, { outputs: [], assessments: [], ...answer })
  expect(await ask(blocks)).toMatchObject({ verdict: 'deny' })
})

it('is tried again where Bedrock is busy, and lets nothing pass where it refuses', async () => {
  const busy = await standIn(429, { message: 'slow down' }, 'ThrottlingException')
  await expect(busy.ask(blocks)).rejects.toMatchObject({ name: 'RetryableModelUnavailable' })
  const forbidden = await standIn(403, { message: 'no' }, 'AccessDeniedException')
  await expect(forbidden.ask(blocks)).rejects.toMatchObject({ name: 'AccessDeniedException' })
})
