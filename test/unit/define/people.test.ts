import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { askSeconds, mayAsk } from '../../../src/define/may-ask.ts'
import { compensate, from, type Node, parallel, sequence, step } from '../../../src/define/patterns.ts'
import { approve, days, hours, minutes, person } from '../../../src/define/people.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { executionSeconds } from '../../../src/define/workflow-times.ts'
import { workflowBounds } from '../../../src/workflow/bounds.ts'
import { common, planner } from './agents.ts'
import { faultsOf } from './faults.ts'

function agent(more: Partial<Parameters<typeof defineAgent>[0]> = {}) {
  return defineAgent({ ...common, name: 'asker', role: 'Asker', input: z.unknown(), output: z.unknown(), ...more })
}

const send = defineTool({
  name: 'send',
  description: 'Sends.',
  input: z.unknown(),
  output: z.unknown(),
  approval: { expiresSeconds: hours(2) },
  run: async () => null,
})

function workflowOf(root: Node<unknown>, limits = {}) {
  return defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.unknown(),
    output: z.unknown(),
    limits,
    steps: () => root,
  })
}

function faults(root: Node<unknown>, limits = {}) {
  const agents = [planner, agent({ asks: true })]
  return faultsOf(() => defineTeam({ name: 'team', agents, workflows: [workflowOf(root, limits)] }))
}

describe('mayAsk', () => {
  it('goes by what the agent declares, and so does how long it may wait', () => {
    expect(mayAsk(agent())).toBe(false)
    const asking = [{ asks: true }, { autonomy: 'approve' as const }, { autonomy: { send: 'approve' as const } }]
    for (const more of [...asking, { onLimit: { turns: 'ask' as const } }, { tools: [send] }])
      expect(mayAsk(agent(more))).toBe(true)
    expect(askSeconds(agent({ tools: [send] }))).toBe(hours(2))
    expect(askSeconds(agent({ tools: [send], asks: true }))).toBe(days(3))
    expect(askSeconds(agent({ asks: true, oversight: { expiresSeconds: 60 } }))).toBe(60)
  })
})

describe('approve and person', () => {
  it('are data: a policy with its defaults, the schema of the answer', () => {
    expect(approve('ok', { role: 'editor', quorum: 2, expires: minutes(5) })).toMatchObject({
      kind: 'approve',
      policy: { role: 'editor', quorum: 2, expiresSeconds: 300, onExpiry: 'deny', requesterMayApprove: false },
    })
    const node = person('review', { output: z.object({ fine: z.boolean() }) })
    expect(node).toMatchObject({ kind: 'person', outputSchema: { properties: { fine: { type: 'boolean' } } } })
    expect(Object.isFrozen(node)).toBe(true)
  })

  it('say what is wrong with them, and what to do', () => {
    const wrong = (build: () => unknown) => faultsOf(build)
    expect(wrong(() => approve('ok', { expires: 0.5 }))).toMatchObject([
      { path: 'expires', remedy: expect.stringContaining('days(3)') },
    ])
    expect(wrong(() => approve('ok', { rol: 'editor' } as never))).toMatchObject([
      { remedy: 'write role instead of rol' },
    ])
    expect(wrong(() => person('who', {} as never))).toMatchObject([
      { path: 'output', message: 'a zod schema is expected' },
    ])
    expect(wrong(() => compensate('trip', {} as never))).toMatchObject([{ path: 'body' }])
  })

  it('have a part in the hash of their workflow, the schema of the answer as JSON Schema', () => {
    const hash = (root: Node<unknown>) => workflowOf(root).sha256
    expect(hash(person('who', { output: z.string() }))).toBe(hash(person('who', { output: z.string() })))
    expect(hash(person('who', { output: z.string() }))).not.toBe(hash(person('who', { output: z.number() })))
    expect(hash(approve('ok', { role: 'a' }))).not.toBe(hash(approve('ok', { role: 'b' })))
  })

  it('give an output that what reads it is checked against', () => {
    const review = person('review', { output: z.object({ verdict: z.string() }) })
    const read = (question: never) => sequence(review, step('plan', planner, { input: { question } }))
    expect(() => workflowOf(read(from(review).verdict as never))).not.toThrow()
    expect(faults(read((from(review) as never)['nothing']))).toMatchObject([
      { message: expect.stringContaining('nothing') },
    ])
    const ok = compensate('trip', approve('ok'))
    expect(
      faults(sequence(ok, step('plan', planner, { input: { question: from(ok).approved as never } }))),
    ).toHaveLength(1)
  })

  it('nest their times: the request within the workflow, the ladder within the request', () => {
    expect(executionSeconds(workflowOf(approve('ok', { expires: days(7) })))).toBe(days(14))
    expect(faults(approve('ok', { expires: days(2) }), { seconds: days(2) })).toMatchObject([
      { path: 'workflows.main.steps.ok' },
    ])
    expect(faults(step('one', agent({ asks: true })), { seconds: days(1) })).toMatchObject([
      { path: 'workflows.main.steps.one' },
    ])
    const late = approve('ok', { expires: hours(1), escalate: [{ afterSeconds: hours(1), role: 'chief' }] })
    expect(faults(late)).toContainEqual(expect.objectContaining({ path: 'workflows.main.steps.ok.escalate.0' }))
  })
})

describe('bounds', () => {
  it('take waits for people in, and say who may be asked', () => {
    const root = parallel('both', {
      one: approve('ok', { role: 'editor', expires: hours(5) }),
      two: step('ask', agent({ tools: [send] })),
    })
    const worst = workflowBounds(workflowOf(compensate('trip', root)))
    expect(worst).toMatchObject({ seconds: hours(5), steps: 1 })
    expect(worst.people).toMatchObject([
      { step: 'ok', what: 'approve', roles: ['editor'], seconds: hours(5) },
      { step: 'ask', what: 'tool send', roles: [], seconds: hours(2) },
    ])
    const plain = workflowBounds(workflowOf(step('ask', agent())))
    expect(worst.events).toBeGreaterThan(plain.events + 20 * 40)
    expect(worst.transitions).toBeGreaterThan(plain.transitions)
  })
})
