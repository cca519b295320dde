import { expect, it } from 'vitest'
import * as z from 'zod'
import { toolHandler } from '../../../functions/tool.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool, type ToolContext } from '../../../src/define/tool.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { lambdaContext, team } from './support/team.ts'

const clock = fakeClock(undefined, { auto: true })
const context = { runId: 'run-1', stepId: 'first', agent: 'solver', callId: 'c', settings: {}, stepInput: null }
const call = { tool: 'double', input: { n: 3 }, context }
const handler = toolHandler({ team }, () => ({ tool: 'double', clock }))

it('runs the tool and says what it read', async () => {
  const reads = [{ uri: 'file:///numbers', sha256: 'abc' }]
  expect(await handler(call, lambdaContext())).toEqual({ output: 6, reads })
})

it('gives the operator’s settings to the tool, parsed', async () => {
  const small = { ...call, context: { ...context, settings: { most: 2 } } }
  await expect(handler(small, lambdaContext())).rejects.toMatchObject({ name: 'TooMuch', message: 'more than 2' })
})

it.each([
  ['another tool’s call', { ...call, tool: 'triple' }, 'a call of tool triple'],
  ['arguments off schema', { ...call, input: { n: 'three' } }, 'arguments that do not fit'],
  ['settings off schema', { ...call, context: { ...context, settings: { most: 'all' } } }, 'settings that do not fit'],
  ['what is no call', { input: 1 }, 'no call'],
])('refuses %s', async (_, given, message) => {
  const refused = handler(given, lambdaContext())
  await expect(refused).rejects.toMatchObject({ name: 'InvalidRequest', message: expect.stringContaining(message) })
})

it('gives the tool what the workflow gave the step', async () => {
  const echo = handlerOf(async (_, { stepInput }) => JSON.stringify(stepInput))
  const given = { tool: 'probe', input: {}, context: { ...context, stepInput: { approved: ['a'] } } }
  expect(await echo(given, lambdaContext())).toMatchObject({ output: '{"approved":["a"]}' })
})

function handlerOf(run: (input: unknown, context: ToolContext<unknown>) => Promise<string>) {
  const tool = defineTool({ name: 'probe', description: 'A probe.', input: z.object({}), output: z.string(), run })
  const agent = defineAgent({
    ...{ name: 'solver', version: '1.0.0', role: 'r', goal: 'g', instructions: 'i', model: { id: 'm' } },
    tools: [tool],
    input: z.object({}),
    output: z.object({}),
  })
  const probed = defineTeam({ name: 'probes', agents: [agent], workflows: [] })
  return toolHandler({ team: probed }, () => ({ tool: 'probe', clock }))
}

it('ends a tool before its function dies', async () => {
  let aborted = false
  const stuck = handlerOf((_, { signal }) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return new Promise(() => {})
  })
  const late = stuck({ ...call, tool: 'probe', input: {} }, lambdaContext(1_000))
  await expect(late).rejects.toMatchObject({ name: 'ToolTimedOut' })
  expect(aborted).toBe(true)
})

it('says so where the output is larger than a function can give', async () => {
  const large = handlerOf(async () => 'x'.repeat(7_000_000))
  const refused = large({ ...call, tool: 'probe', input: {} }, lambdaContext())
  await expect(refused).rejects.toMatchObject({ name: 'ToolOutputTooLarge', message: expect.stringContaining('7000') })
})

it('gives the tool the secrets that it names, and lets none of them out', async () => {
  const tool = defineTool({
    name: 'probe',
    description: 'A probe.',
    input: z.object({ fails: z.boolean() }),
    output: z.string(),
    secrets: ['token'],
    run: async ({ fails }, { secret, reads }) => {
      const value = await secret('token')
      reads({ uri: `https://x.example/?token=${value}`, sha256: '' })
      if (fails) throw new RangeError(`no ${value}`)
      return `with ${value}`
    },
  })
  const agent = defineAgent({
    ...{ name: 'solver', version: '1.0.0', role: 'r', goal: 'g', instructions: 'i', model: { id: 'm' } },
    tools: [tool],
    input: z.object({}),
    output: z.object({}),
  })
  const probed = defineTeam({ name: 'probes', agents: [agent], workflows: [] })
  const readSecret = async (name: string) => `canary of ${name}`
  const keeping = toolHandler({ team: probed }, () => ({ tool: 'probe', clock, readSecret }))
  const given = (fails: boolean) => keeping({ ...call, tool: 'probe', input: { fails } }, lambdaContext())
  expect(await given(false)).toEqual({
    output: 'with [secret]',
    reads: [{ uri: 'https://x.example/?token=[secret]', sha256: '' }],
  })
  await expect(given(true)).rejects.toMatchObject({ name: 'RangeError', message: 'no [secret]' })
})
