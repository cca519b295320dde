import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { blackboard } from '../../../src/define/blackboard.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { type Answer, completed, runWorkflow, usage } from './run-workflow.ts'

const Task = z.object({ id: z.string(), text: z.string() })
type Task = z.output<typeof Task>

function peer(name: string) {
  const who = { role: 'Peer', goal: 'Does tasks.', instructions: 'Do it.', model: { id: 'any' } }
  return defineAgent({ name, version: '1.0.0', ...who, input: Task, output: z.object({ said: z.string() }) })
}
const [ann, bob, cyd] = [peer('ann'), peer('bob'), peer('cyd')]

interface Play {
  /** Peer → task → confidence; undefined: it fails when asked. */
  readonly bids: (peer: string, tasks: readonly Task[], round: number) => Readonly<Record<string, number>> | undefined
  readonly fails?: (peer: string, task: Task) => boolean
  readonly says?: (peer: string, task: Task) => Json
}

const plainly = (name: string, task: Task): Json => ({ said: `${name}: ${task.text}` })

type Options = Partial<Parameters<typeof blackboard<typeof ann>>[1]>

async function play(
  tasks: readonly Json[],
  { bids, fails = () => false, says = plainly }: Play,
  options: Options = {},
) {
  const main = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.object({ tasks: z.array(Task) }),
    output: z.unknown(),
    steps: ({ run }) => blackboard('board', { peers: [ann, bob, cyd], tasks: run.input.tasks, ...options }),
  })
  const team = defineTeam({ name: 'peers', agents: [ann, bob, cyd], workflows: [main] })
  expect(validate(team)).toEqual([])
  const work: string[] = []
  const answer: Answer = ({ agent, input, contract }: StepInput) => {
    if (contract?.kind === 'bid') {
      const asked = input as unknown as { tasks: Task[]; round: number }
      const given = bids(agent, asked.tasks, asked.round)
      if (given === undefined) return new FunctionError('Boom', 'no answer')
      const all = Object.entries(given).map(([task, confidence]) => ({ task, confidence, note: 'mine' }))
      return completed({ bids: all })
    }
    const task = input as unknown as Task
    work.push(`${agent} ${task.id}`)
    if (!fails(agent, task)) return completed(says(agent, task))
    return { status: 'stopped', cause: 'turnLimit', reason: 'it went on and on', next: 'Stop it.', usage }
  }
  const outcome = await runWorkflow(team, 'main', { tasks }, answer)
  expect(outcome.cause).toBeUndefined()
  return { output: outcome.output, work, outcome }
}

const posted = (...ids: readonly string[]) => ids.map((id) => ({ id, text: id.toUpperCase() }))
const done = (by: string, task: string) => ({ task, by, output: { said: `${by}: ${task.toUpperCase()}` } })
const everything = (confidence: number) => (_peer: string, tasks: readonly Task[]) =>
  Object.fromEntries(tasks.map(({ id }) => [id, confidence]))

describe('a blackboard', () => {
  it('gives each task to whoever bids best, and their outputs as one result', async () => {
    const bids = (name: string) => ({ ann: { t1: 0.9, t2: 0.1 }, bob: { t2: 0.8 }, cyd: {} })[name] ?? {}
    const { output, work } = await play(posted('t1', 't2'), { bids })
    expect(output).toEqual({ results: [done('ann', 't1'), done('bob', 't2')], open: [], rounds: 1 })
    expect(work.sort()).toEqual(['ann t1', 'bob t2'])
  })

  it('shares the tasks out where everybody bids on everything', async () => {
    const { output, work } = await play(posted('t1', 't2', 't3', 't4'), { bids: everything(1) }, { capacity: 1 })
    expect(output).toMatchObject({ open: [], rounds: 2 })
    expect(work.sort()).toEqual(['ann t1', 'ann t4', 'bob t2', 'cyd t3'])
  })

  it('gives what was not delivered to somebody else, never to the same peer again', async () => {
    const fails = (name: string) => name === 'ann'
    const bids = (name: string, tasks: readonly Task[]) => everything(name === 'ann' ? 1 : 0.5)(name, tasks)
    const { output, work } = await play(posted('t1'), { bids, fails })
    expect(output).toEqual({ results: [done('bob', 't1')], open: [], rounds: 2 })
    expect(work).toEqual(['ann t1', 'bob t1'])
  })

  it('ends with what is open, and why, where nobody ever delivers', async () => {
    const { output, work } = await play(posted('t1', 't2'), { bids: everything(1), fails: () => true }, { rounds: 9 })
    const why = expect.stringContaining('did not deliver: turnLimit: it went on and on')
    expect(output).toEqual({
      results: [],
      open: [
        { task: 't1', why },
        { task: 't2', why },
      ],
      rounds: 3,
    })
    expect(new Set(work).size).toBe(6)
  })

  it('ends after one round where nobody wants anything', async () => {
    const { output } = await play(posted('t1'), { bids: () => ({}) })
    expect(output).toEqual({ results: [], open: [{ task: 't1', why: 'nobody bid for it' }], rounds: 1 })
  })

  it('asks again where a peer failed to answer', async () => {
    const bids = (name: string, tasks: readonly Task[], round: number) =>
      name === 'cyd' && round === 2 ? everything(1)(name, tasks) : undefined
    const { output } = await play(posted('t1'), { bids })
    expect(output).toEqual({ results: [done('cyd', 't1')], open: [], rounds: 2 })
  })

  it('has nobody bid where there is nothing to do', async () => {
    const { output, outcome } = await play([], { bids: everything(1) })
    expect(output).toEqual({ results: [], open: [], rounds: 0 })
    expect(outcome.stepIds).toEqual([])
  })

  it('sets aside what cannot be posted: an id that is there twice, or none, or one too many', async () => {
    const tasks = [...posted('t1', 't1', 't2', 't3'), { id: '', text: 'x' }]
    const { output } = await play(tasks, { bids: everything(1) }, { max: 2 })
    expect(output).toMatchObject({
      results: [{ task: 't1' }, { task: 't2' }],
      open: [
        { task: 't1', why: 'another task has this id' },
        { task: 't3', why: 'the board takes 2 tasks' },
        { task: '#5', why: expect.stringContaining('no id') },
      ],
    })
  })

  it('posts no more than what fits a state', async () => {
    const tasks = posted('t1', 't2', 't3').map((task) => ({ ...task, text: task.id.repeat(7_000) }))
    const { output } = await play(tasks, { bids: everything(1) })
    const why = 'the board is full: tasks may have 30720 bytes together'
    expect(output).toMatchObject({ results: [{ task: 't1' }, { task: 't2' }], open: [{ task: 't3', why }] })
  })

  it('takes what a peer says for its output, even where it says that it did not deliver', async () => {
    const undelivered = { claim: 'mine', failure: { cause: 'denied', reason: 'no' } }
    const said = { undelivered }
    const { output, outcome } = await play(posted('t1'), { bids: everything(1), says: () => said })
    expect(output).toMatchObject({ results: [{ task: 't1', by: 'ann', output: said }], open: [] })
    expect([...outcome.inputs.values()].some(({ input }) => JSON.stringify(input).includes('claim'))).toBe(false)
  })
})

describe('the declaration of a blackboard', () => {
  const tasks = posted('t1')
  it.each([
    ['no peers', { peers: [] }, 'at least one peer'],
    ['a peer twice', { peers: [ann, ann] }, 'twice'],
    ['too short a lease', { peers: [ann], lease: 5 }, 'a claim holds for 5 s'],
    ['no tasks', { peers: [ann], tasks: undefined }, 'the tasks are missing'],
    ['too many rounds', { peers: [ann], rounds: 50 }, 'rounds'],
    ['no agent', { peers: [{} as typeof ann] }, 'an agent made by defineAgent'],
  ])('is refused with %s', (_name, options, message) => {
    expect(() => blackboard('board', { tasks, ...options } as Parameters<typeof blackboard>[1])).toThrow(message)
  })

  it('is refused where a name would be too long', () => {
    expect(() => blackboard('b'.repeat(45), { peers: [ann], tasks })).toThrow('more than 48 characters')
  })
})
