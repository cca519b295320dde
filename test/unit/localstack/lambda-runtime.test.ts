import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostModeFile } from '../../../localstack/package-folder.ts'

const HANDLERS = `
import process from 'node:process'
export const echo = async (event, context) => {
  console.log('got', event)
  return { event, id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName,
    left: context.getRemainingTimeInMillis() > 4000, endpoint: process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME }
}
export const nothing = async () => undefined
export const fails = async () => { throw Object.assign(new Error('slow down'), { name: 'RetryableModelThrottled' }) }
export const throwsText = async () => { throw 'text' }
export const exits = async () => process.exit(7)
export const later = async () => { setTimeout(() => { throw new TypeError('too late') }, 1); await new Promise(() => {}) }
export const rejects = async () => { Promise.reject(new Error('nobody waits')); await new Promise(() => {}) }
export const hangs = async () => new Promise(() => {})
export const text = 'no function'`

let folder: string
const running: ChildProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runtime-'))
  await writeFile(join(folder, 'index.mjs'), HANDLERS)
  await writeFile(join(folder, 'common.cjs'), `exports.echo = async (event) => ({ common: event })`)
  await writeFile(join(folder, 'broken.mjs'), `throw new RangeError('at load')`)
})

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

interface Answer {
  readonly payload: string
  readonly isError: boolean
}

/** The runtime's other end: what the Python executor does, without LocalStack. */
function start(handler: string) {
  const child = spawn(process.execPath, [hostModeFile('lambda-runtime.mjs'), '3'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: {
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
      AWS_LAMBDA_FUNCTION_NAME: 'writer',
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://127.0.0.1:1',
    },
  })
  running.push(child)
  const channel = child.stdio[3] as Duplex
  const lines = linesOf(channel)
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    ended,
    end: () => channel.destroy(),
    output: () => output,
    answer: async () => {
      const { value, done } = await lines.next()
      return done ? undefined : (JSON.parse(value) as Answer)
    },
    ask: (event: unknown) => {
      const request = {
        requestId: 'r-1',
        functionArn: 'arn:f:1',
        traceId: 't',
        event: JSON.stringify(event),
        timeoutMs: 5000,
      }
      channel.write(`${JSON.stringify(request)}\n`)
    },
  }
}

/** Not readline's: that one ends a line at U+2028 too. */
async function* linesOf(channel: Duplex): AsyncGenerator<string, undefined> {
  let text = ''
  for await (const chunk of channel) {
    const lines = (text + chunk).split('\n')
    text = lines.pop() ?? ''
    yield* lines
  }
  return undefined
}

const READY = { payload: 'null', isError: false }

describe('the Node runtime', () => {
  it('gives what the handler returns, one invocation after the other', async () => {
    const runtime = start('index.echo')
    expect(await runtime.answer()).toEqual(READY)
    const texts = ['first', 'zweites “ \u2028\n']
    for (const text of texts) {
      runtime.ask({ text })
      const { payload = '', isError } = (await runtime.answer()) ?? {}
      expect(isError).toBe(false)
      const context = { id: 'r-1', arn: 'arn:f:1', name: 'writer', left: true, endpoint: 'http://127.0.0.1:1' }
      expect(JSON.parse(payload)).toEqual({ event: { text }, ...context })
    }
    runtime.end()
    expect(await runtime.ended).toBe(0)
    expect(runtime.output()).toMatch(/^\d{4}-\S+Z\tr-1\tINFO\tgot \{ text: 'first' \}\n/)
  })

  it('runs CommonJS, and gives null where nothing is returned', async () => {
    const common = start('common.echo')
    await common.answer()
    common.ask(1)
    expect(await common.answer()).toEqual({ payload: '{"common":1}', isError: false })
    const nothing = start('index.nothing')
    await nothing.answer()
    nothing.ask(1)
    expect(await nothing.answer()).toEqual(READY)
  })

  it.each([
    ['index.fails', 'RetryableModelThrottled', 'slow down'],
    ['index.throwsText', 'string', 'text'],
  ])('names the error that %s throws, and lives', async (handler, errorType, errorMessage) => {
    const runtime = start(handler)
    await runtime.answer()
    for (let time = 0; time < 2; time += 1) {
      runtime.ask({})
      const { payload = '', isError } = (await runtime.answer()) ?? {}
      expect(isError).toBe(true)
      expect(JSON.parse(payload)).toMatchObject({ errorType, errorMessage, trace: expect.any(Array) })
    }
  })

  it.each([
    ['index.later', 'TypeError', 'too late', 129],
    ['index.rejects', 'Runtime.UnhandledPromiseRejection', 'nobody waits', 128],
  ])('tells why it dies of %s', async (handler, errorType, errorMessage, code) => {
    const runtime = start(handler)
    await runtime.answer()
    runtime.ask({})
    const { payload = '', isError } = (await runtime.answer()) ?? {}
    expect(isError).toBe(true)
    expect(JSON.parse(payload)).toMatchObject({ errorType, errorMessage })
    expect(await runtime.ended).toBe(code)
  })

  it('ends without an answer where the handler exits', async () => {
    const runtime = start('index.exits')
    await runtime.answer()
    runtime.ask({})
    expect(await runtime.answer()).toBeUndefined()
    expect(await runtime.ended).toBe(7)
  })

  it.each([
    ['broken.agent', 'RangeError', 'at load'],
    ['absent.agent', 'Runtime.ImportModuleError', "Cannot find module 'absent'"],
    ['index.absent', 'Runtime.HandlerNotFound', 'index.absent is undefined or not exported'],
    ['index.text', 'Runtime.HandlerNotFound', 'index.text is not a function'],
    ['index', 'Runtime.MalformedHandlerName', 'Bad handler: index'],
  ])('says that %s does not load', async (handler, errorType, errorMessage) => {
    const { payload = '', isError } = (await start(handler).answer()) ?? {}
    expect(isError).toBe(true)
    expect(JSON.parse(payload)).toMatchObject({ errorType, errorMessage: expect.stringContaining(errorMessage) })
  })

  it('ends with its parent, also in the middle of an invocation', async () => {
    const runtime = start('index.hangs')
    await runtime.answer()
    runtime.ask({})
    runtime.end()
    expect(await runtime.ended).toBe(0)
  })
})
