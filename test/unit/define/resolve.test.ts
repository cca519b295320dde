import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import type { Ref } from '../../../src/define/expressions.ts'
import { from, type Node, type OutputOf, sequence, step } from '../../../src/define/patterns.ts'
import { resolve } from '../../../src/define/resolve.ts'
import { by } from '../../../src/define/resolve-by.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { JudgeInput, JudgeVerdict } from '../../../src/schema/resolve.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import { common } from './agents.ts'
import { faultsOf } from './faults.ts'

const Review = z.object({ verdict: z.enum(['yes', 'no']), sure: z.number() })
const Longer = z.object({ verdict: z.enum(['yes', 'no']), sure: z.number(), clause: z.string() })
const input = z.object({ claim: z.string() })
const critic = defineAgent({ ...common, name: 'critic', input, output: Review })
const lawyer = defineAgent({ ...common, name: 'lawyer', input, output: Longer })
const writer = defineAgent({ ...common, name: 'writer', input, output: z.object({ draft: z.string() }) })
const judge = defineAgent({ ...common, name: 'judge', input: JudgeInput, output: JudgeVerdict })

const issuesOf = (declare: () => unknown) => faultsOf(declare).map(({ path, message }) => `${path}: ${message}`)

const both = [critic, lawyer] as const
it.each([
  ['one voter', () => resolve('check', [critic], by.vote()), ['(root): at least two voters are expected']],
  ['an agent twice', () => resolve('check', [critic, critic], by.vote()), ['voters: an agent is listed twice']],
  ['no agent', () => resolve('check', [critic, 'lawyer' as never], by.vote()), ['voters.1: an agent is expected']],
  [
    'a constant',
    () => resolve('check', { critic, other: 'yes' as never }, by.vote()),
    ['voters.other: an agent, or an answer is expected'],
  ],
  ['no rule', () => resolve('check', both, {} as never), ['by: a rule is expected']],
  [
    'a rule of its own',
    () => resolve('check', both, { by: { rule: { rule: 'vote' } } as never }),
    ['by: a rule is expected'],
  ],
  [
    'a field of nobody',
    () => resolve('check', both, { by: by.vote(), on: 'clause' as never }),
    ['on: the answer of critic has no field clause'],
  ],
  [
    'a field that is no number',
    () => resolve('check', both, { by: by.confidence({ field: 'verdict' }) }),
    [
      'confidence: in the answer of critic, verdict is string, number is expected',
      'confidence: in the answer of lawyer, verdict is string, number is expected',
    ],
  ],
  ['a stranger', () => resolve('check', both, by.authority(['critic', 'chief'])), ['by.authority: chief is no voter']],
  [
    'a stranger in a veto',
    () => resolve('check', both, by.veto({ who: ['chief'], then: by.vote({ weights: { boss: 1 } }) })),
    ['by.veto: chief is no voter', 'by.veto: boss is no voter'],
  ],
  [
    'too high a quorum',
    () => resolve('check', both, by.vote({ quorum: 3 })),
    ['by.quorum: the quorum is 3, and there are 2 voters'],
  ],
  ['a majority of all', () => by.vote({ majority: 1 }), ['majority: Too big: expected number to be <1']],
  ['a judge that gives no verdict', () => by.judge(critic), ['agent.output: choice is missing']],
  [
    'a rule within a veto that is none',
    () => by.veto({ who: ['critic'], then: by.judge(judge) as never }),
    ["then.rule: Invalid discriminator value. Expected 'vote' | 'confidence' | 'authority'"],
  ],
  [
    'a word that is no option',
    () => resolve('check', both, { by: by.vote(), escalate: { rol: 'x' } as never }),
    ['(root): unknown field rol'],
  ],
])('refuses %s', (_, declare, issues) => {
  expect(issuesOf(declare)).toEqual(issues)
})

it('knows the type of what stands', () => {
  const one = resolve('check', both, { by: by.vote(), on: 'verdict' })
  expectTypeOf<OutputOf<typeof one>['value']>().toEqualTypeOf<z.output<typeof Review> | z.output<typeof Longer>>()
  const other = resolve('pick', { a: step('a', writer), b: writer }, { by: by.vote(), otherwise: 'none' })
  expectTypeOf<OutputOf<typeof other>>().extract<string>().toEqualTypeOf<'none'>()
  expectTypeOf<Exclude<OutputOf<typeof other>, string>['value']>().toEqualTypeOf<{ draft: string }>()
})

function teamOf(steps: (given: { readonly run: { readonly input: Ref<{ claim: string }> } }) => Node<unknown>) {
  const flow = defineWorkflow({ name: 'flow', version: '1.0.0', input, output: z.unknown(), steps })
  return defineTeam({ name: 'team', agents: [critic, lawyer, writer, judge], workflows: [flow] })
}

it('lets validate find what reads a field that no answer has', () => {
  const read = (field: string) =>
    teamOf(({ run }) => {
      const check = resolve('check', both, { by: by.vote(), on: 'verdict', input: run.input })
      const { value } = from(check)
      return sequence(check, step('write', writer, { input: { claim: (value as never)[field] } }))
    })
  expect(issuesOf(() => read('clause'))).toEqual([expect.stringContaining('claim is missing in some cases')])
  expect(issuesOf(() => read('nothing'))).toEqual([expect.stringContaining('no field value.nothing')])
  expect(read('verdict').workflows).toHaveLength(1)
})

describe('in memory', () => {
  it('takes answers that travel as references, and keeps what one agent says more than another', async () => {
    const team = teamOf(({ run }) =>
      resolve('draft', { one: writer, two: writer }, { by: by.judge(judge), input: run.input }),
    )
    const long = 'x'.repeat(50_000)
    const model = scriptedModel({
      'writer@*one': [{ submit: { draft: long } }],
      'writer@*two': [{ submit: { draft: 'short' } }],
      judge: ({ messages }) => {
        const text = JSON.stringify(messages)
        const [, label = ''] = /label[^A-Z]*([A-Z])[^A-Z]*value[^A-Z]*draft[^a-z]*xxx/.exec(text) ?? []
        return { submit: { choice: label, reason: 'It says more.' } }
      },
    })
    const { run, output } = await runInMemory(team, { model, input: { claim: 'x' } })
    expect(run.error).toBeUndefined()
    expect(output).toMatchObject({ value: { draft: long }, rule: 'judge', by: ['one'] })
  })

  it('drops no field of an answer that another voter’s has not', async () => {
    const team = teamOf(({ run }) =>
      resolve('check', both, { by: by.authority(['lawyer', 'critic']), on: 'verdict', input: run.input }),
    )
    const said = { verdict: 'no', sure: 1, clause: '7b' }
    const model = scriptedModel({ critic: [{ submit: { verdict: 'yes', sure: 1 } }], lawyer: [{ submit: said }] })
    expect((await runInMemory(team, { model, input: { claim: 'x' } })).output).toMatchObject({ value: said })
  })
})
