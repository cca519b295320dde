import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { agentWorkflow } from '../../../src/define/agent-workflow.ts'
import { from, type OutputOf, sequence, step } from '../../../src/define/patterns.ts'
import { type StateKeys, stateKey } from '../../../src/define/state.ts'
import { readState, writeState } from '../../../src/define/state-nodes.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { InvalidDefinition } from '../../../src/errors.ts'

const Finding = z.strictObject({ text: z.string() })
const findings = stateKey(z.array(Finding), { reducer: 'append' })
const plan = stateKey(z.strictObject({ steps: z.int(), by: z.string() }), { reducer: 'replace' })
const facts = stateKey(z.object({ size: z.number(), name: z.string() }), { reducer: 'merge' })
const best = stateKey(z.number(), { reducer: 'max', initial: 0 })

const agent = (state?: Parameters<typeof defineAgent>[0]['state']) =>
  defineAgent({
    ...{ name: 'finder', version: '1.0.0', role: 'Finder', goal: 'Find.', instructions: 'Look.' },
    model: { id: 'm' },
    input: z.strictObject({ question: z.string() }),
    output: Finding,
    ...(state && { state }),
  })

function issuesOf(make: () => unknown): readonly string[] {
  try {
    make()
  } catch (error) {
    if (error instanceof InvalidDefinition) return error.issues.map(({ path, message }) => `${path}: ${message}`)
    throw error
  }
  return []
}

const teamWith = (state: StateKeys | undefined, used = agent({ writes: { findings } })) =>
  defineTeam({
    name: 'team',
    agents: [used],
    workflows: [
      defineWorkflow({
        ...{ name: 'research', version: '1.0.0', input: z.strictObject({ question: z.string() }), output: Finding },
        ...(state && { state }),
        steps: ({ run }) => step('find', used, { input: run.input }),
      }),
    ],
  })

describe('a key', () => {
  it('says what can be read and what one write gives', () => {
    expectTypeOf<z.output<(typeof findings)['value']>>().toEqualTypeOf<{ text: string }[]>()
    expectTypeOf<z.output<(typeof plan)['value']>>().toEqualTypeOf<{ steps: number; by: string } | null>()
    expectTypeOf<z.output<(typeof facts)['delta']>>().toEqualTypeOf<{
      size?: number | undefined
      name?: string | undefined
    }>()
    expectTypeOf<z.output<(typeof best)['value']>>().toEqualTypeOf<number>()
    expect(plan.value.safeParse(null).success).toBe(true)
    expect(plan.delta.safeParse(null).success).toBe(false)
    expect(facts.delta.parse({ size: 1 })).toEqual({ size: 1 })
    expect(best.value.safeParse(null).success).toBe(false)
  })

  it.each<[string, () => unknown, RegExp]>([
    ['append of no list', () => stateKey(z.string(), { reducer: 'append' }), /schema: append is for a z.array/],
    ['merge of a list', () => stateKey(z.array(z.string()), { reducer: 'merge' }), /schema: merge is for a z.object/],
    ['max of a flag', () => stateKey(z.boolean(), { reducer: 'max' }), /schema: max is for a number or a text/],
    ['a bounded list', () => stateKey(z.array(z.string()).max(3), { reducer: 'append' }), /checks what is written/],
    ['another initial', () => stateKey(z.number(), { reducer: 'max', initial: 'a' as never }), /initial: it does not/],
    ['a long initial', () => stateKey(z.string(), { reducer: 'max', initial: 'a'.repeat(5_000) }), /4096 characters/],
    ['no reducer', () => stateKey(z.number(), {} as never), /reducer/],
    ['no schema', () => stateKey(undefined as never, { reducer: 'max' }), /schema: a zod schema is expected/],
  ])('is refused: %s', (_, make, message) => {
    expect(issuesOf(make)).toEqual([expect.stringMatching(message)])
  })
})

describe('grants', () => {
  it('are part of the hash of agents and workflows that have them, and of no other', () => {
    expect(agent().sha256).not.toBe(agent({ reads: { findings } }).sha256)
    expect(agent({ reads: { findings } }).sha256).not.toBe(agent({ writes: { findings } }).sha256)
    expect(teamWith({ findings }).workflows[0]?.sha256).not.toBe(teamWith({ findings, plan }).workflows[0]?.sha256)
  })

  it('are of keys that every workflow declares in which the agent is used', () => {
    expect(issuesOf(() => teamWith({ findings }))).toEqual([])
    expect(issuesOf(() => teamWith(undefined))).toEqual([
      'workflows.research.steps.find.state.findings: the agent "finder" shares "findings", which the workflow does not declare',
    ])
    const another = stateKey(z.array(z.string()), { reducer: 'union' })
    expect(issuesOf(() => teamWith({ findings: another }))).toEqual([
      'workflows.research.steps.find.state.findings: the agent "finder" shares another "findings" than the workflow declares',
    ])
    expect(agentWorkflow(agent({ reads: { plan } })).state).toEqual({ plan })
  })

  it('are refused where they say nothing, or two things', () => {
    const other = stateKey(z.string(), { reducer: 'replace' })
    expect(issuesOf(() => agent({}))).toEqual([expect.stringContaining('neither reads nor writes')])
    expect(issuesOf(() => agent({ reads: {} }))).toEqual([expect.stringContaining('one to 32 keys')])
    expect(issuesOf(() => agent({ reads: { plan }, writes: { plan: other } }))).toEqual([
      expect.stringContaining('another one in reads than in writes'),
    ])
    expect(issuesOf(() => agent({ reads: { 'a.b': plan } }))).toEqual([expect.stringContaining('reads.a.b')])
    expect(issuesOf(() => agent({ reads: { plan: {} as never } }))).toEqual([expect.stringContaining('stateKey')])
  })
})

describe('nodes', () => {
  it('give what the keys hold, typed, and take what a write gives', () => {
    const read = readState('look', { findings, plan })
    expectTypeOf<OutputOf<typeof read>['values']['findings']>().toEqualTypeOf<{ text: string }[]>()
    writeState('keep', { findings }, { findings: from(read).values.findings })
    writeState('decide', { plan }, { plan: { steps: 1, by: 'me' } }, { expect: { plan: from(read).versions.plan } })
    // @ts-expect-error a key that is replaced needs the version that was read
    expect(issuesOf(() => writeState('decide', { plan }, { plan: { steps: 1, by: 'me' } }))).toEqual([
      expect.stringMatching(/expect.plan: the version that it replaces/),
    ])
    // @ts-expect-error another form
    writeState('keep', { findings }, { findings: ['text'] })
    // @ts-expect-error no value
    expect(issuesOf(() => writeState('keep', { findings }, {}))).toEqual([expect.stringMatching(/values.findings/)])
    expect(issuesOf(() => readState('look', {}))).toEqual([expect.stringContaining('one to 32 keys')])
  })

  it('are held against what the workflow declares, and against the form of a write', () => {
    const used = agent()
    const team = (value: unknown) =>
      defineTeam({
        name: 'team',
        agents: [used],
        workflows: [
          defineWorkflow({
            ...{ name: 'research', version: '1.0.0', input: z.strictObject({ question: z.string() }), output: Finding },
            state: { findings },
            steps: ({ run }) => {
              const found = step('find', used, { input: run.input })
              const keep = writeState(
                'keep',
                { findings },
                { findings: [value === 'found' ? from(found) : value] as never },
              )
              return sequence(found, keep, readState('look', { best }), step('again', used, { input: run.input }))
            },
          }),
        ],
      })
    const undeclared =
      'workflows.research.steps.look.state.best: this node uses "best", which the workflow does not declare'
    expect(issuesOf(() => team('found'))).toEqual([undeclared])
    expect(issuesOf(() => team({ text: 7 }))).toEqual([
      undeclared,
      expect.stringMatching(/^workflows.research.steps.keep.input: .*text/),
    ])
  })
})
