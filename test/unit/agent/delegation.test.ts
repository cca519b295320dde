/** An agent that may only read asks one that writes to write for it: in every way in which agents give each other work. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Agent, defineAgent } from '../../../src/define/agent.ts'
import { blackboard } from '../../../src/define/blackboard.ts'
import { handoffs } from '../../../src/define/handoffs.ts'
import { defineMessage } from '../../../src/define/message.ts'
import { from, type Node, sequence, step, workflow } from '../../../src/define/patterns.ts'
import { supervise } from '../../../src/define/supervise.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { Script } from '../../../src/models/scripted.ts'
import { AgentName } from '../../../src/schema/ids.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { Json } from '../../../src/schema/json.ts'
import { Assignment, SupervisorInput, SupervisorPlan } from '../../../src/schema/supervision.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import { bench, testAgent } from './harness.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Word = z.strictObject({ word: z.string() })
const tool = (name: string, effect: 'read' | 'keyed') =>
  defineTool({ ...{ name, description: name, input: Word, output: Word, effect }, run: async (input) => input })
const [write, look] = [tool('write', 'keyed'), tool('look', 'read')]
/** Has no use for what it could write, so that a team with it is whole. */
const delegates = { delegates: ['write'] }

const use = (...names: string[]) => ({ toolUses: names.map((name) => ({ name, input: { word: 'x' } })) })
const done = { submit: { word: 'done' } }
const task = (agent: string, tools: string[]) => ({
  ...{ id: 't1', agent, objective: 'Write the word down.', outputFormat: 'a word', tools, boundaries: 'none' },
})
const plan = (agent: string, tools: string[]) => ({
  submit: { effort: 'straightforward', tasks: [task(agent, tools)], done: true, notes: '' },
})

async function play(
  agents: readonly Agent[],
  steps: () => Node<unknown>,
  script: Script,
  inner: readonly object[] = [],
) {
  const main = defineWorkflow({
    ...{ name: 'main', version: '1.0.0', input: Word, output: z.unknown() },
    steps: ({ run }) => sequence(steps(), step('end', closer, { input: run.input })),
  })
  const team = defineTeam({ name: 'team', agents: [...agents, closer], workflows: [main, ...(inner as [])] })
  const model = scriptedModel({ ...script, closer: [done] } as Script)
  const { run, audit, effects } = await runInMemory(team, { model, input: { word: 'go' } })
  const calls = audit.rows
    .filter(({ event, tool: called }) => event === 'tool' && /^(write|look)$/.test(called?.name ?? ''))
    .map(({ tool: called, status, rule }) => [called?.name, status, ...(rule ? [rule] : [])].join(' '))
  const reasons = audit.rows.filter(({ rule }) => rule === 'delegation').map(({ reason }) => reason)
  const behalf = Object.fromEntries(
    audit.rows.flatMap(({ event, actor, attempt }) =>
      event === 'start' && attempt === 1 && actor?.onBehalfOf && actor.role === 'Agent'
        ? [[actor.agent, actor.onBehalfOf]]
        : [],
    ),
  )
  return { status: run.status, calls: calls.sort(), reasons, behalf, effects, rows: audit.rows }
}
const closer = defineAgent({ ...common, name: 'closer', input: Word, output: Word })

describe('a lead', () => {
  const lead = (more: object = {}) =>
    defineAgent({ ...common, name: 'lead', input: SupervisorInput, output: SupervisorPlan, ...more })
  const clerk = (tools = [write, look]) =>
    defineAgent({ ...common, name: 'clerk', input: Assignment, output: Word, tools })
  const led = (first: ReturnType<typeof lead>, member: ReturnType<typeof clerk>) => () =>
    supervise('work', { lead: first, members: [member], input: 'Write.' })

  it('has nobody write for it that may not write itself, and no such team is made', async () => {
    const [first, member] = [lead(), clerk()]
    await expect(play([first, member], led(first, member), {})).rejects.toThrow(
      /clerk can never use write here: lead, who gives it the task.*delegates: \['write'\]/s,
    )
  })

  it.each<[string, object, string[], string[]]>([
    ['that hands it on and names it', delegates, ['write', 'look'], ['write ok', 'look ok']],
    ['that has it and names it', { tools: [write] }, ['write', 'look'], ['write ok', 'look ok']],
    ['that names something else', delegates, ['look'], ['write denied delegation', 'look ok']],
    ['that names no tool', delegates, [], ['write denied delegation', 'look ok']],
    ['that leaves out what reads', delegates, ['write'], ['write ok', 'look denied delegation']],
  ])('%s: %j %j', async (_, more, named, expected) => {
    const [first, member] = [lead(more), clerk()]
    const { calls, status, behalf } = await play([first, member], led(first, member), {
      lead: [plan('clerk', named)],
      clerk: [use('write', 'look'), done],
    })
    expect({ calls: calls.sort(), status }).toEqual({ calls: expected.sort(), status: 'succeeded' })
    expect(behalf).toEqual({ clerk: 'lead' })
  })

  it('shows a member no tool but those of its task', async () => {
    const [first, member] = [lead(delegates), clerk()]
    const model = scriptedModel({ lead: [plan('clerk', ['look'])], clerk: [done], closer: [done] })
    const main = defineWorkflow({
      ...{ name: 'main', version: '1.0.0', input: Word, output: z.unknown() },
      steps: led(first, member),
    })
    const team = defineTeam({ name: 'team', agents: [first, member], workflows: [main] })
    await runInMemory(team, { model, input: { word: 'go' } })
    const shown = model.calls.find(({ agent }) => agent === 'clerk')?.request.tools.map(({ name }) => name)
    expect(shown).toEqual(['look', 'submit_output'])
  })

  it('reaches through a workflow that works for it', async () => {
    const worker = defineAgent({ ...common, name: 'worker', input: Assignment, output: Word, tools: [write] })
    const desk = defineWorkflow({
      ...{ name: 'desk', version: '1.0.0', input: Assignment, output: Word },
      steps: ({ run }) => step('do', worker, { input: run.input }),
    })
    // A boss without the right gets its lead to ask a desk that has it.
    const [boss, first] = [lead({ name: 'boss' }), lead(delegates)]
    const middle = defineWorkflow({
      ...{ name: 'middle', version: '1.0.0', input: Assignment, output: z.unknown() },
      steps: ({ run }) => supervise('inner', { lead: first, members: [desk], input: run.input }),
    })
    const outer = () => supervise('outer', { lead: boss, members: [middle], input: 'Write.' })
    const agents = [boss, first, worker]
    await expect(play(agents, outer, {}, [middle, desk])).rejects.toThrow(/boss, who gives it the task/)
    const able = lead({ name: 'boss', ...delegates })
    const again = () => supervise('outer', { lead: able, members: [middle], input: 'Write.' })
    const { calls, behalf } = await play(
      [able, first, worker],
      again,
      {
        boss: [plan('middle', ['write'])],
        lead: [plan('desk', ['write'])],
        worker: [use('write'), done],
      },
      [middle, desk],
    )
    expect(calls).toEqual(['write ok'])
    expect(behalf).toMatchObject({ lead: 'boss', worker: 'boss > lead' })
  })
})

describe('a peer that passes a task on', () => {
  const peer = (name: string, more: object = {}) => defineAgent({ ...common, name, input: Word, output: Word, ...more })
  const pass = (to: string) => ({ submit: { handoff: { to, message: 'Write it.', reason: 'You can.' } } })
  const chain =
    (...agents: ReturnType<typeof peer>[]) =>
    () =>
      handoffs('desk', { agents, input: { word: 'go' } })

  it('borrows nobody’s right to write', async () => {
    const [a, b] = [peer('a'), peer('b', { tools: [write] })]
    await expect(play([a, b], chain(a, b), {})).rejects.toThrow(/b can never use write here: a/)
  })

  it('may hand the right on, and every one on the way must', async () => {
    const [a, b, c] = [peer('a', delegates), peer('b'), peer('c', { tools: [write] })]
    const through = await play([a, b, c], chain(a, b, c), { a: [pass('b')], b: [pass('c')], c: [use('write'), done] })
    expect(through.calls).toEqual(['write denied delegation'])
    expect(through.reasons[0]).toContain('You act for b, who may neither use write nor hand it on')
    expect(through.behalf).toEqual({ b: 'a', c: 'a > b' })
    const straight = await play([a, b, c], chain(a, b, c), { a: [pass('c')], c: [use('write'), done] })
    expect(straight.calls).toEqual(['write ok'])
    expect(straight.effects).toHaveLength(1)
  })
})

describe('who writes tasks for a board', () => {
  const Task = z.strictObject({ id: z.string(), word: z.string() })
  const planner = (more: object = {}) =>
    defineAgent({ ...common, name: 'planner', input: Word, output: z.object({ tasks: z.array(Task) }), ...more })
  const worker = defineAgent({ ...common, name: 'worker', input: Task, output: Word, tools: [write] })
  const board = (first: ReturnType<typeof planner>) => () => {
    const planned = step('plan', first, { input: { word: 'go' } })
    return sequence(planned, blackboard('board', { peers: [worker], tasks: from(planned).tasks }))
  }
  const script = {
    planner: [{ submit: { tasks: [{ id: 't1', word: 'x' }] } }],
    'worker@*board-bid-worker': [{ submit: { bids: [{ task: 't1', confidence: 1, note: 'Mine.' }] } }],
    'worker@*board-do-worker': [use('write'), done],
  }

  it('has nothing written that it may not write', async () => {
    const first = planner()
    await expect(play([first, worker], board(first), {})).rejects.toThrow(/worker can never use write here: planner/)
  })

  it('may hand it on', async () => {
    const first = planner(delegates)
    const { calls, behalf } = await play([first, worker], board(first), script)
    expect({ calls, behalf }).toEqual({ calls: ['write ok'], behalf: { worker: 'planner' } })
  })
})

describe('a message', () => {
  const Ask = defineMessage({ name: 'ask', description: 'Asks.', body: z.string() })
  const asker = (more: object = {}) =>
    defineAgent({ ...common, name: 'asker', input: Word, output: Word, sends: { writer: [Ask] }, ...more })
  const writer = defineAgent({
    ...{ ...common, name: 'writer', input: Word, output: Word, tools: [write, look], receives: { asker: [Ask] } },
  })
  const said = { type: 'ask', to: 'writer', body: 'Write it.' }
  const ask: Json = { message: said }
  const script = {
    asker: [{ toolUses: [{ name: 'send_message', input: ask }] }, done],
    writer: [use('write'), { toolUses: [{ name: 'read_messages', input: {} }] }, use('write', 'look'), done],
  }
  const talk = (first: Agent) => () =>
    sequence(
      step('one', first as never, { input: { word: 'go' } as never }),
      step('two', writer, { input: { word: 'go' } }),
    )

  it('of who may not write takes the right to write from who reads it, for that step', async () => {
    const first = asker()
    const { calls, reasons, status } = await play([first, writer], talk(first), script)
    expect(calls).toEqual(['look ok', 'write denied delegation', 'write ok'])
    expect(reasons[0]).toContain('You have read messages of asker')
    expect(status).toBe('succeeded')
  })

  it('of who hands it on leaves it', async () => {
    const first = asker(delegates)
    expect((await play([first, writer], talk(first), script)).calls).toEqual(['look ok', 'write ok', 'write ok'])
  })

  it('tells on whose behalf its sender acts', async () => {
    const first = asker({ ...delegates, input: z.unknown() })
    const boss = defineAgent({ ...common, name: 'boss', input: SupervisorInput, output: SupervisorPlan })
    const led = () =>
      sequence(
        supervise('work', { lead: boss, members: [first], input: 'Ask.' }),
        step('two', writer, { input: { word: 'go' } }),
      )
    const { calls, reasons } = await play([boss, first, writer], led, { ...script, boss: [plan('asker', [])] })
    expect(calls).toEqual(['look ok', 'write denied delegation', 'write ok'])
    expect(reasons[0]).toContain('boss')
  })
})

it('is nobody’s where a workflow itself gives the work', async () => {
  const writer = defineAgent({ ...common, name: 'writer', input: Word, output: Word, tools: [write] })
  const inner = defineWorkflow({
    ...{ name: 'inner', version: '1.0.0', input: Word, output: Word },
    steps: ({ run }) => step('do', writer, { input: run.input }),
  })
  const { calls, behalf } = await play(
    [writer],
    () => workflow('child', inner, { input: { word: 'go' } }),
    { writer: [use('write'), done] },
    [inner],
  )
  expect({ calls, behalf }).toEqual({ calls: ['write ok'], behalf: {} })
})

describe('who cannot be told', () => {
  const clerk = testAgent({ tools: [write, look] })
  const script = { solver: [use('write', 'look'), { submit: { answer: 'done' } }] }
  const denied = (rows: readonly JournalRow[]) =>
    rows.filter(({ event }) => event === 'tool').map(({ tool: called, status }) => `${called?.name} ${status}`)

  it('has no right to anything: an agent that the team does not have', async () => {
    const one = bench(script, clerk)
    await one.run({ whereIs: async () => ({ team: 'team', workflows: [], delegators: [AgentName.parse('gone')] }) })
    expect(denied(one.rows).sort()).toEqual(['look ok', 'write denied'])
  })

  it('nor does who passed a task on without a trail', async () => {
    const one = bench(script, clerk)
    const contract = { kind: 'handoff' as const, to: [] }
    const input = { task: { question: 'why' }, message: null, from: null }
    await one.run({}, { contract, input })
    expect(one.rows.find(({ event }) => event === 'start')?.actor?.onBehalfOf).toBe('?')
    expect(denied(one.rows)).not.toContain('write ok')
  })
})
