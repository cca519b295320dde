import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { at, eq, gt, jsonata, type Ref, type Typed } from '../../../src/define/expressions.ts'
import {
  choose,
  forEach,
  from,
  type Node,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  when,
  workflow,
} from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool, type Tool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { common, planner, researcher } from './agents.ts'
import { faultsOf } from './faults.ts'

const Input = z.object({ question: z.string(), size: z.number() })
type Run = { readonly input: Ref<z.output<typeof Input>>; readonly settings: Ref<Record<never, never>> }

function main(steps: (run: Run) => Node<unknown>, more: { output?: z.ZodType; limits?: { seconds: number } } = {}) {
  const { output = z.unknown(), limits = {} } = more
  return defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: Input,
    output,
    limits,
    steps: ({ run }) => steps(run),
  })
}
function faults(steps: (run: Run) => Node<unknown>, more = {}) {
  return faultsOf(() => defineTeam({ name: 'team', agents: [planner, researcher], workflows: [main(steps, more)] }))
}
/** A reference as a careless cast would make it. */
const untyped = <T>(value: unknown) => value as Ref<T>
const planned = (run: Run) => step('plan', planner, { input: { question: run.input.question } })

describe('defineTeam', () => {
  it('gives a frozen team with a hash of its agents and workflows', () => {
    const make = (question: string) =>
      defineTeam({
        name: 'team',
        agents: [planner],
        workflows: [main(() => step('plan', planner, { input: { question } }))],
      })
    const team = make('why')

    expect(team).toMatchObject({ kind: 'team', name: 'team', tools: [] })
    expect(Object.isFrozen(team) && Object.isFrozen(team.workflows)).toBe(true)
    expect(make('why').sha256).toBe(team.sha256)
    expect(make('how').sha256).not.toBe(team.sha256)
  })

  it('takes one tool in two agents, and refuses two tools of one name that only their code tells apart', () => {
    const tool = (run: () => Promise<{ n: number }>, settings?: z.ZodType) =>
      defineTool({
        name: 'look',
        description: 'Looks.',
        input: z.object({}),
        output: z.object({ n: z.number() }),
        ...(settings ? { settings } : {}),
        run,
      })
    const [first, other, strict] = [
      tool(async () => ({ n: 1 })),
      tool(async () => ({ n: 2 })),
      tool(async () => ({ n: 1 }), z.object({ folder: z.string() })),
    ]
    const teamWith = (one: Tool, two: Tool) => {
      const agents = [one, two].map((used, index) =>
        defineAgent({ ...common, name: `a${index}`, input: z.unknown(), output: z.unknown(), tools: [used] }),
      )
      return defineTeam({ name: 'team', agents, workflows: [] })
    }

    expect(teamWith(first, first).tools).toEqual([first])
    for (const clash of [other, strict]) {
      expect(faultsOf(() => teamWith(first, clash))).toMatchObject([
        { path: 'tools.look', remedy: expect.stringContaining('define it once') },
      ])
    }
  })

  it('refuses an agent that is not in the team, and another of the same name', () => {
    const stranger = defineAgent({ ...common, name: 'stranger', input: z.unknown(), output: z.unknown() })
    const other = defineAgent({ ...common, name: 'planner', input: z.unknown(), output: z.unknown() })

    expect(faults(() => step('ask', stranger))).toMatchObject([
      {
        path: 'workflows.main.steps.ask',
        message: 'unknown agent "stranger"',
        remedy: expect.stringContaining('stranger'),
      },
    ])
    expect(faults(() => step('ask', other))).toMatchObject([{ message: expect.stringContaining('another one') }])
  })

  it('refuses a child workflow that is not in the team', () => {
    const child = main((run) => planned(run))
    const parent = defineWorkflow({
      name: 'parent',
      version: '1.0.0',
      input: Input,
      output: z.unknown(),
      steps: () => workflow('sub', child),
    })

    const found = faultsOf(() => defineTeam({ name: 'team', agents: [planner], workflows: [parent] }))

    expect(found).toMatchObject([{ path: 'workflows.parent.steps.sub', message: 'unknown workflow "main"' }])
  })

  it('refuses two nodes of one name, also where they differ by - and _ only', () => {
    const two = (a: string, b: string) => (run: Run) =>
      sequence(
        step(a, planner, { input: { question: run.input.question } }),
        step(b, planner, { input: { question: '' } }),
      )

    expect(faults(two('plan', 'plan'))).toMatchObject([{ path: 'workflows.main.steps.plan' }])
    expect(faults(two('a-b', 'a_b'))).toMatchObject([{ path: 'workflows.main.steps.a_b' }])
  })

  it('refuses to read what has not run, or runs in another branch, arm or loop', () => {
    const reader = (of: Node<unknown>) => step('read', researcher, { input: { topic: untyped<string>(of) } })
    const later = (run: Run) => {
      const plan = planned(run)
      return sequence(reader(plan), plan)
    }
    const elsewhere = (run: Run) => {
      const plan = planned(run)
      return parallel('both', { a: plan, b: reader(plan) })
    }
    const inLoop = (run: Run) => {
      const plan = planned(run)
      return sequence(
        forEach('each', ['x'], () => plan),
        reader(plan),
      )
    }
    const inArm = (run: Run) => {
      const plan = planned(run)
      return sequence(choose('which', [when(gt(run.input.size, 1), plan)]), reader(plan))
    }
    let item: Typed<string> | undefined
    const leaked = (run: Run) =>
      sequence(
        forEach('each', ['x'], (one) => {
          item = one
          return planned(run)
        }),
        step('read', researcher, { input: { topic: item ?? '' } }),
      )

    for (const [name, steps] of Object.entries({ later, elsewhere, inLoop, inArm, leaked })) {
      expect(faults(steps)[0], name).toMatchObject({
        path: expect.stringContaining('.read'),
        message: expect.stringContaining('has not run before'),
      })
    }
  })

  it('refuses fields that the schema does not have', () => {
    const found = faults((run) => {
      const plan = planned(run)
      return sequence(plan, step('read', researcher, { input: { topic: untyped<{ no: string }>(from(plan)).no } }))
    })
    const otherwise = faults((run) => {
      const plan = planned(run)
      const value = { finding: untyped<{ no: string }>(from(plan)).no, score: 0 }
      return sequence(plan, step('read', researcher, { input: { topic: 'x' }, otherwise: value }))
    })

    expect(found).toMatchObject([
      { path: 'workflows.main.steps.read', message: 'the output of "plan" has no field no' },
    ])
    expect(otherwise).toEqual(found)
  })

  it('refuses an input that the agent cannot take', () => {
    const wrong = (input: unknown) => (run: Run) =>
      sequence(planned(run), step('read', researcher, { input: input as { topic: string } }))

    expect(faults(wrong({}))[0]?.message).toContain('topic is missing')
    expect(faults(wrong({ topic: 1 }))[0]?.message).toContain('topic is integer, string is expected')
    expect(faults(wrong({ topic: 'x', depth: 'deep' }))[0]?.message).toContain('depth is string, number is expected')
    expect(faults((run) => sequence(planned(run), step('read', researcher)))[0]?.message).toContain('previous output')
    expect(
      faults((run) => {
        const plan = planned(run)
        return sequence(plan, step('read', researcher, { input: { topic: from(plan).note as Typed<string> } }))
      })[0]?.message,
    ).toContain('topic is missing in some cases')
  })

  it('follows shapes through every pattern', () => {
    const steps = (run: Run) => {
      const plan = planned(run)
      const found = forEach('each', from(plan).topics, (topic) =>
        step('one', researcher, { input: { topic: topic.title } }),
      )
      const both = parallel('both', {
        a: step('two', researcher, { input: { topic: at(found, 0).finding } }),
        b: wait('w', { seconds: 1 }),
      })
      const loop = repeat('loop', () => step('three', researcher, { input: { topic: from(both).a.finding } }), {
        max: 2,
        until: (result) => gt(result.score, 1),
      })
      const which = choose(
        'which',
        [when(eq(from(loop).score, 2), step('four', researcher, { input: { topic: 'x' } }))],
        {
          otherwise: step('five', planner, { input: { question: from(loop).finding } }),
        },
      )
      return sequence(plan, found, both, loop, which)
    }

    expect(() => defineTeam({ name: 'team', agents: [planner, researcher], workflows: [main(steps)] })).not.toThrow()
  })

  it('refuses an output that is not what the workflow says', () => {
    const found = faults(planned, { output: z.object({ report: z.string() }) })

    expect(found).toMatchObject([
      { path: 'workflows.main.output', message: expect.stringContaining('report is missing') },
    ])
  })

  it('refuses lists and conditions that are none', () => {
    const list = (run: Run) => forEach('each', untyped<string[]>(run.input.question), () => planned(run))
    const condition = (run: Run) => choose('which', [when(untyped<boolean>(run.input.size), planned(run))])

    expect(faults(list)[0]).toMatchObject({ path: 'workflows.main.steps.each.items' })
    expect(faults(condition)[0]).toMatchObject({ path: 'workflows.main.steps.which.arms.0' })
  })

  it('refuses arms that are never taken', () => {
    const found = faults((run) =>
      choose('which', [
        when(true, planned(run)),
        when(eq(run.input.size, 1), step('two', planner, { input: { question: '' } })),
      ]),
    )

    expect(found).toMatchObject([
      { path: 'workflows.main.steps.which.two', message: expect.stringContaining('unreachable') },
    ])
  })

  it('refuses times that cannot nest', () => {
    const step = faults(planned, { limits: { seconds: 300 } })
    const pause = faults(() => wait('pause', { seconds: 500 }), { limits: { seconds: 400 } })

    expect(step).toMatchObject([
      { path: 'workflows.main.steps.plan', remedy: expect.stringContaining('limits.seconds') },
    ])
    expect(pause).toMatchObject([{ path: 'workflows.main.steps.pause' }])
  })

  it('refuses raw JSONata that would leave its place', () => {
    const raw = (text: string) => (run: Run) =>
      step('ask', planner, { input: { question: jsonata<string>(text, { q: run.input.question }) } })

    for (const text of ['$q %} {% $q', '$eval($q)', '$states.input']) {
      expect(faults(raw(text))[0], text).toMatchObject({ path: 'workflows.main.steps.ask' })
    }
  })
})
