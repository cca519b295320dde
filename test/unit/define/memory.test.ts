import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { labelFlow } from '../../../src/define/label-flow.ts'
import {
  defineAgent,
  defineMemory,
  defineTeam,
  defineTool,
  defineWorkflow,
  from,
  sequence,
  step,
} from '../../../src/index.ts'

const Text = z.object({ text: z.string() })
const customers = defineMemory({ name: 'customers', description: 'What customers prefer.', labels: ['private'] })
const prices = defineMemory({ name: 'prices', description: 'What was paid.' })
const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', model: { id: 'm' } }
const agent = (name: string, more: Partial<Parameters<typeof defineAgent>[0]>) =>
  defineAgent({ ...base, name, input: Text, output: Text, ...more })
const team = (...agents: ReturnType<typeof agent>[]) => defineTeam({ name: 'shop', agents, workflows: [] })

describe('a team with a memory', () => {
  it('may have several readers and writers of different spaces', () => {
    const made = team(
      agent('one', { memory: { reads: [customers], writes: [prices] } }),
      agent('two', { memory: { reads: [prices], writes: [customers] } }),
      agent('three', { memory: { reads: [customers, prices] } }),
      agent('four', { memory: { writes: [customers, prices] } }),
    )
    expect(made.tools).toEqual([])
  })

  it('is refused where one name stands for two spaces', () => {
    const other = defineMemory({ name: 'prices', description: 'Something else.' })
    expect(() =>
      team(agent('one', { memory: { reads: [prices] } }), agent('two', { memory: { writes: [other] } })),
    ).toThrow(/agents\.two\.memory\.writes\.prices: another space of the team has this name/)
  })

  it('is part of what an agent is', () => {
    const hashes = [{}, { reads: [prices] }, { writes: [prices] }, { reads: [customers] }].map(
      (memory) => agent('one', Object.keys(memory).length === 0 ? {} : { memory }).sha256,
    )
    expect(new Set(hashes).size).toBe(4)
  })
})

describe('faults', () => {
  it('are told with their remedy', () => {
    expect(() => defineMemory({ name: 'A b', description: 'x' })).toThrow(/a space starts with a lower-case letter/)
    expect(() => defineMemory({ name: 'a', description: 'x', labels: ['No!'] })).toThrow(/a label starts with/)
    expect(() => agent('one', { memory: {} })).toThrow(/neither reads nor writes/)
    expect(() => agent('one', { memory: { reads: [prices, prices] } })).toThrow(/two spaces have the same name/)
    expect(() => agent('one', { memory: { reads: [{ name: 'x' } as never] } })).toThrow(/made by defineMemory/)
    const remember = defineTool({ name: 'remember', description: 'x', input: Text, output: Text, run: async (x) => x })
    expect(() => agent('one', { tools: [remember] })).toThrow(/search_memory and remember are reserved/)
  })

  it('are the three together: a private space, strangers and a way out', () => {
    const tool = (name: string, more: object) =>
      defineTool({ name, description: 'x', input: Text, output: Text, run: async (x) => x, ...more })
    const tools = [tool('page', { untrusted: true, effect: 'read' }), tool('mail', { outward: true })]
    expect(() => team(agent('one', { tools, memory: { writes: [customers] } }))).not.toThrow()
    expect(() => team(agent('one', { tools, memory: { reads: [customers] } }))).toThrow(/memory customers/)
  })
})

it('labels of a space come to whatever stands on who may search it', () => {
  const workflowOf = (memory: object) => {
    const [first, second] = [agent('first', memory), agent('second', {})]
    const workflow = defineWorkflow({
      ...{ name: 'answer', version: '1.0.0', input: Text, output: Text },
      steps: ({ run }) => {
        const found = step('find', first, { input: run.input })
        return sequence(found, step('write', second, { input: from(found) }))
      },
    })
    return labelFlow({ workflows: [workflow] })('answer', 'write')
  }
  expect(workflowOf({ memory: { reads: [customers] } })).toEqual(['private'])
  expect(workflowOf({ memory: { writes: [customers] } })).toEqual([])
})
