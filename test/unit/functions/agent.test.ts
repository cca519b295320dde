import { describe, expect, it } from 'vitest'
import { agentHandler } from '../../../functions/agent.ts'
import type { AgentSurroundings } from '../../../functions/agent-surroundings.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import { type Script, scriptedModel } from '../../../src/models/scripted.ts'
import { RunId, Sha256, StepId } from '../../../src/schema/ids.ts'
import type { RunIsolated } from '../../../src/tools/isolated-call.ts'
import { lambdaContext, memoryStores, PRICES, runOf, team } from './support/team.ts'

const runId = RunId.parse('run-1')
const stepId = StepId.parse('first')
const done = { submit: { answer: '6' } }
const event = { runId, execution: 1, stepId, agent: 'solver', input: { question: 'What?' }, settings: {} }

function prepare(script: Script, changes: { runIsolated?: RunIsolated } = {}) {
  const stores = memoryStores()
  const reached: unknown[] = []
  const model = scriptedModel(script, { clock: stores.clock })
  const surroundings: AgentSurroundings = {
    agent: 'solver',
    clock: stores.clock,
    async reach(step) {
      reached.push({ runId: step.runId, stepId: step.stepId })
      return { ...stores, model, ...changes }
    },
  }
  return { ...stores, reached, handler: agentHandler({ team, prices: PRICES }, async () => surroundings) }
}

it('takes a step and gives its result, with the rights of that step alone', async () => {
  const { handler, reached } = prepare({ solver: [done] })
  expect(await handler(event, lambdaContext())).toMatchObject({ status: 'completed', output: { answer: '6' } })
  expect(reached).toEqual([{ runId, stepId }])
})

it('gives a recorded result again without asking the model', async () => {
  const { handler } = prepare({ solver: [done] })
  const first = await handler(event, lambdaContext())
  expect(await handler(event, lambdaContext())).toEqual(first)
})

it.each([
  ['a step of another agent', { ...event, agent: 'writer' }, 'a step of agent writer'],
  ['a run id that leads elsewhere', { ...event, runId: '../run-2' }, 'no step: '],
  ['no object', 'text', 'no step: '],
  ['nothing', undefined, 'no step: '],
])('refuses %s before it reaches anything', async (_, given, message) => {
  const { handler, reached } = prepare({ solver: [done] })
  const refused = handler(given, lambdaContext())
  await expect(refused).rejects.toMatchObject({ name: 'InvalidRequest', message: expect.stringContaining(message) })
  expect(reached).toEqual([])
})

it('refuses what is no step input, by the name that a state machine sees', async () => {
  const { handler } = prepare({ solver: [done] })
  await expect(handler({ ...event, settings: 1 }, lambdaContext())).rejects.toMatchObject({ name: 'InvalidRequest' })
})

it('stops before the next turn where the run is cancelled', async () => {
  const { handler, runs } = prepare({ solver: [done] })
  await runs.create(runOf())
  await runs.requestCancel(runId)
  expect(await handler(event, lambdaContext())).toMatchObject({ status: 'stopped', cause: 'cancelled' })
})

it('asks to be invoked again before its function dies, and then goes on', async () => {
  const { handler } = prepare({ solver: [{ toolUses: [{ name: 'double', input: { n: 3 } }] }, done] })
  expect(await handler(event, lambdaContext(20_000))).toMatchObject({ status: 'continue', usage: { turns: 1 } })
  expect(await handler(event, lambdaContext())).toMatchObject({ status: 'completed', usage: { turns: 2 } })
})

it('runs isolated tools where they are deployed', async () => {
  const asked: unknown[] = []
  const runIsolated: RunIsolated = async (call) => {
    asked.push(call.input)
    return { output: 6, reads: [] }
  }
  const { handler } = prepare({ solver: [{ toolUses: [{ name: 'double', input: { n: 3 } }] }, done] }, { runIsolated })
  expect(await handler(event, lambdaContext())).toMatchObject({ status: 'completed' })
  expect(asked).toEqual([{ n: 3 }])
})

it('opens its surroundings once, and again after a failure', async () => {
  const { handler: _, ...stores } = prepare({ solver: [done] })
  let opened = 0
  const handler = agentHandler({ team, prices: PRICES }, async () => {
    opened += 1
    if (opened === 1) throw new RecordsUnavailable({ message: 'not yet', next: 'wait' })
    const model = scriptedModel({ solver: [done] }, { clock: stores.clock })
    return { agent: 'solver', clock: stores.clock, reach: async () => ({ ...stores, model }) }
  })
  await expect(handler(event, lambdaContext())).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  await handler(event, lambdaContext())
  await handler(event, lambdaContext())
  expect(opened).toBe(2)
})

describe('an effect to be taken back', () => {
  const undo = {
    ...{ runId, stepId, execution: 1, agent: 'solver', tool: 'double', settings: {} },
    callId: Sha256.parse('ab'.repeat(32)),
  }

  it('is the business of the agent that it belongs to, with the rights of its step', async () => {
    const { handler, reached } = prepare({ solver: [done] })
    expect(await handler({ undo }, lambdaContext())).toMatchObject({ status: 'nothingToUndo' })
    expect(reached).toEqual([{ runId, stepId }])
  })

  it.each([
    ['of another agent', { undo: { ...undo, agent: 'writer' } }, 'a step of agent writer'],
    ['with more than there is to it', { undo: { ...undo, rights: 'all' } }, 'no step: '],
    ['and a step at once', { ...event, undo }, 'no step: '],
  ])('is refused where it is one %s', async (_, given, message) => {
    const { handler, reached } = prepare({ solver: [done] })
    const refused = handler(given, lambdaContext())
    await expect(refused).rejects.toMatchObject({ name: 'InvalidRequest', message: expect.stringContaining(message) })
    expect(reached).toEqual([])
  })
})
