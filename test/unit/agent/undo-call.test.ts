import { expect, it } from 'vitest'
import * as z from 'zod'
import { undoCall, undoChain } from '../../../src/agent/undo-call.ts'
import { listUndo } from '../../../src/api/list-undo.ts'
import { defineTool, type ToolContext } from '../../../src/define/tool.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import type { AgentName, ToolName } from '../../../src/schema/ids.ts'
import { openEffectLedger } from '../../../src/tools/open-effect-ledger.ts'
import { bench, runId, stepId, testAgent } from './harness.ts'

const done = { submit: { answer: '3' } }

interface Undone {
  readonly input: unknown
  readonly output: unknown
  readonly context: ToolContext
}

/** A step that booked seats 1 and 2, one of which is not to be had. */
async function booked(undo?: (call: Undone) => Promise<void>) {
  const undone: Undone[] = []
  const book = defineTool({
    name: 'book',
    description: 'Books a seat.',
    effect: 'opaque',
    input: z.object({ seat: z.number(), class: z.string().default('second') }),
    output: z.object({ booking: z.string() }),
    settings: z.object({ company: z.string() }),
    async run({ seat }) {
      if (seat === 3) throw new Error('seat 3 is taken')
      return { booking: `b${seat}` }
    },
    async undo(call, context) {
      const one = { ...call, context: context as never as ToolContext }
      undone.push(one)
      await undo?.(one)
    },
  })
  const plain = defineTool({ ...shape, name: 'plain', run: async () => null })
  const calls = [1, 2, 3].map((seat) => ({ toolUses: [{ name: 'book', input: { seat } }] }))
  const script = { solver: [...calls, { toolUses: [{ name: 'plain', input: {} }] }, done] }
  const agent = testAgent({ tools: [book, plain] })
  const step = bench(script, agent)
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const ledger = openEffectLedger({ records, clock: step.clock, owner: { name: 'test' } })
  const dependencies = { ...step.dependencies, ledger }
  const settings = { company: 'air' }
  expect(await step.run({ ledger }, { settings })).toMatchObject({ status: 'completed', usage: { toolCalls: 4 } })
  const list = (steps: string[] = [stepId]) =>
    listUndo(
      { task: 'listUndo', runId, execution: 1, steps, settings },
      { team: { agents: [agent] }, records, clock: step.clock, journal: step.journal },
    )
  return { step, undone, dependencies, list, settings, ledger }
}

const shape = { description: 'Does something that nobody takes back.', input: z.object({}), output: z.null() }

it('lists what was done and can be taken back, latest first, and takes it back once', async () => {
  const { undone, dependencies, list, step } = await booked()
  const { calls } = await list()
  expect(calls.map(({ tool, agent }) => [agent, tool])).toEqual([
    ['solver', 'book'],
    ['solver', 'book'],
  ])
  for (const call of calls) expect(await undoCall(call, dependencies)).toEqual({ status: 'undone' })
  expect(undone.map(({ input, output }) => [input, output])).toEqual([
    [{ seat: 2, class: 'second' }, { booking: 'b2' }],
    [{ seat: 1, class: 'second' }, { booking: 'b1' }],
  ])
  expect(undone[0]?.context).toMatchObject({ settings: { company: 'air' }, fence: 1, runId, stepId })
  for (const call of calls) expect(await undoCall(call, dependencies)).toEqual({ status: 'undone' })
  expect(undone).toHaveLength(2)
  expect(await list()).toEqual({ calls: [] })
  const { records } = await step.journal.readStep(runId, undoChain(stepId))
  expect(records.map(({ row }) => [row.attempt, row.event, row.status])).toEqual([
    [1, 'start', undefined],
    [1, 'tool', 'ok'],
    [1, 'outcome', 'completed'],
    [2, 'start', undefined],
    [2, 'tool', 'ok'],
    [2, 'outcome', 'completed'],
  ])
  const booking = (await step.journal.readStep(runId, stepId)).records.find(
    ({ row }) => row.tool?.callId === calls[0]?.callId,
  )
  expect(records[0]?.row.cause).toBe(booking?.row.hash)
})

it('tells a failure, journals it, and tries again when it is asked to', async () => {
  let isDown = true
  const { undone, dependencies, list, step } = await booked(async () => {
    if (isDown) throw new Error('the company does not answer')
  })
  const [call] = (await list()).calls
  if (call === undefined) throw new Error('nothing is listed')
  const reason = expect.stringContaining('the company does not answer')
  expect(await undoCall(call, dependencies)).toEqual({ status: 'failed', reason })
  isDown = false
  expect((await list()).calls).toContainEqual(call)
  expect(await undoCall(call, dependencies)).toEqual({ status: 'undone' })
  expect(new Set(undone.map(({ context }) => context.callId)).size).toBe(1)
  const { records } = await step.journal.readStep(runId, undoChain(stepId))
  expect(records.flatMap(({ row }) => (row.event === 'tool' ? [row.status] : []))).toEqual(['error', 'ok'])
})

it('takes back without a ledger, by the journal alone', async () => {
  const { undone, dependencies, list } = await booked()
  const { ledger: _, ...rest } = dependencies
  const [call] = (await list()).calls
  if (call === undefined) throw new Error('nothing is listed')
  expect(await undoCall(call, rest)).toEqual({ status: 'undone' })
  expect(await undoCall(call, rest)).toEqual({ status: 'undone' })
  expect(undone).toHaveLength(1)
})

it('says where there is nothing to take back, and where a person must look', async () => {
  const { dependencies, list, step, undone } = await booked()
  const [call] = (await list()).calls
  if (call === undefined) throw new Error('nothing is listed')
  const { records } = await step.journal.readStep(runId, stepId)
  const idOf = (status: string, tool: string) =>
    records.find(({ row }) => row.status === status && row.tool?.name === tool)?.row.tool?.callId as typeof call.callId
  expect(await undoCall({ ...call, callId: idOf('error', 'book') }, dependencies)).toMatchObject({
    status: 'nothingToUndo',
    reason: 'it failed: Error',
  })
  const plain = { ...call, tool: 'plain' as ToolName, callId: idOf('ok', 'plain') }
  expect(await undoCall(plain, dependencies)).toMatchObject({ status: 'nothingToUndo' })
  expect(await undoCall({ ...call, agent: 'nobody' as AgentName }, dependencies)).toMatchObject({ status: 'failed' })
  expect(await undoCall({ ...call, settings: {} }, dependencies)).toMatchObject({ status: 'failed' })
  expect(undone).toEqual([])
})

it('leaves to a person what only the function of an isolated tool could take back', async () => {
  const { dependencies, list, undone } = await booked()
  const [call] = (await list()).calls
  const agent = dependencies.agents('solver' as AgentName)
  if (call === undefined || agent === undefined) throw new Error('nothing is listed')
  const agents = () => ({ ...agent, tools: agent.tools.map((tool) => ({ ...tool, isolated: true })) })
  const runIsolated = () => Promise.reject(new Error('it was called'))
  const result = await undoCall(call, { ...dependencies, agents, runIsolated })
  expect(result).toMatchObject({ status: 'failed', reason: expect.stringContaining('by hand') })
  expect(undone).toEqual([])
})

it('finds the steps below a path, by whole ids and by what ids begin with', async () => {
  const { list } = await booked()
  expect((await list(['answer'])).calls).toHaveLength(2)
  expect((await list(['ans'])).calls).toHaveLength(0)
  expect((await list(['answer/'])).calls).toHaveLength(0)
  expect((await list(['answer:', 'answer=', 'other'])).calls).toHaveLength(0)
})
