import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assertNever } from '../../../src/errors.ts'
import { createBedrockModel } from '../../../src/models/bedrock.ts'
import { createOfflineModel, OFFLINE_NOTICE } from '../../../src/models/offline/offline.ts'
import { type Script, scriptedModel } from '../../../src/models/scripted.ts'
import { SCRIPTED_NOTICE } from '../../../src/models/scripted-answer.ts'
import { ModelRequest } from '../../../src/schema/model-call.ts'
import { converseEndpoint } from '../../../src/testing/converse-endpoint.ts'
import type { ConverseRule } from '../../../src/testing/converse-rules.ts'
import {
  CONTRACT_RETRY_AFTER_MS,
  modelContract,
  type RemoteBehaviour,
  remoteModelContract,
} from '../../../src/testing/model-contract.ts'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

async function open(script: Script, rules: readonly ConverseRule[] = []) {
  const model = scriptedModel(script)
  const server = await converseEndpoint({ model, rules })
  onTestFinished(() => server.close())
  const client = new BedrockRuntimeClient({ region: 'us-east-1', endpoint: server.url, credentials, maxAttempts: 1 })
  onTestFinished(() => client.destroy())
  return { server, model, client, bedrock: createBedrockModel({ client }) }
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

function options(changes: { agent?: string; stepId?: string; turn?: number } = {}) {
  const { signal } = new AbortController()
  return { agent: 'planner', stepId: 'plan/1', turn: 1, timeoutMs: 10_000, signal, ...changes }
}

const said = [{ role: 'user' as const, content: [{ text: 'Hello?' }] }]

describe('converseEndpoint', () => {
  it('gives the model the request, and who asks, as they went into the Bedrock adapter', async () => {
    const { model, bedrock } = await open({ 'planner@plan/*': [{ text: 'one' }, { text: 'two' }] })
    const request = asks({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Go' }] },
        { role: 'assistant', content: [{ type: 'toolUse', id: 'u1', name: 'search', input: { query: 'x' } }] },
        {
          role: 'user',
          content: [
            { type: 'toolResult', toolUseId: 'u1', status: 'ok', content: [{ hit: 1 }] },
            { type: 'toolResult', toolUseId: 'u2', status: 'error', content: 'no {such} tool' },
          ],
        },
      ],
      toolChoice: { tool: 'search' },
      temperature: 0.5,
    })

    const answer = await bedrock.call(request, options({ turn: 2 }))

    expect(answer.content).toEqual([{ type: 'text', text: 'two' }])
    expect(model.calls).toEqual([{ agent: 'planner', stepId: 'plan/1', turn: 2, request }])
  })

  it('passes on that no language model answered', async () => {
    const scripted = await open({ '*': [{ text: 'one' }] })
    const offline = await converseEndpoint({ model: createOfflineModel() })
    onTestFinished(() => offline.close())
    const throughOffline = createBedrockModel({ region: 'us-east-1', endpoint: offline.url, credentials })

    expect(await scripted.bedrock.call(asks(), options())).toHaveProperty('notice', SCRIPTED_NOTICE)
    expect(await throughOffline.call(asks(), options())).toHaveProperty('notice', OFFLINE_NOTICE)
  })

  it('streams text and tool use that the AWS client puts together again', async () => {
    const text = 'Ein längerer Satz mit 🦉 und ✍️, '.repeat(9)
    const input = { query: '"quoted" 🦉', list: Array.from({ length: 40 }, (_, at) => at) }
    const usage = { inputTokens: 40, outputTokens: 12, cacheReadTokens: 1000 }
    const { client } = await open({ '*': [{ text, toolUses: [{ name: 'search', input, id: 'u1' }], usage }] })

    const { stream } = await client.send(new ConverseStreamCommand({ modelId: CLAUDE, messages: said }))
    const events = []
    for await (const event of stream ?? []) events.push(event)

    const deltas = events.flatMap(({ contentBlockDelta }) => contentBlockDelta ?? [])
    expect(deltas.length).toBeGreaterThan(4)
    expect(deltas.map(({ delta }) => delta?.text ?? '').join('')).toBe(text)
    expect(JSON.parse(deltas.map(({ delta }) => delta?.toolUse?.input ?? '').join(''))).toEqual(input)
    const starts = events.flatMap(({ contentBlockStart }) => contentBlockStart ?? [])
    expect(starts).toEqual([{ contentBlockIndex: 1, start: { toolUse: { toolUseId: 'u1', name: 'search' } } }])
    expect(events[0]).toEqual({ messageStart: { role: 'assistant' } })
    expect(events.at(-2)?.messageStop).toEqual({
      stopReason: 'tool_use',
      additionalModelResponseFields: { batonNotice: SCRIPTED_NOTICE },
    })
    expect(events.at(-1)?.metadata?.usage).toMatchObject({ inputTokens: 40, cacheReadInputTokens: 1000 })
  })

  it('answers a stream that is throttled as Bedrock does: with an error, not a stream', async () => {
    const { client } = await open({ '*': [{ text: 'one' }] }, [{ answer: 'throttle' }])
    const asked = client.send(new ConverseStreamCommand({ modelId: CLAUDE, messages: said }))
    await expect(asked).rejects.toHaveProperty('name', 'ThrottlingException')
  })

  it('serves a client that is not Baton’s, and says so where it cannot', async () => {
    const { client, model } = await open({ unnamed: [{ text: 'one' }] })
    const image = { image: { format: 'png' as const, source: { bytes: new Uint8Array([1]) } } }

    const answer = await client.send(new ConverseCommand({ modelId: CLAUDE, messages: said }))
    const refused = client.send(
      new ConverseCommand({ modelId: CLAUDE, messages: [{ role: 'user', content: [image] }] }),
    )

    expect(answer.output?.message?.content).toEqual([{ text: 'one' }])
    expect(model.calls).toMatchObject([{ agent: 'unnamed', turn: 1 }])
    await expect(refused).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/content/),
    })
  })

  it('says what the script lacks', async () => {
    const { bedrock } = await open({ writer: [{ text: 'one' }] })
    await expect(bedrock.call(asks(), options())).rejects.toMatchObject({
      name: 'ModelRejectedRequest',
      message: expect.stringContaining('asked for an answer that the script does not hold'),
    })
  })
})

describe('rules', () => {
  const names = async (script: Script, rules: readonly ConverseRule[], agents: readonly string[]) => {
    const { bedrock } = await open(script, rules)
    const outcomes: string[] = []
    for (const agent of agents) {
      const asked = bedrock.call(asks(), options({ agent }))
      outcomes.push(
        await asked.then(
          () => 'answered',
          (error: Error) => error.name,
        ),
      )
    }
    return outcomes
  }
  const script = { '*': () => 'yes' }
  const thrice = (name: string) => [name, name, name]

  it('fails every nth call', async () => {
    expect(await names(script, [{ every: 3, answer: 'throttle' }], ['a', 'a', 'b', 'a', 'a', 'b'])).toEqual(
      [0, 1].flatMap(() => ['answered', 'answered', 'RetryableModelThrottled']),
    )
  })

  it('fails the first calls of one agent, and of nobody else', async () => {
    const outcomes = await names(script, [{ agent: 'a', first: 2, answer: 'unavailable' }], ['b', 'a', 'b', 'a', 'a'])
    const gone = 'RetryableModelUnavailable'
    expect(outcomes).toEqual(['answered', gone, 'answered', gone, 'answered'])
  })

  it.each([
    ['garbage', 'RetryableModelGarbage'],
    ['cut', 'RetryableModelUnavailable'],
    ['timeout', 'RetryableModelTimedOut'],
    ['deny', 'ModelAccessDenied'],
    ['reject', 'ModelRejectedRequest'],
  ] as const)('answers with %s', async (answer, name) => {
    expect(await names(script, [{ answer }], ['a', 'b', 'c'])).toEqual(thrice(name))
  })

  it('takes its time on the clock', async () => {
    const slept: number[] = []
    const clock = { now: () => new Date(), sleep: async (milliseconds: number) => void slept.push(milliseconds) }
    const rules = [{ latencyMs: 200 }, { agent: 'a', latencyMs: 50 }]
    const server = await converseEndpoint({ model: scriptedModel(script), rules, clock })
    onTestFinished(() => server.close())
    const bedrock = createBedrockModel({ region: 'us-east-1', endpoint: server.url, credentials })
    await bedrock.call(asks(), options({ agent: 'a' }))
    await bedrock.call(asks(), options({ agent: 'b' }))
    expect(slept).toEqual([250, 200])
  })
})

describe('the Bedrock adapter over an endpoint', () => {
  const subject = async (rules: readonly ConverseRule[], clock?: Parameters<typeof createBedrockModel>[0]) => {
    const model = scriptedModel({ '*': () => ({ toolUses: [{ name: 'lookup', input: { key: 'queue' } }] }) })
    const server = await converseEndpoint({ model, rules })
    const bedrock = createBedrockModel({ region: 'us-east-1', endpoint: server.url, credentials, ...clock })
    return { model: bedrock, close: server.close }
  }
  for (const { name, run } of modelContract(() => subject([]))) it(name, run)
  for (const { name, run } of remoteModelContract(async (behaviour, clock) => {
    const opened = await subject(rulesOf(behaviour), { clock })
    if (behaviour !== 'unreachable') return opened
    await opened.close()
    return { model: opened.model }
  })) {
    it(`remote: ${name}`, run)
  }
})

function rulesOf(behaviour: RemoteBehaviour): readonly ConverseRule[] {
  switch (behaviour) {
    case 'answers':
    case 'unreachable':
      return []
    case 'hangs':
      return [{ answer: 'hang' }]
    case 'throttles':
      return [{ answer: 'throttle', retryAfterSeconds: CONTRACT_RETRY_AFTER_MS / 1_000 }]
    case 'unavailable':
      return [{ answer: 'unavailable' }]
    case 'garbage':
      return [{ answer: 'garbage' }]
    case 'denies':
      return [{ answer: 'deny' }]
    case 'rejects':
      return [{ answer: 'reject' }]
    default:
      return assertNever(behaviour)
  }
}
