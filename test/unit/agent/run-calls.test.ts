import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import type { IsolatedCall, RunIsolated } from '../../../src/tools/isolated-call.ts'
import { bench, runId, stepId, testAgent } from './harness.ts'

const done = { submit: { answer: '3' } }

/** Runs one turn of these calls, then a submit; gives what the model was told between. */
async function told(toolUses: { name: string; input: unknown }[], tools = testAgent().tools, settings = {}) {
  let request: ModelRequest | undefined
  const step = bench(
    {
      solver: [
        { toolUses: toolUses as never },
        (seen) => {
          request = seen
          return done
        },
      ],
    },
    testAgent({ tools: [...tools] }),
  )
  const result = await step.run({}, { settings })
  const blocks = request?.messages.at(-1)?.content ?? []
  return { step, result, blocks: blocks.map((block) => (block.type === 'toolResult' ? block : undefined)) }
}

it('tells the model which tools there are where it calls another', async () => {
  const { blocks, result } = await told([{ name: 'multiply', input: {} }])
  expect(blocks[0]).toMatchObject({ status: 'error', content: expect.stringContaining('Tools you have: add') })
  expect(result.usage.toolCalls).toBe(0)
})

it('tells the model what is wrong with its arguments', async () => {
  const { blocks, step } = await told([{ name: 'add', input: { a: 'one', b: 2 } }])
  expect(blocks[0]).toMatchObject({ status: 'error', content: expect.stringMatching(/expected number.*\n.*at a/) })
  expect(await step.recorded()).toContain('tool:argumentsOffSchema')
})

it('gives a tool what the workflow gave the step, whatever the model passes on', async () => {
  const release = defineTool({
    name: 'release',
    description: 'Releases what was approved.',
    input: z.object({ ids: z.array(z.string()).optional() }),
    output: z.unknown(),
    run: async (_, { stepInput }) => stepInput,
  })
  const { blocks } = await told([{ name: 'release', input: { ids: ['forged'] } }], [release])
  expect(blocks[0]?.content).toEqual({ question: 'What is 1 + 2?' })
})

it('runs several calls at once and answers each in its place', async () => {
  const waiting: (() => void)[] = []
  const together = defineTool({
    name: 'together',
    description: 'Ends when three of it run, the last begun first.',
    input: z.object({ n: z.number() }),
    output: z.number(),
    async run({ n }) {
      await new Promise<void>((resolve) => {
        waiting.unshift(resolve)
        if (waiting.length === 3) for (const wake of waiting) wake()
      })
      return n
    },
  })
  const calls = [0, 1, 2].map((n) => ({ name: 'together', input: { n } }))
  const { blocks } = await told(calls, [together])
  expect(blocks.map((block) => block?.content)).toEqual([0, 1, 2])
})

it('runs tools that come with an output first, and does not take the output', async () => {
  const { blocks, result } = await told([
    { name: 'add', input: { a: 1, b: 2 } },
    { name: 'submit_output', input: { answer: 'too early' } },
  ])
  expect(blocks[0]).toMatchObject({ status: 'ok', content: { sum: 3 } })
  expect(blocks[1]).toMatchObject({ status: 'error', content: expect.stringContaining('read their results first') })
  expect(result).toMatchObject({ status: 'completed', output: { answer: '3' } })
})

it('denies a call whose settings the operator did not give', async () => {
  const read = defineTool({
    name: 'read',
    description: 'Reads the folder.',
    input: z.object({}),
    output: z.string(),
    settings: z.object({ folder: z.string() }),
    run: async (_, { settings }) => settings.folder,
  })
  const without = await told([{ name: 'read', input: {} }], [read])
  expect(without.blocks[0]).toMatchObject({ status: 'error', content: expect.stringContaining('folder') })
  const { blocks } = await told([{ name: 'read', input: {} }], [read], { folder: '/documents', other: 1 })
  expect(blocks[0]).toMatchObject({ status: 'ok', content: '/documents' })
})

it('holds a tool to its own seconds where the step has more', async () => {
  const reasons: unknown[] = []
  const stuck = defineTool({
    name: 'stuck',
    description: 'Never ends.',
    input: z.object({}),
    output: z.string(),
    timeoutSeconds: 1,
    run: (_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      return new Promise(() => undefined)
    },
  })
  const { blocks, step } = await told([{ name: 'stuck', input: {} }], [stuck])
  expect(blocks[0]).toMatchObject({ status: 'error', content: expect.stringContaining('longer than 1 s') })
  expect(reasons).toHaveLength(1)
  expect(step.clock.slept).toContain(1_000)
})

it('denies calls beyond the limit and says so', async () => {
  const calls = Array.from({ length: 3 }, (_, a) => ({ toolUses: [{ name: 'add', input: { a, b: 0 } }] }))
  const step = bench({ solver: [...calls, done] }, testAgent({ limits: { toolCalls: 2 } }))
  expect(await step.run()).toMatchObject({ status: 'completed', usage: { toolCalls: 2 } })
  const { records } = await step.journal.readStep(runId, stepId)
  expect(records.filter(({ row }) => row.status === 'denied').map(({ row }) => row.rule)).toEqual(['toolCallLimit'])
})

it('gives equal calls of a turn identities of their own', async () => {
  const { step } = await told([1, 2].map(() => ({ name: 'add', input: { a: 1, b: 2 } })))
  const { records } = await step.journal.readStep(runId, stepId)
  const ids = records.flatMap(({ row }) => (row.tool ? [row.tool.callId] : []))
  expect(new Set(ids).size).toBe(2)
})

it('runs an isolated tool where the host says, by what was asked, and in process where it says nothing', async () => {
  const shape = { description: 'Doubles.', input: z.object({ n: z.number().default(4) }), output: z.number() }
  const double = defineTool({ ...shape, name: 'double', isolated: true, run: async ({ n }) => n * 2 })
  const script = () => ({ solver: [{ toolUses: [{ name: 'double', input: {} }] }, done] })
  const calls: IsolatedCall[] = []
  const elsewhere = bench(script(), testAgent({ tools: [double] }))
  const runIsolated: RunIsolated = async (call) => {
    calls.push(call)
    return { output: 8, reads: [] }
  }
  await elsewhere.run({ runIsolated }, { settings: { a: 1 } })
  const here = bench(script(), testAgent({ tools: [double] }))
  await here.run()
  const stepInput = { question: 'What is 1 + 2?' }
  const context = { runId, stepId, agent: 'solver', callId: expect.any(String), settings: { a: 1 }, stepInput }
  expect(calls).toEqual([{ tool: 'double', input: {}, context }])
  for (const step of [elsewhere, here]) {
    const { records } = await step.journal.readStep(runId, stepId)
    expect(records.find(({ row }) => row.event === 'tool')?.body).toEqual({ status: 'ok', output: 8 })
  }
})

it('gives a tool the credentials that its grants hold for, and an isolated one, which has its own, none', async () => {
  const credentials = { accessKeyId: 'KEY', secretAccessKey: 'secret', sessionToken: 'token' }
  const given: unknown[] = []
  const tool = (name: string, isolated: boolean) =>
    defineTool({
      name,
      description: 'Looks at what it has.',
      isolated,
      input: z.object({}),
      output: z.null(),
      run: async (_, context) => {
        given.push(context.credentials)
        return null
      },
    })
  const calls: IsolatedCall[] = []
  const runIsolated: RunIsolated = async (call) => {
    calls.push(call)
    return { output: null, reads: [] }
  }
  const toolUses = ['here', 'elsewhere'].map((name) => ({ name, input: {} }))
  const agent = testAgent({ tools: [tool('here', false), tool('elsewhere', true)] })
  const step = bench({ solver: [{ toolUses }, done] }, agent)

  await step.run({ credentials, runIsolated })

  expect(given).toEqual([credentials])
  expect(calls).toHaveLength(1)
  expect(JSON.stringify([calls, step.rows])).not.toMatch(/KEY|secret|token/)
})
