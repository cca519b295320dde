import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { toolContext } from '../../../src/testing/tool-context.ts'
import { executeTool, TOOL_OUTPUT_CHARACTERS } from '../../../src/tools/execute.ts'
import type { IsolatedAnswer } from '../../../src/tools/isolated-call.ts'

async function execute(
  run: (input: unknown, context: { signal: AbortSignal }) => Promise<unknown>,
  milliseconds = 1_000,
  output: z.ZodType = z.union([z.string(), z.strictObject({ text: z.string(), note: z.string().optional() })]),
) {
  const tool = defineTool({
    name: 'probe',
    description: 'A probe.',
    input: z.object({}),
    output,
    run: run as never,
  })
  const context = toolContext()
  const clock = fakeClock(undefined, { auto: true })
  return (await executeTool({ tool, input: {}, context, clock, milliseconds })).executed
}

it('gives what the tool gave, as plain JSON', async () => {
  const { result } = await execute(async () => ({ text: 'x', note: undefined }))
  expect(result).toStrictEqual({ status: 'ok', output: { text: 'x' } })
})

it('tells the name of an error where it is one', async () => {
  const named = (name: string) => execute(() => Promise.reject(Object.assign(new Error('no'), { name })))
  expect((await named('Shop.Closed')).result).toMatchObject({ name: 'Shop.Closed' })
  expect((await named('anna@example.com')).result).toMatchObject({ name: 'Error' })
})

it('makes a thrown error a result without its stack', async () => {
  const { result } = await execute(() => Promise.reject(new RangeError('too far')))
  expect(result).toEqual({ status: 'error', name: 'RangeError', message: 'too far' })
})

it.each([
  [
    'throws at once',
    () => {
      throw new Error('early')
    },
    'early',
  ],
  ['throws no error', () => Promise.reject('words'), 'words'],
])('survives a tool that %s', async (_, run, message) => {
  expect((await execute(run)).result).toMatchObject({ status: 'error', message })
})

it('aborts a tool whose time is up, and does not wait for one that ignores it', async () => {
  let reason: unknown
  const { result } = await execute(
    (_, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
      }),
  )
  expect(result).toMatchObject({ status: 'error', name: 'ToolTimedOut', message: expect.stringContaining('1 s') })
  expect(reason).toBeInstanceOf(DOMException)
})

it.each([[42], [{ text: 1 }], [undefined], [{ text: 'x', more: 1 }]])(
  'refuses an output off schema: %j',
  async (raw) => {
    expect((await execute(async () => raw)).result).toMatchObject({ status: 'error', name: 'ToolOutputOffSchema' })
  },
)

it('cuts a large output, hashing all of it', async () => {
  const one = await execute(async () => 'x'.repeat(TOOL_OUTPUT_CHARACTERS * 2))
  const other = await execute(async () => `${'x'.repeat(TOOL_OUTPUT_CHARACTERS * 2 - 1)}y`)
  const text = one.result.status === 'ok' ? String(one.result.output) : ''
  expect(text.length).toBeLessThan(TOOL_OUTPUT_CHARACTERS + 200)
  expect(text).toContain('more characters')
  expect(one.resultSha256).not.toBe(other.resultSha256)
})

it('leaves out what no record gives back: fields named __proto__', async () => {
  const raw: unknown = JSON.parse('{"a":{"__proto__":{"x":1},"b":2}}')
  expect((await execute(async () => raw, 1_000, z.unknown())).result).toEqual({
    status: 'ok',
    output: { a: { b: 2 } },
  })
})

it('replaces lone surrogates', async () => {
  expect((await execute(async () => 'a\ud800b')).result).toEqual({ status: 'ok', output: 'a\ufffdb' })
})

describe('elsewhere', () => {
  async function executeElsewhere(elsewhere: (signal: AbortSignal) => Promise<IsolatedAnswer>, output = z.string()) {
    const run = () => Promise.reject(new Error('it ran here'))
    const shape = { name: 'probe', description: 'A probe.', input: z.object({}), output, run, isolated: true }
    const context = toolContext()
    const clock = fakeClock(undefined, { auto: true })
    const call = { tool: defineTool(shape), input: {}, context, clock, milliseconds: 1_000, elsewhere }
    return (await executeTool(call)).executed
  }

  it('gives what came back and what was read there', async () => {
    const source = { uri: 'https://example.com/a', sha256: 'abc' }
    const executed = await executeElsewhere(async () => ({ output: 'x', reads: [source] }))
    expect(executed.result).toEqual({ status: 'ok', output: 'x', sources: [source] })
  })

  it('holds what came back against the schema', async () => {
    const executed = await executeElsewhere(async () => ({ output: 42, reads: [] }))
    expect(executed.result).toMatchObject({ status: 'error', name: 'ToolOutputOffSchema' })
  })

  it('makes an error of the other side a result, and holds it to its time', async () => {
    const failure = Object.assign(new Error('no such table'), { name: 'QueryFailed' })
    const failed = await executeElsewhere(() => Promise.reject(failure))
    expect(failed.result).toEqual({ status: 'error', name: 'QueryFailed', message: 'no such table' })
    const late = await executeElsewhere(() => new Promise(() => {}))
    expect(late.result).toMatchObject({ status: 'error', name: 'ToolTimedOut' })
  })
})
