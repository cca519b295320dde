import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'vitest'
import { assertNever } from '../../src/errors.ts'
import { createBedrockModel } from '../../src/models/bedrock.ts'
import { createOfflineModel } from '../../src/models/offline/offline.ts'
import { createOpenAiCompatibleModel } from '../../src/models/openai-compatible.ts'
import type { ScriptedReply } from '../../src/models/script.ts'
import { scriptedModel } from '../../src/models/scripted.ts'
import {
  type ConverseAnswer,
  converseError,
  converseReply,
  startConverseServer,
} from '../../src/testing/converse-server.ts'
import type { FakeClock } from '../../src/testing/fake-clock.ts'
import {
  CONTRACT_RETRY_AFTER_MS,
  type ContractSubject,
  modelContract,
  type RemoteBehaviour,
  remoteModelContract,
} from '../../src/testing/model-contract.ts'

const RETRY_AFTER = { 'retry-after': String(CONTRACT_RETRY_AFTER_MS / 1000) }

describe('offline', () => {
  for (const { name, run } of modelContract(async () => ({ model: createOfflineModel() }))) it(name, run)
})

describe('scripted', () => {
  for (const { name, run } of remoteModelContract(openScripted)) it(name, run)
})

describe('bedrock', () => {
  for (const { name, run } of remoteModelContract(openBedrock)) it(name, run)
})

describe('openai', () => {
  for (const { name, run } of remoteModelContract(openOpenAi)) it(name, run)
})

async function openScripted(behaviour: RemoteBehaviour, clock: FakeClock): Promise<ContractSubject> {
  return { model: scriptedModel({ '*': () => scriptedReply(behaviour) }, { clock }) }
}

function scriptedReply(behaviour: RemoteBehaviour): ScriptedReply {
  switch (behaviour) {
    case 'answers':
      return { toolUses: [{ name: 'lookup', input: { key: 'queue' } }] }
    case 'hangs':
      return { text: 'never', latencyMs: 10 ** 9 }
    case 'throttles':
      return { fail: 'throttled', retryAfterMs: CONTRACT_RETRY_AFTER_MS }
    case 'unavailable':
    case 'unreachable':
      return { fail: 'unavailable' }
    case 'garbage':
      return { fail: 'garbage' }
    case 'denies':
      return { fail: 'denied' }
    case 'rejects':
      return { fail: 'rejected' }
    default:
      return assertNever(behaviour)
  }
}

async function openBedrock(behaviour: RemoteBehaviour, clock: FakeClock): Promise<ContractSubject> {
  const server = await startConverseServer(() => converseAnswer(behaviour))
  if (behaviour === 'unreachable') await server.close()
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const model = createBedrockModel({ region: 'us-east-1', endpoint: server.url, credentials, clock })
  return { model, close: behaviour === 'unreachable' ? async () => {} : server.close }
}

function converseAnswer(behaviour: RemoteBehaviour): ConverseAnswer {
  switch (behaviour) {
    case 'answers': {
      const toolUse = { toolUseId: 'tooluse_1', name: 'lookup', input: { key: 'queue' } }
      return converseReply([{ text: 'Looking.' }, { toolUse }], { stopReason: 'tool_use' })
    }
    case 'hangs':
    case 'unreachable':
      return 'hang'
    case 'throttles':
      return converseError(429, 'ThrottlingException', 'Too many requests', RETRY_AFTER)
    case 'unavailable':
      return converseError(503, 'ServiceUnavailableException', 'down')
    case 'garbage':
      return { body: '<html>' }
    case 'denies':
      return converseError(403, 'AccessDeniedException', 'no')
    case 'rejects':
      return converseError(400, 'ValidationException', 'wrong')
    default:
      return assertNever(behaviour)
  }
}

async function openOpenAi(behaviour: RemoteBehaviour, clock: FakeClock): Promise<ContractSubject> {
  const server = createServer((_, response) => {
    const answer = chatAnswer(behaviour)
    if (answer === 'hang') return
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const model = createOpenAiCompatibleModel({ url: `http://127.0.0.1:${port}/v1`, model: 'qwen3:8b', clock })
  async function close(): Promise<void> {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  if (behaviour === 'unreachable') await close()
  return { model, close }
}

interface ChatAnswer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

function chatAnswer(behaviour: RemoteBehaviour): ChatAnswer | 'hang' {
  switch (behaviour) {
    case 'answers': {
      const calls = [{ id: 'call_1', type: 'function', function: { name: 'lookup', arguments: '{"key":"queue"}' } }]
      const choice = { message: { content: 'Looking.', tool_calls: calls }, finish_reason: 'tool_calls' }
      const usage = { prompt_tokens: 10, completion_tokens: 5 }
      return { status: 200, body: JSON.stringify({ choices: [choice], usage }) }
    }
    case 'hangs':
    case 'unreachable':
      return 'hang'
    case 'throttles':
      return { status: 429, body: '', headers: RETRY_AFTER }
    case 'unavailable':
      return { status: 503, body: '' }
    case 'garbage':
      return { status: 200, body: '<html>' }
    case 'denies':
      return { status: 401, body: '' }
    case 'rejects':
      return { status: 400, body: '' }
    default:
      return assertNever(behaviour)
  }
}
