import { expect, it } from 'vitest'
import * as z from 'zod'
import { scriptedModel } from '../../../src/models/scripted.ts'
import { bench, runId, stepId, testAgent } from './harness.ts'

const usage = { inputTokens: 100, outputTokens: 10 }
const twoTurns = {
  solver: [
    { toolUses: [{ name: 'add', input: { a: 1, b: 2 } }], usage },
    { submit: { answer: '3' }, usage },
  ],
}

it('asks, runs tools, takes the output and records each', async () => {
  const step = bench(twoTurns)
  const result = await step.run()
  expect(result).toEqual({
    status: 'completed',
    output: { answer: '3' },
    usage: { turns: 2, toolCalls: 1, inputTokens: 200, outputTokens: 20, costUsd: expect.closeTo(0.0003, 8) },
  })
  expect(await step.recorded()).toEqual(['start', 'turn:toolUse', 'tool:ok', 'turn:toolUse', 'outcome:completed'])
  expect(step.rows.map(({ event }) => event)).toEqual(['start', 'turn', 'tool', 'turn', 'outcome'])
})

it('costs three rows where no tool is called', async () => {
  const step = bench({ solver: [{ submit: { answer: '3' } }] }, testAgent({ tools: [] }))
  await step.run()
  expect(await step.recorded()).toEqual(['start', 'turn:toolUse', 'outcome:completed'])
})

it('records hashes, sources, model and actor', async () => {
  const step = bench(twoTurns)
  await step.run()
  const { records } = await step.journal.readStep(runId, stepId)
  const [start, turn, tool] = records.map(({ row }) => row)
  expect(start?.actor).toMatchObject({ agent: 'solver', version: '1.0.0', role: 'Mathematician' })
  expect(turn).toMatchObject({ model: { provider: 'scripted', id: 'model-a' }, hashes: { prompt: expect.any(String) } })
  expect(tool).toMatchObject({ tool: { name: 'add', effect: 'read' }, sources: [{ uri: 'file:///numbers.txt' }] })
})

it('returns the recorded outcome when it is called again', async () => {
  const step = bench(twoTurns)
  const first = await step.run()
  const second = await step.run()
  expect(second).toEqual(first)
  expect(step.rows).toHaveLength(5)
})

it('returns again what the schema made of the answer', async () => {
  const output = z.object({ answer: z.string(), sure: z.boolean().default(false) })
  const step = bench({ solver: [{ submit: { answer: '3' } }] }, testAgent({ output }))
  const first = await step.run()
  expect(first).toMatchObject({ output: { answer: '3', sure: false } })
  expect(await step.run()).toEqual(first)
})

it('tells the model who it is, what its input means and what it may call', async () => {
  const model = scriptedModel({ solver: [{ submit: { answer: '3' } }] })
  await bench(model).run()
  const request = model.calls[0]?.request
  expect(request?.system).toMatch(/Mathematician[\s\S]*Answer the question[\s\S]*Use the tools[\s\S]*submit_output/)
  expect(request?.messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: '- question: What is asked\nYour input, as JSON:' },
        { type: 'text', text: '{"question":"What is 1 + 2?"}' },
      ],
    },
  ])
  expect(request?.tools.map(({ name }) => name)).toEqual(['add', 'submit_output'])
  expect(request?.toolChoice).toBe('auto')
})

it('holds an agent without tools to its output', async () => {
  const model = scriptedModel({ solver: [{ submit: { answer: '3' } }] })
  await bench(model, testAgent({ tools: [] })).run()
  expect(model.calls[0]?.request.toolChoice).toEqual({ tool: 'submit_output' })
})

it('refuses by name what is no step input, and an agent that the team does not have', async () => {
  const step = bench(twoTurns)
  await expect(step.run({}, { stepId: 'not a step id' as never })).rejects.toMatchObject({ name: 'InvalidRequest' })
  await expect(step.run({ agents: () => undefined })).rejects.toMatchObject({ name: 'NotFound' })
})
