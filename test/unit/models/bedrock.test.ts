import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/clock.ts'
import { createBedrockModel } from '../../../src/models/bedrock.ts'
import type { Model } from '../../../src/models/model.ts'
import { ModelRequest, ModelResponse } from '../../../src/schema/model-call.ts'
import {
  type ConverseAnswer,
  type ConverseServer,
  converseError,
  converseReply,
  startConverseServer,
} from '../../../src/testing/converse-server.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
let server: ConverseServer
let model: Model
let answer: ConverseAnswer

beforeAll(async () => {
  server = await startConverseServer(() => answer)
  model = open(server.url)
})
afterAll(() => server.close())
beforeEach(() => {
  answer = converseReply([{ text: 'Hello.' }])
})

function open(endpoint: string, clock?: Clock): Model {
  return createBedrockModel({ region: 'us-east-1', endpoint, credentials, ...(clock && { clock }) })
}

function asks(changes: Partial<ModelRequest> = {}): ModelRequest {
  return ModelRequest.parse({
    modelId: CLAUDE,
    system: 'Be brief.',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello?' }] }],
    tools: [{ name: 'search', description: 'Searches.', inputSchema: { type: 'object' } }],
    toolChoice: 'auto',
    maxTokens: 100,
    ...changes,
  })
}

function options(signal = new AbortController().signal) {
  return { agent: 'a', stepId: 's', turn: 1, timeoutMs: 10_000, signal }
}

describe('createBedrockModel', () => {
  it('translates tool use, cache usage and stop reason', async () => {
    answer = converseReply(
      [
        { reasoningContent: { reasoningText: { text: 'hm' } } },
        { text: 'Looking.' },
        { toolUse: { toolUseId: 'tooluse_1', name: 'search', input: { query: 'sqs', top: 3 } } },
      ],
      {
        stopReason: 'tool_use',
        usage: { inputTokens: 40, outputTokens: 12, cacheReadInputTokens: 1000, cacheWriteInputTokens: 7 },
      },
    )

    const response = ModelResponse.parse(await model.call(asks(), options()))

    expect(response).toEqual({
      provider: 'bedrock',
      modelId: CLAUDE,
      content: [
        { type: 'text', text: 'Looking.' },
        { type: 'toolUse', id: 'tooluse_1', name: 'search', input: { query: 'sqs', top: 3 } },
      ],
      stopReason: 'toolUse',
      usage: { inputTokens: 40, outputTokens: 12, cacheReadTokens: 1000, cacheWriteTokens: 7 },
    })
  })

  it('sends the request as Converse wants it', async () => {
    const conversation: ModelRequest['messages'] = [
      { role: 'user', content: [{ type: 'text', text: 'Go' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: '  ' },
          { type: 'toolUse', id: 'u1', name: 'search', input: { query: 'x' } },
          { type: 'toolUse', id: 'u2', name: 'no such tool!', input: 'not json' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'toolResult', toolUseId: 'u1', status: 'ok', content: [{ hit: 1 }] },
          { type: 'toolResult', toolUseId: 'u2', status: 'error', content: '' },
        ],
      },
    ]

    await model.call(asks({ messages: conversation, toolChoice: { tool: 'search' }, temperature: 0.5 }), options())

    const sent = server.calls.at(-1)
    expect(sent?.modelId).toBe(CLAUDE)
    expect(sent?.body).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'Go' }] },
        {
          role: 'assistant',
          content: [
            { toolUse: { toolUseId: 'u1', name: 'search', input: { query: 'x' } } },
            { toolUse: { toolUseId: 'u2', name: 'no_such_tool_', input: { invalidArguments: 'not json' } } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'u1', content: [{ text: '[{"hit":1}]' }], status: 'success' } },
            { toolResult: { toolUseId: 'u2', content: [{ text: '(empty)' }], status: 'error' } },
          ],
        },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'search', description: 'Searches.', inputSchema: { json: { type: 'object' } } } }],
        toolChoice: { tool: { name: 'search' } },
      },
      inferenceConfig: { maxTokens: 100, temperature: 0.5 },
      requestMetadata: { agent: 'a', stepId: 's', turn: '1' },
    })
  })

  it('falls back to auto where a model cannot be forced, and leaves out what is empty', async () => {
    await model.call(asks({ modelId: 'meta.llama3-3-70b-instruct-v1:0', toolChoice: 'any' }), options())
    await model.call(asks({ modelId: 'mistral.mistral-large-2407-v1:0', toolChoice: { tool: 'search' } }), options())
    await model.call(asks({ tools: [], system: '' }), options())

    const [llama, mistral, bare] = server.calls.slice(-3).map((call) => call.body)
    expect(llama?.['toolConfig']).not.toHaveProperty('toolChoice')
    expect(mistral?.['toolConfig']).toHaveProperty('toolChoice', { any: {} })
    expect(Object.keys(bare ?? {}).sort()).toEqual(['inferenceConfig', 'messages', 'requestMetadata'])
  })

  it.each([
    ['end_turn', 'endTurn'],
    ['max_tokens', 'maxTokens'],
    ['model_context_window_exceeded', 'maxTokens'],
    ['stop_sequence', 'stopSequence'],
    ['guardrail_intervened', 'contentFiltered'],
    ['content_filtered', 'contentFiltered'],
  ])('reads the stop reason %s as %s', async (stopReason, expected) => {
    answer = converseReply([{ text: 'So.' }], { stopReason })

    expect((await model.call(asks(), options())).stopReason).toBe(expected)
  })

  it('says so when a stop reason is unknown', async () => {
    answer = converseReply([{ text: 'So.' }], { stopReason: 'got_bored' })

    const response = await model.call(asks(), options())

    expect(response).toMatchObject({ stopReason: 'endTurn', notice: expect.stringContaining('got_bored') })
  })

  it.each<[string, ConverseAnswer, string]>([
    ['throttle', converseError(429, 'ThrottlingException', 'Too many requests'), 'RetryableModelThrottled'],
    ['quota', converseError(400, 'ServiceQuotaExceededException', 'quota'), 'RetryableModelThrottled'],
    ['slow model', converseError(408, 'ModelTimeoutException', 'slow'), 'RetryableModelTimedOut'],
    ['500', converseError(500, 'InternalServerException', 'oops'), 'RetryableModelUnavailable'],
    ['503', converseError(503, 'ServiceUnavailableException', 'down'), 'RetryableModelUnavailable'],
    ['model error', converseError(424, 'ModelErrorException', 'it broke'), 'RetryableModelUnavailable'],
    ['model loading', converseError(429, 'ModelNotReadyException', 'loading'), 'RetryableModelUnavailable'],
    ['400', converseError(400, 'ValidationException', 'wrong'), 'ModelRejectedRequest'],
    ['404', converseError(404, 'ResourceNotFoundException', 'no such model'), 'ModelRejectedRequest'],
    ['403', converseError(403, 'AccessDeniedException', 'no access'), 'ModelAccessDenied'],
    ['bad key', converseError(403, 'UnrecognizedClientException', 'token invalid'), 'ModelAccessDenied'],
    ['expired', converseError(403, 'ExpiredTokenException', 'expired'), 'ModelAccessDenied'],
    ['HTML', { body: '<html>Welcome</html>', headers: { 'content-type': 'text/html' } }, 'RetryableModelGarbage'],
    ['HTML with 502', { status: 502, body: '<html>Bad gateway</html>' }, 'RetryableModelUnavailable'],
    ['HTML with 403', { status: 403, body: '<html>Proxy</html>' }, 'ModelAccessDenied'],
    ['empty 500', { status: 500, body: '' }, 'RetryableModelUnavailable'],
    ['unknown 418', { status: 418, body: { message: 'teapot' } }, 'ModelRejectedRequest'],
    ['empty body', { body: '' }, 'RetryableModelGarbage'],
    ['empty list', { body: [] }, 'RetryableModelGarbage'],
    ['null', { body: 'null' }, 'RetryableModelGarbage'],
    ['cut JSON', { body: '{"output":{"message":{"role":"assi' }, 'RetryableModelGarbage'],
    ['deep nesting', converseReply([{ toolUse: '[[]]' }]), 'RetryableModelGarbage'],
    ['null block', converseReply([null as unknown as Record<string, unknown>]), 'RetryableModelGarbage'],
    ['nothing said', converseReply([]), 'RetryableModelGarbage'],
    ['blank text', converseReply([{ text: ' \n' }]), 'RetryableModelGarbage'],
    ['malformed', converseReply([{ text: 'x' }], { stopReason: 'malformed_tool_use' }), 'RetryableModelGarbage'],
    ['cut connection', 'cut', 'RetryableModelUnavailable'],
  ])('maps %s', async (_, faulty, name) => {
    answer = faulty

    const error = await model.call(asks(), options()).catch((thrown) => thrown)

    expect(error).toMatchObject({ name, message: expect.stringContaining(CLAUDE), next: expect.any(String) })
  })

  it('maps an answer nested too deeply for the client', async () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    answer = { body: `{"output":{"message":{"content":[{"toolUse":{"toolUseId":"1","name":"a","input":${deep}}}]}}}` }

    await expect(model.call(asks(), options())).rejects.toMatchObject({ name: 'RetryableModelGarbage' })
  })

  it('turns absurd tool arguments into ones that the loop reports as wrong', async () => {
    const deep = JSON.parse('['.repeat(100) + ']'.repeat(100))
    answer = converseReply([{ toolUse: { toolUseId: '1', name: 'search', input: deep } }], { stopReason: 'tool_use' })

    const [block] = (await model.call(asks(), options())).content

    expect(block).toMatchObject({ type: 'toolUse', input: expect.any(String) })
  })

  it('passes on how long to wait', async () => {
    answer = converseError(429, 'ThrottlingException', 'Too many tokens', { 'retry-after': '7' })

    await expect(model.call(asks(), options())).rejects.toMatchObject({ retryAfterMs: 7_000 })
  })

  it('calls once: retries are not its business', async () => {
    answer = converseError(503, 'ServiceUnavailableException', 'down')
    const before = server.calls.length

    await model.call(asks(), options()).catch(() => {})

    expect(server.calls.length - before).toBe(1)
  })

  it('times out and aborts while the other side hangs', async () => {
    answer = 'hang'
    const clock = fakeClock()
    const hanging = open(server.url, clock)
    const abort = new AbortController()

    const timedOut = hanging.call(asks(), options()).catch((error) => error)
    const aborted = hanging.call(asks(), options(abort.signal)).catch((error) => error)
    abort.abort(new Error('the run was cancelled'))
    await clock.advance(10_000)

    expect(await timedOut).toMatchObject({
      name: 'RetryableModelTimedOut',
      message: expect.stringContaining('10000 ms'),
    })
    expect(await aborted).toMatchObject({ message: 'the run was cancelled' })
  })

  it('says that nobody listens', async () => {
    const closed = await startConverseServer(() => 'hang')
    await closed.close()

    const error = await open(closed.url)
      .call(asks(), options())
      .catch((thrown) => thrown)

    expect(error).toMatchObject({ name: 'RetryableModelUnavailable', message: expect.stringContaining('ECONNREFUSED') })
  })

  it('says how to get credentials, and a region', async () => {
    const noCredentials = new BedrockRuntimeClient({
      region: 'us-east-1',
      credentials: () => Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' })),
    })
    const noRegion = new BedrockRuntimeClient({
      region: (): Promise<string> => Promise.reject(new Error('Region is missing')),
    })

    await expect(createBedrockModel({ client: noCredentials }).call(asks(), options())).rejects.toMatchObject({
      name: 'ModelAccessDenied',
      next: expect.stringContaining('aws sso login'),
    })
    await expect(createBedrockModel({ client: noRegion }).call(asks(), options())).rejects.toMatchObject({
      name: 'ModelRejectedRequest',
      next: expect.stringContaining('bedrock:us-east-1'),
    })
  })
})
