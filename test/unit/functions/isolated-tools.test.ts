import { afterEach, expect, it } from 'vitest'
import { openIsolatedTools } from '../../../functions/isolated-tools.ts'
import { toolHandler } from '../../../functions/tool.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { IsolatedCall } from '../../../src/tools/isolated-call.ts'
import { type Answer, type Asked, type AwsService, awsService } from './support/aws-service.ts'
import { lambdaContext, team } from './support/team.ts'

const VERSION = 'arn:aws:lambda:us-east-1:123456789012:function:double:4'
const context = { runId: 'run-1', stepId: 'first', agent: 'solver', callId: 'c', settings: {}, stepInput: null }
const call = IsolatedCall.parse({ tool: 'double', input: { n: 3 }, context })
const signal = new AbortController().signal
const clock = fakeClock(undefined, { auto: true })
let lambda: AwsService | undefined
afterEach(() => lambda?.close())

async function prepare(answer: (asked: Asked, tries: number) => Answer) {
  let tries = 0
  lambda = await awsService((asked) => answer(asked, ++tries))
  const run = openIsolatedTools({ double: VERSION }, clock, lambda.config)(undefined)
  return { run, asked: lambda.asked }
}

const failed = (payload: unknown): Answer => ({
  headers: { 'x-amz-function-error': 'Unhandled' },
  body: typeof payload === 'string' ? payload : JSON.stringify(payload),
})

it('invokes the version of the tool’s function with the call, and takes its answer', async () => {
  const { run, asked } = await prepare(() => ({ body: { output: 6, reads: [] } }))
  expect(await run(call, signal)).toEqual({ output: 6, reads: [] })
  expect(decodeURIComponent(asked[0]?.path ?? '')).toBe(`/2015-03-31/functions/${VERSION}/invocations`)
  const handler = toolHandler({ team }, () => ({ tool: 'double', clock }))
  expect(await handler(JSON.parse(asked[0]?.body ?? ''), lambdaContext())).toMatchObject({ output: 6 })
})

it.each([
  [{ errorType: 'TooMuch', errorMessage: 'more than 2' }, 'TooMuch', 'more than 2'],
  [{ errorMessage: 'Task timed out after 3.00 seconds' }, 'Unhandled', 'Task timed out after 3.00 seconds'],
  ['<html>', 'Unhandled', '<html>'],
])('makes the function’s error %j an error of that name', async (payload, name, message) => {
  const { run } = await prepare(() => failed(payload))
  await expect(run(call, signal)).rejects.toMatchObject({ name, message })
})

it.each([
  [failed({ errorType: 'TooMuch', errorMessage: 'more than 2' }), false],
  [failed({ errorMessage: 'Task timed out after 3.00 seconds' }), true],
  [failed({ errorType: 'Runtime.ExitError', errorMessage: 'it exited' }), true],
  [failed({ errorType: 'ToolTimedOut', errorMessage: 'too long' }), true],
  [{ status: 500, headers: { 'x-amzn-errortype': 'ServiceException' }, body: '{}' }, true],
  [{ status: 413, headers: { 'x-amzn-errortype': 'RequestTooLargeException' }, body: '{}' }, false],
] as const)('says whether %j leaves a doubt about what the tool did', async (answer, isInDoubt) => {
  const { run } = await prepare(() => answer)
  const error = await run(call, signal).catch((thrown: unknown) => thrown)
  expect((error as { readonly isInDoubt?: boolean }).isInDoubt ?? false).toBe(isInDoubt)
})

it.each([['{"output":6}'], ['no JSON'], ['null']])('refuses %s as an answer', async (body) => {
  const { run } = await prepare(() => ({ body }))
  await expect(run(call, signal)).rejects.toMatchObject({ name: 'ToolAnswerOffSchema' })
})

it('sends a throttled call again, as it did nothing, and no other', async () => {
  const throttled = { status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException' }, body: '{}' }
  const { run, asked } = await prepare((_, tries) => (tries < 3 ? throttled : { body: { output: 6, reads: [] } }))
  expect(await run(call, signal)).toEqual({ output: 6, reads: [] })
  expect(asked).toHaveLength(3)
  lambda?.close()
  const broken = { status: 500, headers: { 'x-amzn-errortype': 'ServiceException' }, body: '{}' }
  const second = await prepare(() => broken)
  await expect(second.run(call, signal)).rejects.toMatchObject({ name: 'ServiceException' })
  expect(second.asked).toHaveLength(1)
})

it('gives up on a tool that stays throttled, and on one too large to send', async () => {
  const { run, asked } = await prepare(() => ({
    status: asked.length < 4 ? 429 : 413,
    headers: { 'x-amzn-errortype': asked.length < 4 ? 'TooManyRequestsException' : 'RequestTooLargeException' },
    body: '{}',
  }))
  await expect(run(call, signal)).rejects.toMatchObject({ name: 'TooManyRequestsException' })
  expect(asked).toHaveLength(3)
  await expect(run(call, signal)).rejects.toMatchObject({ name: 'RequestTooLargeException' })
})

it('names a tool that is deployed nowhere', async () => {
  const { run, asked } = await prepare(() => ({}))
  const other = IsolatedCall.parse({ ...call, tool: 'triple' })
  await expect(run(other, signal)).rejects.toMatchObject({ name: 'ToolNotDeployed' })
  expect(asked).toEqual([])
})

it('ends with its signal', async () => {
  const { run } = await prepare(() => ({ body: { output: 6, reads: [] } }))
  await expect(run(call, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
})
