import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Model } from '../../../src/models/model.ts'
import { createOpenAiCompatibleModel } from '../../../src/models/openai-compatible.ts'
import { ModelRequest, ModelResponse } from '../../../src/schema/model-call.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

let server: Server
let url: string
let model: Model
let received: Received[]
let respond: (response: ServerResponse) => void

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    received.push({ path: request.url ?? '', headers: request.headers, body })
    respond(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  model = createOpenAiCompatibleModel({ url: `${url}/`, model: 'qwen3:8b', apiKey: 'sk-1' })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  received = []
  answers(completion({ content: 'Hello.' }))
})

function answers(body: unknown, status = 200, headers: Record<string, string> = {}): void {
  respond = (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const counted = { prompt_tokens: 100, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 64 } }

function completion(message: object, finish_reason: string | null = 'stop', usage: object | undefined = counted) {
  return { id: 'x', model: 'qwen3:8b', choices: [{ index: 0, message, finish_reason }], usage }
}

function toolCall(args: unknown, id: string | null = 'call_9') {
  return { id, type: 'function', function: { name: 'search', arguments: args } }
}

function asks(changes: Partial<ModelRequest> = {}): ModelRequest {
  return ModelRequest.parse({
    modelId: 'the.agents.own',
    system: 'Be brief.',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello?' }] }],
    tools: [
      { name: 'search', description: 'Searches.', inputSchema: { type: 'object' } },
      { name: 'read', description: 'Reads.', inputSchema: { type: 'object' } },
    ],
    toolChoice: 'auto',
    maxTokens: 100,
    ...changes,
  })
}

function options(signal = new AbortController().signal) {
  return { agent: 'a', stepId: 's', turn: 2, timeoutMs: 10_000, signal }
}

describe('createOpenAiCompatibleModel', () => {
  it('translates an answer with tool calls and counts cached tokens apart', async () => {
    answers(completion({ content: 'Looking.', tool_calls: [toolCall('{"query":"sqs"}')] }, 'tool_calls'))

    const response = ModelResponse.parse(await model.call(asks(), options()))

    expect(response).toEqual({
      provider: 'openai',
      modelId: 'qwen3:8b',
      content: [
        { type: 'text', text: 'Looking.' },
        { type: 'toolUse', id: 'call_9', name: 'search', input: { query: 'sqs' } },
      ],
      stopReason: 'toolUse',
      usage: { inputTokens: 36, outputTokens: 20, cacheReadTokens: 64, cacheWriteTokens: 0 },
    })
  })

  it('sends the conversation as chat messages', async () => {
    await model.call(
      asks({
        temperature: 0,
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Go' }] },
          {
            role: 'assistant',
            content: [
              { type: 'toolUse', id: 'u1', name: 'search', input: { query: 'x' } },
              { type: 'toolUse', id: 'u2', name: 'search', input: 'cut {' },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Mind the schema.' },
              { type: 'toolResult', toolUseId: 'u1', status: 'ok', content: { hits: 1 } },
              { type: 'toolResult', toolUseId: 'u2', status: 'error', content: 'no object' },
            ],
          },
        ],
      }),
      options(),
    )

    expect(received[0]).toMatchObject({ path: '/v1/chat/completions', headers: { authorization: 'Bearer sk-1' } })
    expect(received[0]?.body).toMatchObject({
      model: 'qwen3:8b',
      stream: false,
      max_tokens: 100,
      temperature: 0,
      tool_choice: 'auto',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Go' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'u1', type: 'function', function: { name: 'search', arguments: '{"query":"x"}' } },
            { id: 'u2', type: 'function', function: { name: 'search', arguments: '{"invalidArguments":"cut {"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'u1', content: '{"hits":1}' },
        { role: 'tool', tool_call_id: 'u2', content: 'error: no object' },
        { role: 'user', content: 'Mind the schema.' },
      ],
    })
  })

  it('forces a tool in the one way that every server knows, and sends no empty list', async () => {
    await model.call(asks({ toolChoice: { tool: 'read' } }), options())
    await model.call(asks({ toolChoice: 'any' }), options())
    await model.call(asks({ tools: [], system: '' }), options())

    const [named, any, bare] = received.map((request) => request.body)
    expect(named).toMatchObject({ tool_choice: 'required', tools: [{ function: { name: 'read' } }] })
    expect(named?.['tools']).toHaveLength(1)
    expect(any).toMatchObject({ tool_choice: 'required' })
    expect(any?.['tools']).toHaveLength(2)
    expect(Object.keys(bare ?? {}).sort()).toEqual(['max_tokens', 'messages', 'model', 'stream'])
  })

  it('uses the agent’s own model id and no key where none is given', async () => {
    const response = await createOpenAiCompatibleModel({ url }).call(asks(), options())

    expect(response.modelId).toBe('the.agents.own')
    expect(received[0]?.body['model']).toBe('the.agents.own')
    expect(received[0]?.headers).not.toHaveProperty('authorization')
  })

  it.each([
    ['cut JSON', '{"query": "sq', '{"query": "sq'],
    ['empty text', '', {}],
    ['a list', '[1]', [1]],
    ['an object', { query: 'x' }, { query: 'x' }],
    ['nothing', null, {}],
    ['absurd depth', '['.repeat(50_000) + ']'.repeat(50_000), 'arguments nested too deeply'],
  ])('never breaks on tool arguments that are %s', async (_, given, input) => {
    answers(completion({ content: null, tool_calls: [toolCall(given, '')] }, 'stop'))

    const response = ModelResponse.parse(await model.call(asks(), options()))

    expect(response.content).toEqual([{ type: 'toolUse', id: 'call-2-1', name: 'search', input }])
    expect(response.stopReason).toBe('toolUse')
  })

  it.each([
    ['length', { content: '' }, 'maxTokens'],
    ['content_filter', { content: null }, 'contentFiltered'],
    ['stop', { content: null, refusal: 'I will not.' }, 'contentFiltered'],
    [null, { content: [{ type: 'text', text: 'parts' }] }, 'endTurn'],
  ])('reads the finish reason %s of %j as %s', async (finish, message, expected) => {
    answers(completion(message, finish))

    expect((await model.call(asks(), options())).stopReason).toBe(expected)
  })

  it('says so when tokens were not counted or a finish reason is unknown', async () => {
    answers({ choices: [{ message: { content: 'x' }, finish_reason: 'eos' }] })

    const response = await model.call(asks(), options())

    expect(response.usage).toEqual({ inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 })
    expect(response.notice).toMatch(/counted no tokens[\s\S]*eos/)
  })

  it.each<[number, unknown, string, string]>([
    [400, { error: { message: 'bad schema' } }, 'ModelRejectedRequest', 'model id'],
    [401, { error: { message: 'no key', code: 'invalid_api_key' } }, 'ModelAccessDenied', 'BATON_OPENAI_API_KEY'],
    [403, 'Forbidden', 'ModelAccessDenied', 'BATON_OPENAI_API_KEY'],
    [404, { error: { message: "model 'qwen3:8b' not found" } }, 'ModelRejectedRequest', 'ollama pull qwen3:8b'],
    [404, { error: "model 'qwen3:8b' not found" }, 'ModelRejectedRequest', 'ollama pull qwen3:8b'],
    [404, '404 page not found', 'ModelRejectedRequest', '/chat/completions'],
    [408, '', 'RetryableModelTimedOut', 'Try again'],
    [422, { detail: 'unprocessable' }, 'ModelRejectedRequest', 'model id'],
    [429, { error: { message: 'slow down' } }, 'RetryableModelThrottled', 'Wait'],
    [429, { error: { message: 'pay', code: 'insufficient_quota' } }, 'ModelAccessDenied', 'credit'],
    [500, 'oops', 'RetryableModelUnavailable', 'log'],
    [502, '<html>Bad gateway</html>', 'RetryableModelUnavailable', 'log'],
    [503, { error: { message: 'Loading model' } }, 'RetryableModelUnavailable', 'loading'],
  ])('maps HTTP %i with %j to %s', async (status, body, name, next) => {
    answers(body, status)

    await expect(model.call(asks(), options())).rejects.toMatchObject({
      name,
      message: expect.stringContaining(`HTTP ${status}`),
      next: expect.stringContaining(next),
    })
  })

  it.each([
    ['7', 7_000],
    ['0.5', 500],
    [new Date(Date.parse('2026-01-01T00:00:30Z')).toUTCString(), 30_000],
    ['soon', undefined],
    ['999999999', 3_600_000],
  ])('waits as Retry-After: %s says', async (header, expected) => {
    answers('', 429, { 'retry-after': header })
    const clocked = createOpenAiCompatibleModel({ url, clock: fakeClock('2026-01-01T00:00:00.000Z') })

    const error = await clocked.call(asks(), options()).catch((thrown) => thrown)

    expect(error).toMatchObject({ name: 'RetryableModelThrottled', retryAfterMs: expected })
  })

  it.each([
    ['HTML', '<html>Welcome</html>'],
    ['nothing', ''],
    ['cut JSON', '{"choices":[{"mess'],
    ['a list', []],
    ['no choices', { choices: [] }],
    ['no message', { choices: [{ finish_reason: 'stop' }] }],
    ['an empty answer', completion({ content: '' })],
    ['a nameless call', completion({ tool_calls: [{ id: '1', function: {} }] })],
    ['a negative count', completion({ content: 'x' }, 'stop', { prompt_tokens: -1, completion_tokens: 0 })],
    ['no end', 'x'.repeat(17 * 1024 * 1024)],
  ])('calls %s garbage', async (_, body) => {
    answers(body)

    await expect(model.call(asks(), options())).rejects.toMatchObject({ name: 'RetryableModelGarbage' })
  })

  it('times out and aborts while the server hangs', async () => {
    respond = () => {}
    const clock = fakeClock()
    const hanging = createOpenAiCompatibleModel({ url, clock })
    const abort = new AbortController()

    const timedOut = hanging.call(asks(), options()).catch((error) => error)
    const aborted = hanging.call(asks(), options(abort.signal)).catch((error) => error)
    abort.abort(new Error('the run was cancelled'))
    await clock.advance(10_000)

    expect(await timedOut).toMatchObject({ name: 'RetryableModelTimedOut' })
    expect(await aborted).toMatchObject({ message: 'the run was cancelled' })
  })

  it('names a cut connection and a server that is not there', async () => {
    respond = (response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"choices"', () => response.destroy())
    }
    await expect(model.call(asks(), options())).rejects.toMatchObject({ name: 'RetryableModelUnavailable' })

    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const nobody = createOpenAiCompatibleModel({ url: `http://localhost:${port}/v1`, model: 'm' })
    await expect(nobody.call(asks(), options())).rejects.toMatchObject({
      name: 'RetryableModelUnavailable',
      message: expect.stringContaining('ECONNREFUSED'),
      next: expect.stringContaining('--model offline'),
    })
  })
})
