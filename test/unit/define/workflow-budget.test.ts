import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { runBudgetOf } from '../../../src/api/run-budget.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { eq } from '../../../src/define/expressions.ts'
import { forEach, parallel, repeat, step, workflow } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { common } from './agents.ts'
import { faultsOf } from './faults.ts'

const value = z.object({ a: z.string() })
const agent = defineAgent({ ...common, name: 'reader', input: value, output: value, limits: { costUsd: 0.5 } })
const base = { name: 'one', version: '1.0.0', input: value, output: value, steps: () => step('read', agent) }
const one = (budget?: object) => defineWorkflow({ ...base, ...(budget && { budget }) })
const around = (child: ReturnType<typeof one>, budget?: object) =>
  defineWorkflow({
    name: 'around',
    version: '1.0.0',
    input: z.object({ list: z.array(value) }),
    output: z.unknown(),
    ...(budget && { budget }),
    steps: ({ run }) =>
      parallel('both', {
        each: forEach('parts', run.input.list, () => workflow('deep', child, { input: { a: '' } }), { max: 4 }),
        again: repeat('rounds', () => workflow('deeper', child, { input: { a: '' } }), {
          max: 2,
          until: (_, round) => eq(round, 2),
        }),
      }),
  })
const team = (flow: ReturnType<typeof one>, budget?: { costUsd: number; per: 'day' | 'month' }) =>
  defineTeam({
    name: 'team',
    agents: [agent],
    workflows: flow.name === 'one' ? [flow] : [flow, one({ turns: 2 })],
    ...(budget && { budget }),
  })

describe('a budget that is declared', () => {
  it('changes the hash where there is one, and only there', () => {
    expect(one({ turns: 3 }).sha256).not.toBe(one().sha256)
    expect(defineWorkflow({ ...base, budget: undefined } as never).sha256).toBe(one().sha256)
    expect(team(one(), { costUsd: 5, per: 'day' }).sha256).not.toBe(team(one()).sha256)
  })

  it('limits something, by whole counts and by dollars above 0', () => {
    expect(faultsOf(() => one({}))[0]).toMatchObject({ path: 'budget', remedy: expect.stringContaining('costUsd') })
    expect(faultsOf(() => one({ costUsd: 0 }))[0]).toMatchObject({ path: 'budget.costUsd' })
    expect(faultsOf(() => one({ turns: 1.5 }))[0]).toMatchObject({ path: 'budget.turns' })
    expect(faultsOf(() => one({ dollars: 5 }))[0]).toMatchObject({ message: 'unknown field dollars' })
  })

  it('is that of the run, of each child workflow by its path, and of the team by the worst case', () => {
    const child = one({ turns: 2 })
    const flow = around(child, { tokens: 900 }) as unknown as ReturnType<typeof one>
    expect(runBudgetOf(team(one()), one(), undefined)).toBeUndefined()
    expect(runBudgetOf(team(flow), flow, { tokens: 500, costUsd: 1 })).toEqual({
      run: { tokens: 500, costUsd: 1 },
      workflows: { 'parts:*/deep/': { turns: 2 }, 'rounds=*/deeper/': { turns: 2 } },
    })
    const month = { costUsd: 100, per: 'month' as const }
    expect(runBudgetOf(team(flow, month), flow, undefined)).toMatchObject({
      run: { costUsd: 3, tokens: 900 },
      team: month,
    })
    expect(() => runBudgetOf(team(flow), flow, { tokens: 1_000 })).toThrow('may have 900')
  })
})
