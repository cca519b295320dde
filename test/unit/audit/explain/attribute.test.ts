import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { attribute } from '../../../../src/audit/explain/attribute.ts'
import { checkFor, readChecks } from '../../../../src/audit/explain/checks.ts'
import { defineAgent } from '../../../../src/define/agent.ts'
import { from, parallel, sequence, step } from '../../../../src/define/patterns.ts'
import { defineTeam } from '../../../../src/define/team.ts'
import { defineWorkflow } from '../../../../src/define/workflow.ts'
import { runInMemory } from '../../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../../src/testing/scripted-model.ts'

const Value = z.strictObject({ value: z.number() })
const agentOf = (name: string) =>
  defineAgent({
    ...{ name, version: '1.0.0', role: 'r', goal: 'g', instructions: 'i', model: { id: 'm' } },
    input: z.unknown(),
    output: Value,
  })

const [one, left, right, sum] = ['one', 'left', 'right', 'sum'].map(agentOf) as never as [
  ReturnType<typeof agentOf>,
  ReturnType<typeof agentOf>,
  ReturnType<typeof agentOf>,
  ReturnType<typeof agentOf>,
]
const workflow = defineWorkflow({
  ...{ name: 'work', version: '1.0.0', input: Value, output: Value },
  steps: ({ run }) => {
    const first = step('first', one, { input: run.input })
    const both = parallel('both', {
      left: step('left', left, { input: from(first) }),
      right: step('right', right, { input: from(first) }),
    })
    return sequence(first, both, step('sum', sum, { input: from(both) }))
  },
})
const team = defineTeam({ name: 'team', agents: [one, left, right, sum], workflows: [workflow] })
const RIGHT = { first: 1, left: 2, right: 3, sum: 5 }

async function attributed(values: Partial<typeof RIGHT>, checked: readonly string[], withWorkflow = true) {
  const given = { ...RIGHT, ...values }
  const { audit } = await runInMemory(team, {
    model: scriptedModel({
      one: [{ submit: { value: given.first } }],
      left: [{ submit: { value: given.left } }],
      right: [{ submit: { value: given.right } }],
      sum: [{ submit: { value: given.sum } }],
    }),
    input: { value: 0 },
  })
  const right: Readonly<Record<string, number>> = RIGHT
  const checks = readChecks(Object.fromEntries(checked.map((name) => [name, { equals: { value: right[name] } }])))
  const found = attribute(audit, checks, withWorkflow ? { team, workflow } : {})
  return { ...found, names: found.culprits.map(({ stepId }) => stepId), audit }
}
const ALL = ['first', 'left', 'right', 'sum']

describe('by the references of the workflow', () => {
  it('names the first step that turned right into wrong, with its agent, attempt and row', async () => {
    const { status, culprits, audit, byOrder } = await attributed({ right: 9, sum: 11 }, ALL)
    const row = audit.rows.findLast(({ stepId, event }) => stepId === 'right' && event === 'outcome')
    expect(status).toBe('decided')
    expect(byOrder).toBe(false)
    expect(culprits).toEqual([
      {
        stepId: 'right',
        actor: expect.objectContaining({ agent: 'right', version: '1.0.0' }),
        attempt: 1,
        hash: row?.hash,
        why: 'it is not {"value":3}',
        inputs: expect.arrayContaining([{ from: 'first', to: 'right', how: 'declared' }]),
      },
    ])
  })

  it('does not blame what was given something wrong', async () => {
    expect(await attributed({ first: 9, left: 9, right: 9, sum: 9 }, ALL)).toMatchObject({ names: ['first'] })
  })

  it('names both where two were wrong for themselves', async () => {
    expect(await attributed({ left: 9, right: 9, sum: 9 }, ALL)).toMatchObject({ names: ['left', 'right'] })
  })

  it('is undecided where a step in between has no check, and says which may be it', async () => {
    const found = await attributed({ sum: 9 }, ['first', 'left', 'sum'])
    expect(found).toMatchObject({ status: 'undecided', names: [], suspects: ['right', 'sum'] })
    expect(await attributed({}, ALL)).toMatchObject({ status: 'right', names: [], suspects: [] })
  })

  it('takes a source without a check as it is', async () => {
    expect(await attributed({ first: 9 }, ['first'])).toMatchObject({ status: 'decided', names: ['first'] })
  })
})

it('goes by hashes and by the order of things where there is no workflow at hand, and says so', async () => {
  const found = await attributed({ right: 9, sum: 11 }, ALL, false)
  expect(found).toMatchObject({ status: 'decided', names: ['right'] })
  expect(found.culprits[0]?.inputs).toEqual([{ from: 'first', to: 'right', how: 'hash' }])
  expect(await attributed({ first: 9 }, ['first'], false)).toMatchObject({ names: ['first'], byOrder: true })
})

it('counts a step that gave nothing as wrong, and reads nothing into erased content', async () => {
  const { audit } = await runInMemory(team, {
    model: scriptedModel({ one: [{ repeat: true, fail: 'rejected' }] } as never),
    input: { value: 0 },
  })
  const checks = readChecks({ first: { equals: { value: 1 } } })
  expect(attribute(audit, checks, { team, workflow }).culprits[0]).toMatchObject({
    stepId: 'first',
    why: 'it gave no output: modelRejected',
  })
  expect(attribute(audit, readChecks({ other: { equals: 1 } })).status).toBe('undecided')
  const { audit: whole } = await attributed({ first: 9 }, ALL)
  expect(attribute({ ...whole, bodies: {} }, checks, { workflow })).toMatchObject({
    status: 'undecided',
    checked: [{ stepId: 'first', verdict: 'unread', why: 'its output is not at hand' }],
  })
})

describe('checks', () => {
  const wrong = (check: unknown, output: never) => readChecks({ step: check }).get('step')?.(output)

  it('compare, look for parts, or hold against a schema', () => {
    expect(wrong({ equals: { a: 1, b: 2 } }, { b: 2, a: 1 } as never)).toBeUndefined()
    expect(wrong({ contains: 'wor' }, 'a word' as never)).toBeUndefined()
    expect(wrong({ contains: { a: [{ b: 1 }] } }, { a: [{ b: 1, c: 2 }], d: 3 } as never)).toBeUndefined()
    expect(wrong({ contains: { a: [{ b: 2 }] } }, { a: [{ b: 1 }] } as never)).toContain('it does not contain')
    const schema = { type: 'object', properties: { n: { type: 'number', minimum: 1 } }, required: ['n'] }
    expect(wrong(schema, { n: 1 } as never)).toBeUndefined()
    expect(wrong(schema, { n: 0 } as never)).toMatch(/>=1/)
    expect(wrong((output: { n: number }) => output.n === 1 || 'one is wanted', { n: 2 } as never)).toBe('one is wanted')
  })

  it('refuse what is none', () => {
    for (const given of [null, [], {}, 'text']) expect(() => readChecks(given)).toThrow(/checks/)
    expect(() => readChecks({ sort: 5 })).toThrow(/"sort" is no object/)
    expect(() => readChecks({ sort: { type: 'nothing' } })).toThrow(/"sort" is no JSON Schema/)
  })

  it('count for the closest name', () => {
    const names = ['work:1/write', 'write', 'work/*']
    const checks = readChecks(Object.fromEntries(names.map((name) => [name, () => name])))
    const closest = (stepId: string) => checkFor(checks, stepId)?.(null)
    expect(['work:1/write', 'work:2/write', 'work:2/read', 'other'].map(closest)).toEqual([
      'work:1/write',
      'write',
      'work/*',
      undefined,
    ])
  })
})
