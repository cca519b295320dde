import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { sequence, step } from '../../../src/define/patterns.ts'
import { supervise } from '../../../src/define/supervise.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { Assignment, ReportInput, SupervisorInput, SupervisorPlan } from '../../../src/schema/supervision.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { completed, runWorkflow } from './run-workflow.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Found = z.object({ said: z.string() })
const member = (name: string) => defineAgent({ ...common, name, input: Assignment, output: Found })
const lead = defineAgent({ ...common, name: 'lead', input: SupervisorInput, output: SupervisorPlan })
const editor = defineAgent({ ...common, name: 'editor', input: ReportInput, output: z.object({ text: z.string() }) })
const [ann, bob] = [member('ann'), member('bob')]

const OBJECTIVES = 'apples bridges clocks dunes engines fjords glaciers harbours islands jungles kites lanterns'.split(
  ' ',
)
const task = (id: number, agent = 'ann', more: object = {}) => ({
  ...{ id: `t${id}`, agent, objective: `Count ${OBJECTIVES[id % 12]}`, outputFormat: 'a number' },
  ...{ tools: [], boundaries: 'nothing else', ...more },
})
const plan = (tasks: readonly object[], done = false): Json =>
  ({ effort: 'high', tasks: [...tasks], done, notes: 'go on' }) as unknown as Json

interface Play {
  readonly lead: (input: SupervisorInput, asked: number) => Json | Error
  readonly says?: (task: Assignment, agent: string) => Json | Error
}
type Options = Partial<Parameters<typeof supervise<typeof ann>>[1]> & { readonly report?: typeof editor }

async function play({ lead: plans, says = (given) => ({ said: given.objective }) }: Play, options: Options = {}) {
  const members = options.members ?? [ann, bob]
  const main = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.object({ question: z.string() }),
    output: z.unknown(),
    steps: ({ run }) => supervise('team', { lead, input: run.input, ...options, members }),
  })
  const team = defineTeam({ name: 'led', agents: [lead, editor, ...members], workflows: [main] })
  expect(validate(team)).toEqual([])
  const asked: SupervisorInput[] = []
  const work: string[] = []
  const answer = ({ agent, input }: StepInput) => {
    const given = input as unknown
    if (agent === 'lead') asked.push(given as SupervisorInput)
    if (agent !== 'lead' && agent !== 'editor') work.push(`${agent} ${(given as Assignment).id}`)
    const said =
      agent === 'lead'
        ? plans(given as SupervisorInput, asked.length)
        : agent === 'editor'
          ? { text: JSON.stringify(given) }
          : says(given as Assignment, agent)
    return said instanceof Error ? said : completed(said)
  }
  const outcome = await runWorkflow(team, 'main', { question: 'How many?' }, answer)
  return { outcome, output: outcome.output as Record<string, Json>, asked, work, team }
}

const result = (id: number, agent = 'ann') => ({
  ...{ id: `t${id}`, agent, objective: `Count ${OBJECTIVES[id]}` },
  output: { said: `Count ${OBJECTIVES[id]}` },
})

describe('a lead and its members', () => {
  it('gives out tasks, and ends with their results where the lead says that these are all', async () => {
    const { output, asked, work } = await play({ lead: () => plan([task(1), task(2, 'bob')], true) })
    expect(output).toEqual({ results: [result(1), result(2, 'bob')], gaps: [], rounds: 1, ended: 'done' })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ request: { question: 'How many?' }, round: 1, rounds: 3, refused: null })
    expect(asked[0]?.members).toEqual(
      ['ann', 'bob'].map((name) => ({ name, role: 'Agent', goal: 'Works.', tools: [] })),
    )
    expect(work.sort()).toEqual(['ann t1', 'bob t2'])
  })

  it('shows the lead what came of a round, and goes on until it says done', async () => {
    const { output, asked } = await play({
      lead: ({ round }) => (round === 1 ? plan([task(1)]) : round === 2 ? plan([task(2)]) : plan([], true)),
    })
    expect(output).toMatchObject({ results: [result(1), result(2)], rounds: 3, ended: 'done' })
    expect(asked[1]?.progress).toEqual({
      results: [{ ...result(1), output: undefined, summary: '{"said":"Count bridges"}', bytes: 24 }].map(
        ({ output: _, ...seen }) => seen,
      ),
      ...{ gaps: [], notes: 'go on', tasksLeft: 39 },
    })
  })

  it('sends a plan back with what is wrong, and takes the repaired one', async () => {
    const overlapping = task(2, 'ann', { objective: 'count the bridges' })
    const { output, asked } = await play({
      lead: ({ refused }) => plan(refused ? [task(1), task(3)] : [task(1), overlapping, task(3, 'nobody')], true),
    })
    expect(output).toMatchObject({ results: [result(1), result(3)], gaps: [], ended: 'done' })
    expect(asked[1]?.refused?.problems).toEqual([
      't2: its objective overlaps with that of t1',
      't3: there is no member "nobody", only ann, bob',
    ])
    expect(asked[1]?.refused?.tasks).toHaveLength(3)
  })

  it('drops what is wrong for good as named gaps, after two repairs', async () => {
    const wrong = [task(1), task(2, 'nobody'), task(3, 'bob', { tools: ['rm'] }), task(4, 'bob', { boundaries: '' })]
    const { output, asked, work } = await play({ lead: () => plan(wrong, true) })
    expect(asked).toHaveLength(3)
    expect(work).toEqual(['ann t1'])
    const gap = (id: number, agent: string, reason: string) => {
      return { id: `t${id}`, agent, objective: `Count ${OBJECTIVES[id]}`, reason: `refused: ${reason}` }
    }
    expect(output).toMatchObject({
      gaps: [
        gap(2, 'nobody', 'there is no member "nobody", only ann, bob'),
        gap(3, 'bob', 'bob does not have rm; it has no tools'),
        gap(4, 'bob', 'boundaries is missing'),
      ],
      ended: 'done',
    })
  })

  it('names a gap where a member fails, keeps the rest, and lets the lead try it again', async () => {
    let tries = 0
    const play1 = await play({
      lead: ({ round }) => (round === 1 ? plan([task(1), task(2, 'bob')], true) : plan([task(2)], true)),
      says: ({ objective }, agent) =>
        agent === 'bob' && tries++ === 0 ? new FunctionError('Boom', 'the tool broke') : { said: objective },
    })
    expect(play1.asked[1]?.progress.gaps).toEqual([
      { id: 't2', agent: 'bob', objective: 'Count clocks', reason: 'the tool broke' },
    ])
    expect(play1.output).toEqual({ results: [result(1), result(2)], gaps: [], rounds: 2, ended: 'done' })
  })

  it('hands everything to the agent that reports', async () => {
    const { output } = await play(
      {
        lead: () => plan([task(1), task(2, 'bob')], false),
        says: (given, agent) => (agent === 'bob' ? new FunctionError('Boom', 'broke') : { said: given.objective }),
      },
      { report: editor, rounds: 1 },
    )
    const text = JSON.parse(output['text'] as string)
    const gaps = [{ id: 't2', agent: 'bob', objective: 'Count clocks', reason: 'broke' }]
    expect(text).toEqual({ request: { question: 'How many?' }, results: [result(1)], gaps, rounds: 1, ended: 'bound' })
  })
})

describe('a lead that does not lead', () => {
  it('never stops: ends at the bound of rounds with what there is', async () => {
    const { output, asked } = await play({ lead: ({ round }) => plan([task(round)]) })
    expect(output).toMatchObject({ rounds: 3, ended: 'bound', results: [result(1), result(2), result(3)] })
    expect(asked).toHaveLength(3)
  })

  it('never stops: ends at the bound of tasks', async () => {
    const lead = ({ round }: SupervisorInput) => plan([task(round * 2), task(round * 2 + 1)])
    const { output, work } = await play({ lead }, { tasks: 4, rounds: 9 })
    expect(output).toMatchObject({ rounds: 2, ended: 'bound' })
    expect(work).toHaveLength(4)
  })

  it('repeats its plan: does nothing twice and ends as stuck', async () => {
    const { output, asked, work } = await play({ lead: () => plan([task(1), task(2)]) }, { rounds: 9 })
    expect(output).toEqual({ results: [result(1), result(2)], gaps: [], rounds: 2, ended: 'stuck' })
    expect(work.sort()).toEqual(['ann t1', 'ann t2'])
    expect(asked).toHaveLength(4)
  })

  it('plans nothing at all', async () => {
    const { output, work } = await play({ lead: () => plan([], true) })
    expect(output).toEqual({ results: [], gaps: [], rounds: 1, ended: 'stuck' })
    expect(work).toEqual([])
  })

  it('has members that all fail, always', async () => {
    const says = () => new FunctionError('Boom', 'always')
    const { output } = await play({ lead: () => plan([task(1)]), says })
    expect(output).toMatchObject({ results: [], rounds: 3, ended: 'bound', gaps: [{ id: 't1', reason: 'always' }] })
  })

  it('fails before anything is done: the run fails as it does', async () => {
    const { outcome } = await play({ lead: () => new FunctionError('Boom', 'no model') })
    expect(outcome).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('no model') })
  })

  it('fails later: what is done stays', async () => {
    const lead = ({ round }: SupervisorInput) => (round === 1 ? plan([task(1)]) : new FunctionError('Boom', 'no model'))
    const { output } = await play({ lead })
    const reason = expect.stringContaining('no model')
    const gaps = [{ id: 'plan', agent: 'lead', objective: 'the plan of the next round', reason }]
    expect(output).toEqual({ results: [result(1)], gaps, rounds: 2, ended: 'failed' })
  })

  it('plans more than twenty: refused, unless the declaration forces it', async () => {
    const many = Array.from({ length: 25 }, (_, id) => task(id, 'ann', { objective: `item${id} number${id}` }))
    const refused = await play({ lead: () => plan(many, true) }, { effort: { high: 20 } })
    expect(refused.work).toHaveLength(20)
    expect(refused.output['gaps']).toHaveLength(5)
    expect(() => supervise('team', { lead, members: [ann], input: {}, effort: { high: 25 } })).toThrow(/more than 20/)
    const forced = await play({ lead: () => plan(many, true) }, { effort: { high: 25 }, force: true })
    expect(forced.work).toHaveLength(25)
    expect(forced.output).toMatchObject({ gaps: [], ended: 'done' })
  })
})

describe('many members', () => {
  const team = (count: number) => Array.from({ length: count }, (_, index) => member(`m${index + 1}`))

  it.each([
    [12, [6, 6]],
    [25, [9, 8, 8]],
  ])('%i are split into groups with sub-coordinators', async (count, sizes) => {
    const members = team(count)
    const {
      output,
      asked,
      work,
      team: made,
    } = await play(
      {
        lead: ({ members: given }) =>
          plan(
            given.map(({ name }, index) => task(index, name, { objective: `part${index} of ${name}` })),
            true,
          ),
      },
      { members },
    )
    const groups = sizes.map((_, index) => `team-group-${index + 1}`)
    expect(made.workflows.map(({ name }) => name)).toEqual(['main', ...groups])
    expect(asked[0]?.members.map(({ name }) => name)).toEqual(groups)
    expect(
      asked
        .slice(1)
        .map(({ members: given }) => given.length)
        .sort(),
    ).toEqual([...sizes].sort())
    expect(work.map((one) => one.split(' ')[0]).sort()).toEqual(members.map(({ name }) => name as string).sort())
    expect(output).toMatchObject({ gaps: [], ended: 'done' })
    expect(output['results']).toHaveLength(sizes.length)
  })

  it('may be led in a workflow that somebody else leads', async () => {
    const inner = defineWorkflow({
      name: 'inner',
      version: '1.0.0',
      input: Assignment,
      output: z.unknown(),
      steps: ({ run }) =>
        sequence(
          step('first', ann, { input: run.input }),
          supervise('low', { lead, members: [bob], input: run.input }),
        ),
    })
    const main = defineWorkflow({
      name: 'main',
      version: '1.0.0',
      input: z.object({}),
      output: z.unknown(),
      steps: ({ run }) => supervise('high', { lead, members: [inner], input: run.input }),
    })
    const made = defineTeam({ name: 'nested', agents: [lead, ann, bob], workflows: [main, inner] })
    const { output } = await runWorkflow(made, 'main', {}, ({ agent, input }) => {
      const { members } = input as unknown as SupervisorInput
      return completed(agent === 'lead' ? plan([task(1, members[0]?.name)], true) : { said: agent })
    })
    expect(output).toMatchObject({
      results: [{ agent: 'inner', output: { results: [{ agent: 'bob', output: { said: 'bob' } }], ended: 'done' } }],
    })
  })
})
