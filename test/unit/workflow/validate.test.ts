import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { jsonata, type Ref } from '../../../src/define/expressions.ts'
import { forEach, type Node, parallel, repeat, step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow, type WorkflowLimits } from '../../../src/define/workflow.ts'
import { InvalidDefinition } from '../../../src/errors.ts'
import { compile } from '../../../src/workflow/compile.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { planner } from '../define/agents.ts'

const Input = z.object({ list: z.array(z.string()) })

function teamOf(steps: (input: Ref<z.output<typeof Input>>) => Node<unknown>, limits: Partial<WorkflowLimits> = {}) {
  const workflow = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: Input,
    output: z.unknown(),
    limits,
    steps: ({ run }) => steps(run.input),
  })
  return defineTeam({ name: 'team', agents: [planner], workflows: [workflow] })
}
const ask = (name: string) => step(name, planner, { input: { question: 'why' } })

describe('validate', () => {
  it('finds nothing wrong with a team within its limits', () => {
    expect(validate(teamOf(() => ask('one'), { costUsd: 1, seconds: 400, modelCalls: 8, tokens: 200_000 }))).toEqual([])
  })

  it('refuses a worst case above a declared limit, and compile with it', () => {
    const team = teamOf((input) => forEach('each', input.list, () => ask('one')), { costUsd: 5, seconds: 400 })

    expect(validate(team)).toMatchObject([
      { path: 'workflows.main.limits.costUsd', message: 'the worst case is 40, above the declared 5' },
      { path: 'workflows.main.limits.seconds', remedy: expect.stringContaining('raise limits.seconds to 1200') },
    ])
    expect(() => compile(team)).toThrow(InvalidDefinition)
  })

  it('holds limits.modelCalls against answers, not against failed tries', () => {
    expect(validate(teamOf(() => ask('one'), { modelCalls: 8 }))).toEqual([])
    expect(validate(teamOf(() => ask('one'), { modelCalls: 7 }))).toMatchObject([
      { path: 'workflows.main.limits.modelCalls', message: 'the worst case is 8, above the declared 7' },
    ])
  })

  it('counts a known price below the limit of the agent', () => {
    const team = teamOf((input) => forEach('each', input.list, () => ask('one')), { costUsd: 5 })

    expect(validate(team, () => ({ inputPerMillion: 0.1, outputPerMillion: 0.4 }))).toEqual([])
  })

  it('refuses what cannot be cut to the size of an execution', () => {
    const branches = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`b${index}`, ask(`${prefix}${index}`)]))
    const team = teamOf(() =>
      parallel('all', Object.fromEntries(['a', 'b', 'c'].map((name) => [name, parallel(`p${name}`, branches(name))]))),
    )

    expect(validate(team)).toMatchObject([{ message: expect.stringContaining('history events') }])
  })

  it('refuses step ids that would be too long', () => {
    const long = (letter: string) => letter.repeat(48)
    const team = teamOf((input) =>
      forEach(long('a'), input.list, () =>
        forEach(long('b'), input.list, () =>
          repeat(long('c'), () => ask(long('d')), { max: 10, until: jsonata<boolean>('true') }),
        ),
      ),
    )

    expect(validate(team)).toMatchObject([{ message: expect.stringContaining('of 200 allowed') }])
  })

  it('refuses raw JSONata that does not parse by itself', () => {
    for (const text of ['$q) & (1', '(', '"']) {
      const team = teamOf((input) => forEach('each', jsonata<string[]>(text, { q: input.list }), () => ask('one')))

      expect(validate(team), text).toMatchObject([{ path: 'workflows.main.steps.each' }])
    }
  })
})
