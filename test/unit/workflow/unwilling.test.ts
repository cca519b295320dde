/** Agents that will not do their part, through the real loop: every end is typed, and what was done survives. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { blackboard } from '../../../src/define/blackboard.ts'
import type { Ref } from '../../../src/define/expressions.ts'
import { type Node, parallel, sequence, step } from '../../../src/define/patterns.ts'
import { resolve } from '../../../src/define/resolve.ts'
import { by } from '../../../src/define/resolve-by.ts'
import { supervise } from '../../../src/define/supervise.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { type Script, scriptedModel } from '../../../src/models/scripted.ts'
import type { Json } from '../../../src/schema/json.ts'
import { compile } from '../../../src/workflow/compile.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { runTeam } from './generated-teams/run-team.ts'
import { ann, bob, cyd, judge, lead, PEERS, planner, state, Task } from './generated-teams/trees.ts'

const Input = z.object({ tasks: z.array(Task) })
const word = (verdict: 'yes' | 'no') => ({ verdict, confidence: 0.5, text: '' })
const says = (verdict: 'yes' | 'no') => [{ submit: word(verdict) }]
const never = [{ text: 'I will not.', repeat: true }]
const tasks = (...ids: readonly string[]) => ids.map((id) => ({ id, text: id }))

function play(build: (input: Ref<z.output<typeof Input>>) => Node<unknown>, script: Script, given: Json[] = []) {
  const steps = ({ run }: { readonly run: { readonly input: Ref<z.output<typeof Input>> } }) => build(run.input)
  const main = defineWorkflow({ name: 'main', version: '1.0.0', input: Input, output: z.unknown(), state, steps })
  const team = defineTeam({ name: 'team', agents: [...PEERS, planner, judge, lead], workflows: [main] })
  expect(validate(team)).toEqual([])
  return runTeam(team, 'main', { tasks: given }, scriptedModel(script), compile(team))
}

describe('a judge', () => {
  const judged = (otherwise?: Json) =>
    parallel('all', {
      work: step('work', cyd),
      judged: resolve('verdict', [ann, bob], {
        by: by.judge(judge),
        on: 'verdict',
        ...(otherwise !== undefined && { otherwise }),
      }),
    })
  const scores = (a: number, b: number) => [
    { label: 'A', score: a },
    { label: 'B', score: b },
  ]
  const script = { ann: says('yes'), bob: says('no'), cyd: says('yes') }

  it('that contradicts itself decides nothing, and what else was done stands', async () => {
    const contradicts = [{ submit: { choice: 'A', scores: scores(0.1, 0.9), reason: 'B is far better.' } }]
    const run = await play(() => judged('nobody knows'), { ...script, judge: contradicts })
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { work: word('yes'), judged: 'nobody knows' },
    })
    const stopped = run.decided.find(({ node }) => node === 'verdict-decision')
    expect(stopped?.result).toMatchObject({ status: 'stopped', cause: 'undecided' })
  })

  it('that contradicts itself stops the run by name, where nothing stands in its place', async () => {
    const contradicts = [{ submit: { choice: 'A', scores: scores(0.1, 0.9), reason: 'B is far better.' } }]
    const run = await play(() => judged(), { ...script, judge: contradicts })
    expect(run).toMatchObject({ status: 'FAILED', error: 'Stopped.undecided' })
  })

  it('that chooses what nobody said decides nothing', async () => {
    const strange = [{ submit: { choice: '__proto__', reason: 'Why not.' } }]
    const run = await play(() => judged(null), { ...script, judge: strange })
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { judged: null } })
  })
})

describe('voters', () => {
  const all = (otherwise?: Json) =>
    sequence(
      step('work', cyd),
      resolve('verdict', [ann, bob], { by: by.vote(), on: 'verdict', ...(otherwise !== undefined && { otherwise }) }),
    )

  it('that all abstain decide nothing: a stop by name', async () => {
    const run = await play(() => all(), { ann: never, bob: never, cyd: says('yes') })
    expect(run).toMatchObject({ status: 'FAILED', error: 'Stopped.undecided' })
    expect(run.cause).toContain('verdict-decision')
  })

  it('that all abstain leave what was declared to stand', async () => {
    const run = await play(() => all({ open: true }), { ann: never, bob: never, cyd: says('yes') })
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { open: true } })
  })
})

describe('bidders', () => {
  const board = ({ tasks: given }: Ref<z.output<typeof Input>>) => blackboard('board', { peers: PEERS, tasks: given })
  const bids = (confidence: number, ...ids: readonly string[]) => [
    { submit: { bids: ids.map((task) => ({ task, confidence, note: 'me' })) } },
  ]

  it('one that never delivers loses its tasks to others, and what nobody delivers stays open', async () => {
    const script: Script = {
      'ann@*bid*': bids(1, 't1', 't2'),
      'bob@*bid*': bids(0.5, 't1'),
      'cyd@*bid*': bids(0.4, 'unknown'),
      ann: never,
      bob: says('yes'),
    }
    const run = await play(board, script, tasks('t1', 't2'))
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        results: [{ task: 't1', by: 'bob', output: word('yes') }],
        open: [{ task: 't2', why: expect.stringContaining('ann did not deliver: offSchema') }],
      },
    })
  })

  it('all silent: everything stays open, after as many rounds as there may be', async () => {
    const run = await play(board, { '*': never }, tasks('t1'))
    const open = [{ task: 't1', why: 'nobody bid for it' }]
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { results: [], open, rounds: 3 } })
    expect([...run.steps.keys()].filter((stepId) => stepId.includes('-do-'))).toEqual([])
  })
})

describe('a lead', () => {
  it('that never stops is stopped by the bound, with what there is', async () => {
    let count = 0
    const plans = () => {
      count += 1
      const forms = { outputFormat: 'a word', tools: [], boundaries: 'none' }
      const objective = ['the weather of Oslo', 'prices in Rome', 'a history of bees', 'who wrote Faust'][count % 4]
      const task = { id: `t${count}`, objective: `${objective} ${count}`, agent: 'bob', ...forms }
      return { submit: { effort: 'straightforward', tasks: [task], done: false, notes: '' } }
    }
    const led = () => supervise('led', { lead, members: [ann, bob], input: 'everything', rounds: 2 })
    const run = await play(led, { lead: plans, ann: says('yes'), bob: says('yes') } as Script)
    expect(run.status).toBe('SUCCEEDED')
    expect(run.output).toMatchObject({ ended: 'bound', rounds: 2, gaps: [] })
    expect(run.output).toHaveProperty('results.length', 2)
    expect(count).toBeLessThanOrEqual(4)
  })
})
