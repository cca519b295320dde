import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { eq } from '../../../src/define/expressions.ts'
import {
  compensate,
  forEach,
  from,
  type Node,
  parallel,
  repeat,
  sequence,
  step,
  workflow,
} from '../../../src/define/patterns.ts'
import { approve, hours, person } from '../../../src/define/people.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { CANCELLED_ERROR, type StepInput, type StepResult } from '../../../src/schema/step.ts'
import { common } from '../define/agents.ts'
import { asks, type People, runPeople } from './run-people.ts'

const tool = defineTool({
  name: 'book',
  description: 'Books.',
  input: z.unknown(),
  output: z.unknown(),
  run: async () => null,
  undo: async () => {},
})
const asker = defineAgent({
  ...common,
  name: 'asker',
  role: 'Asker',
  asks: true,
  tools: [tool],
  input: z.unknown(),
  output: z.unknown(),
})

const usage = { turns: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }
const done = (output: string): StepResult => ({ status: 'completed', output, usage })
const stops = (cause: 'refused' | 'cancelled'): StepResult => {
  return { status: 'stopped', cause, reason: 'it would not', next: 'Ask again.', usage }
}
const says = ({ stepId }: StepInput) => done(`said ${stepId}`)

function run(root: Node<unknown>, people: Partial<People> = {}, child?: Node<unknown>) {
  const flow = (name: string, steps: () => Node<unknown>) =>
    defineWorkflow({ name, version: '1.0.0', input: z.unknown(), output: z.unknown(), steps })
  const inner = flow('inner', () => child ?? step('unused', asker))
  const outer = flow('main', () => (child === undefined ? root : sequence(workflow('sub', inner), root)))
  const team = defineTeam({
    name: 'team',
    agents: [asker],
    workflows: [outer, inner],
    roles: { editor: ['local:ann'] },
  })
  return runPeople(team, 'main', { list: ['x', 'y'] }, { step: says, ...people })
}
const andThen = (node: Node<unknown>) => sequence(node, step('after', asker))

describe('approve', () => {
  it('asks with what came before, and gives who approved and what they said', async () => {
    const both = sequence(step('before', asker), approve('ok', { role: 'editor', expires: hours(1) }))
    const { result, tasks } = await run(both, { decide: () => ({ by: ['ann'], comment: 'fine' }) })
    expect(result).toEqual({ status: 'SUCCEEDED', output: { approved: true, by: ['ann'], comment: 'fine' } })
    const asked = { task: 'requestDecision', workflow: 'main', node: 'ok', stepId: 'ok', input: 'said before' }
    expect(tasks).toEqual([expect.objectContaining(asked)])
  })

  it('fails the run with who denied it, and why', async () => {
    const { result, cause } = await run(andThen(approve('ok')), {
      decide: () => ({ outcome: 'denied', by: ['ann', 'bob'], comment: 'too dear' }),
    })
    expect(result).toMatchObject({ status: 'FAILED', error: 'Stopped.denied' })
    expect(cause).toMatchObject({ stepId: 'ok', reason: 'ann, bob said no to approve ok: too dear' })
  })

  it('lets the default stand where nobody decides in time', async () => {
    const late: Partial<People> = { decide: () => 'nobody' }
    expect((await run(andThen(approve('ok')), late)).cause.reason).toBe('nobody decided approve ok in time')
    const yes = await run(approve('ok', { onExpiry: 'approve' }), {
      ...late,
      expire: () => ({ outcome: 'approved', by: [] }),
    })
    expect(yes.result).toMatchObject({ output: { approved: true, by: [] } })
    expect(yes.tasks.map(({ task }) => task)).toEqual(['requestDecision', 'expireApproval'])
  })

  it('gives its otherwise where it is denied, but not where the run is cancelled', async () => {
    const node = approve('ok', { otherwise: { kept: true } })
    expect((await run(node, { decide: () => ({ outcome: 'denied' }) })).result).toMatchObject({
      output: { kept: true },
    })
    expect((await run(node, { decide: () => 'cancel' })).result).toMatchObject({ error: CANCELLED_ERROR })
  })
})

describe('person', () => {
  it('gives the answer, which later steps read', async () => {
    const node = person('review', { role: 'editor', output: z.object({ verdict: z.enum(['good', 'bad']) }) })
    const root = sequence(node, step('after', asker, { input: from(node).verdict }))
    const { inputs } = await run(root, { decide: () => ({ answer: { verdict: 'good' } }) })
    expect(inputs).toMatchObject([{ stepId: 'after', input: 'good' }])
  })

  it('is asked within items, branches and child workflows, each under an id of its own', async () => {
    const each = forEach('each', ['x', 'y'], (item) => person('one', { input: item, output: z.string().max(50) }))
    const root = parallel('both', { list: each, other: approve('other') })
    const { result, tasks } = await run(root, { decide: () => ({ answer: 'seen' }) }, approve('inside'))
    const ids = tasks.map((task) => ('stepId' in task ? task.stepId : '')).sort()
    expect(ids).toEqual(['each:0/one', 'each:1/one', 'other', 'sub/inside'])
    expect(result).toMatchObject({ output: { list: ['seen', 'seen'], other: { approved: true } } })
    expect(tasks[0]).toMatchObject({ workflow: 'inner', node: 'inside', input: { list: ['x', 'y'] } })
  })
})

describe('within a distributed Map and a repeat', () => {
  const wide = { max: 50, concurrency: 50 }

  it('people are asked, and an item that is denied fails the run', async () => {
    const each = forEach('each', ['x', 'y'], (item) => approve('one', { input: item }), wide)
    const { tasks, result } = await run(each)
    expect(tasks.map((task) => ('stepId' in task ? task.stepId : '')).sort()).toEqual(['each:0/one', 'each:1/one'])
    expect(result).toMatchObject({ status: 'SUCCEEDED' })
    const denied = await run(each, { decide: () => ({ outcome: 'denied' }) })
    expect(denied.result).toMatchObject({ error: 'Stopped.itemFailed' })
  })

  it('each item and each round undoes its own', async () => {
    const scopes: string[][] = []
    const people: Partial<People> = {
      step: () => stops('refused'),
      effects: ({ steps }) => {
        scopes.push(steps)
        return []
      },
    }
    const body = (name: string) =>
      compensate(
        `${name}-trip`,
        repeat(`${name}-rounds`, () => step(name, asker), {
          max: 2,
          until: (_, iteration) => eq(iteration, iteration),
        }),
      )
    await run(
      forEach('each', ['x'], () => body('a'), wide),
      people,
    )
    await run(
      repeat('again', () => compensate('trip', step('b', asker)), {
        max: 2,
        until: (_, iteration) => eq(iteration, iteration),
      }),
      people,
    )
    expect(scopes).toEqual([['each:0/a-rounds='], ['again=1/b']])
  })
})

describe('an agent that asks', () => {
  it('is invoked again with what was decided', async () => {
    const { result, inputs, tasks } = await run(step('one', asker), {
      step: (input) => (input.decision ? done(input.decision.guidance ?? '') : asks(input, { to: 'x' })),
      decide: () => ({ guidance: 'go on' }),
    })
    expect(result).toMatchObject({ output: 'go on' })
    expect(inputs.map(({ decision }) => decision?.outcome)).toEqual([undefined, 'approved'])
    expect(tasks).toMatchObject([{ task: 'requestApproval', request: { subject: { to: 'x' } } }])
  })

  it('gets what stands where nobody decides', async () => {
    const { result, tasks } = await run(step('one', asker), {
      step: (input) => (input.decision ? done(`${input.decision.outcome} ${input.decision.expired}`) : asks(input)),
      decide: () => 'nobody',
    })
    expect(result).toMatchObject({ output: 'denied true' })
    expect(tasks.at(-1)).toMatchObject({ task: 'expireApproval', stepId: 'one' })
  })

  it('asks a bounded number of times', async () => {
    const { result, inputs, cause } = await run(step('one', asker), { step: (input) => asks(input) })
    expect(inputs).toHaveLength(21)
    expect(result).toMatchObject({ status: 'FAILED', error: 'Stopped.againLimit' })
    expect(cause.reason).toBe('it has asked a person 20 times')
  })

  it('keeps its decision while it waits for something else, and sees itself that the run is cancelled', async () => {
    let rounds = 0
    const { inputs } = await run(step('one', asker), {
      step: (input) => {
        rounds += 1
        if (rounds === 2) return { status: 'wait', untilIso: '2026-01-01T00:00:05Z', reason: 'busy', usage }
        return rounds === 3 ? done('x') : asks(input)
      },
    })
    expect(inputs.map(({ decision }) => decision?.by)).toEqual([undefined, ['ann'], ['ann']])
    let asked = 0
    const cancelled = await run(step('one', asker), {
      step: (input) => (asked++ === 0 ? asks(input) : stops('cancelled')),
      decide: () => 'cancel',
    })
    expect(cancelled.inputs.map(({ decision }) => decision)).toEqual([null, null])
    expect(cancelled.result).toMatchObject({ error: CANCELLED_ERROR })
  })
})

describe('compensate', () => {
  const fails = (input: StepInput) => (input.stepId === 'last' ? stops('refused') : says(input))
  const body = sequence(
    step('one', asker),
    forEach('each', ['x'], (item) => step('two', asker, { input: item })),
    step('last', asker),
  )
  const call = (stepId: string, tool = 'book') =>
    ({ runId: 'run-1', execution: 1, stepId, agent: 'asker', tool, callId: '0'.repeat(64), settings: {} }) as never

  it('gives the output of its body, and undoes nothing where that goes well', async () => {
    const { result, tasks } = await run(andThen(compensate('trip', step('one', asker))))
    expect(result).toMatchObject({ output: 'said after' })
    expect(tasks).toEqual([])
  })

  it('undoes what is listed, in that order, and fails as the body did', async () => {
    const { result, cause, undone, tasks } = await run(compensate('trip', body), {
      step: fails,
      effects: () => [call('each:0/two'), call('one')],
    })
    expect(tasks).toMatchObject([{ task: 'listUndo', runId: 'run-1', steps: ['one', 'each:', 'last'] }])
    expect(undone).toEqual(['each:0/two', 'one'])
    expect(result).toMatchObject({ status: 'FAILED', error: 'Stopped.refused' })
    expect(cause).toMatchObject({ stepId: 'last', cause: 'refused', reason: 'it would not' })
    expect(cause.next).toContain('start a new run')
  })

  it('goes on after what cannot be undone, and names it', async () => {
    const { cause, undone } = await run(compensate('trip', body), {
      step: fails,
      effects: () => [call('last'), call('each:0/two'), call('one')],
      undo: ({ stepId }) => {
        if (stepId === 'last') return new Error('boom')
        return stepId === 'one' ? { status: 'undone' } : { status: 'failed', reason: 'shop is closed' }
      },
    })
    expect(undone).toEqual(['last', 'each:0/two', 'one'])
    expect(cause.reason).toBe('it would not; not undone: book of last (Error), book of each:0/two (shop is closed)')
    expect(cause.next).toContain('by hand')
  })

  it('names one failure, and tells nothing new where nothing was to be undone', async () => {
    const one = await run(compensate('trip', body), {
      step: fails,
      effects: () => [call('one')],
      undo: () => ({ status: 'failed', reason: 'closed' }),
    })
    expect(one.cause.reason).toBe('it would not; not undone: book of one (closed)')
    const none = await run(compensate('trip', body), { step: fails })
    expect(none.cause).toMatchObject({ reason: 'it would not', next: 'Ask again.' })
  })

  it('undoes a cancelled run, a denied one, and the inner scope before the outer one', async () => {
    const cancelled = await run(compensate('trip', sequence(step('one', asker), approve('ok'))), {
      decide: () => 'cancel',
      effects: () => [call('one')],
    })
    expect(cancelled.undone).toEqual(['one'])
    expect(cancelled.result).toMatchObject({ error: CANCELLED_ERROR })
    const nested = compensate('outer', sequence(step('one', asker), compensate('nested', approve('ok'))))
    const scopes: string[][] = []
    const denied = await run(nested, {
      decide: () => ({ outcome: 'denied' }),
      effects: ({ steps }) => {
        scopes.push(steps)
        return steps.map((stepId) => call(stepId))
      },
    })
    expect(scopes).toEqual([[], ['one']])
    expect(denied.result).toMatchObject({ error: 'Stopped.denied' })
  })
})
