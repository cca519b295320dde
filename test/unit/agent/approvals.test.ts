import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool, type ToolApproval } from '../../../src/define/tool.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { bench, runId, stepId, testAgent } from './harness.ts'
import { decide, requestOf } from './people.ts'

const Payment = z.object({ to: z.string(), amount: z.number() })
const done = { submit: { answer: 'paid' } }

/** A step that pays, perhaps several people in one answer, then hands in what it was told. */
function paying(
  to: readonly string[] = ['bob'],
  changes = {},
  approval: ToolApproval<z.output<typeof Payment>> | null = {},
) {
  const paid: string[] = []
  const told: string[] = []
  const pay = defineTool({
    name: 'pay',
    description: 'Pays.',
    input: Payment,
    output: z.object({ receipt: z.string() }),
    ...(approval && { approval }),
    run: async (input, { callId }) => {
      paid.push(`${input.to} ${input.amount} ${callId}`)
      return { receipt: `R-${input.to}` }
    },
  })
  const toolUses = to.map((name) => ({ name: 'pay', input: { to: name, amount: 7 } }))
  const step = bench(
    {
      solver: [
        { toolUses },
        ({ messages }: ModelRequest) => {
          told.push(JSON.stringify(messages.at(-1)))
          return done
        },
      ],
    },
    testAgent({ tools: [pay], ...changes }),
  )
  return { step, paid, told }
}

async function toolRows(step: ReturnType<typeof bench>) {
  const { records } = await step.journal.readStep(runId, stepId)
  return records.filter(({ row }) => row.event === 'tool').map(({ row }) => row)
}

describe('a call that a person must allow', () => {
  it('waits with all of its arguments, and runs once it is allowed', async () => {
    const { step, paid } = paying()
    const asked = await step.run()
    expect(paid).toEqual([])
    expect(asked).toMatchObject({ status: 'approval', seconds: 3 * 86_400 })
    expect(requestOf(asked)).toMatchObject({
      kind: 'tool',
      agent: 'solver',
      tool: 'pay',
      subject: { to: 'bob', amount: 7 },
      summary: 'solver wants to call pay: {"to":"bob","amount":7}',
      policy: { quorum: 1, onExpiry: 'deny' },
      answerSchema: { type: 'object' },
      expiresAt: '2026-01-04T00:00:00.000Z',
    })
    const decision = decide(asked, { comment: 'fine' })
    expect(await step.run({}, { decision })).toMatchObject({ status: 'completed', usage: { turns: 2, toolCalls: 1 } })
    expect(paid).toHaveLength(1)
    expect(await toolRows(step)).toMatchObject([
      { status: 'ok', rule: 'approval.always', approval: decision.approvalId, policyVersion: expect.any(String) },
    ])
    expect(await step.recorded()).toEqual([
      'start',
      'turn:toolUse',
      'decision:approval.tool',
      'start',
      'decision:approval.approved',
      'tool:approval.always',
      'turn:toolUse',
      'outcome:completed',
    ])
  })

  it('is asked for again as it was asked first, however late', async () => {
    const { step } = paying()
    const first = await step.run()
    await step.clock.advance(60_000)
    const second = await step.run()
    expect(requestOf(second)).toEqual(requestOf(first))
    expect(second).toMatchObject({ seconds: 3 * 86_400 - 60 })
    expect((await step.recorded()).filter((row) => row === 'decision:approval.tool')).toHaveLength(1)
  })

  it('has all of its time again, and the same id, once a run that was cancelled meanwhile goes on', async () => {
    const { step, paid } = paying()
    const first = requestOf(await step.run())
    expect(await step.run({ isCancelled: async () => true })).toMatchObject({ cause: 'cancelled' })
    await step.clock.advance(5 * 86_400_000)
    const again = await step.run({}, { execution: 2 })
    expect(again).toMatchObject({ status: 'approval', seconds: 3 * 86_400 })
    expect(requestOf(again)).toEqual({
      ...first,
      requestedAt: '2026-01-06T00:00:00.000Z',
      expiresAt: '2026-01-09T00:00:00.000Z',
    })
    const decision = { ...decide(again), at: '2026-01-07T00:00:00.000Z' }
    expect(await step.run({}, { execution: 2, decision })).toMatchObject({ status: 'completed' })
    expect(paid).toHaveLength(1)
  })

  it('is not made where it is denied, and the agent goes on with what it was told', async () => {
    const { step, paid, told } = paying()
    const asked = await step.run()
    const decision = decide(asked, { outcome: 'denied', guidance: 'Ask for an invoice first.' })
    expect(await step.run({}, { decision })).toMatchObject({ status: 'completed', usage: { toolCalls: 0 } })
    expect(paid).toEqual([])
    expect(told[0]).toContain('approvalDenied: A person said no to this. They say: Ask for an invoice first.')
    expect(await toolRows(step)).toMatchObject([
      { status: 'denied', rule: 'approvalDenied', approval: expect.any(String) },
    ])
  })

  it('is not made where nobody decided in time', async () => {
    const { step, told } = paying()
    const decision = decide(await step.run(), { outcome: 'denied', expired: true, by: [] })
    expect(await step.run({}, { decision })).toMatchObject({ status: 'completed' })
    expect(told[0]).toContain('Nobody allowed this in time.')
    expect(await step.recorded()).toContain('decision:approval.expired')
  })

  it('runs with the arguments that a person put in place of its own, as another call, and the agent knows', async () => {
    const { step, paid, told } = paying()
    const decision = decide(await step.run(), { edited: { to: 'bob', amount: 5 } })
    await step.run({}, { decision })
    expect(paid).toEqual([expect.stringMatching(/^bob 5 /)])
    const [row] = await toolRows(step)
    expect(paid[0]).not.toContain(row?.tool?.callId)
    expect(row?.hashes).toMatchObject({ arguments: expect.any(String), edited: expect.any(String) })
    expect(told[0]).toContain('in place of yours')
    expect(told[0]).toContain('\\"amount\\":5')
  })

  it('is not made with edited arguments that do not fit the tool', async () => {
    const { step, paid } = paying()
    const decision = decide(await step.run(), { edited: { to: 'bob', amount: 'much' } })
    expect(await step.run({}, { decision })).toMatchObject({ status: 'completed' })
    expect(paid).toEqual([])
    expect(await step.recorded()).toContain('tool:argumentsOffSchema')
  })

  it('is asked for one after the other, after those that need nobody', async () => {
    const { step, paid } = paying(['ann', 'bob', 'cat'], {}, { when: ({ to }) => to !== 'cat' })
    const first = await step.run()
    expect(paid).toEqual([expect.stringMatching(/^cat/)])
    const second = await step.run({}, { decision: decide(first) })
    expect(requestOf(second).approvalId).not.toBe(requestOf(first).approvalId)
    const last = await step.run({}, { decision: decide(second, { outcome: 'denied' }) })
    expect(last).toMatchObject({ status: 'completed', usage: { toolCalls: 2 } })
    expect(paid.map((line) => line.split(' ')[0])).toEqual(['cat', 'ann'])
  })

  it('is denied where its arguments are too long to be shown', async () => {
    const { step, paid } = paying(['x'.repeat(25_000)])
    expect(await step.run()).toMatchObject({ status: 'completed' })
    expect(paid).toEqual([])
    expect(await step.recorded()).toContain('tool:approvalTooLarge')
  })

  it('is asked for by the policy of the agent where its autonomy wants it', async () => {
    const changes = { autonomy: 'approve', oversight: { role: 'editor', expiresSeconds: 60 } }
    const { step } = paying(['bob'], changes, null)
    expect(requestOf(await step.run())).toMatchObject({ policy: { role: 'editor', expiresSeconds: 60 } })
  })
})

describe('a decision', () => {
  it.each([
    ['that this step never asked for', { approvalId: `a-${'0'.repeat(32)}` }, 'never asked'],
    ['on something else', { subjectSha256: 'f'.repeat(64) }, 'something else'],
    ['that came too late', { at: '2026-01-04T00:00:00.001Z' }, 'expired'],
  ] as const)('%s is refused, recorded as that, and asked for again', async (_, change, reason) => {
    const { step, paid } = paying()
    const asked = await step.run()
    const again = await step.run({}, { decision: decide(asked, change as never) })
    expect(requestOf(again)).toEqual(requestOf(asked))
    expect(paid).toEqual([])
    expect(step.rows.find(({ rule }) => rule === 'approval.refused')?.reason).toContain(reason)
  })

  it('counts for nothing where nothing was asked', async () => {
    const { step } = paying()
    const decision = decide(await paying().step.run())
    expect(await step.run({}, { decision })).toMatchObject({ status: 'approval' })
    expect(await step.recorded()).toContain('decision:approval.refused')
  })

  it('stands, whatever is said after it', async () => {
    const { step, paid } = paying(['ann', 'bob'])
    const first = await step.run()
    const second = await step.run({}, { decision: decide(first, { outcome: 'denied' }) })
    expect(requestOf(await step.run({}, { decision: decide(first) }))).toEqual(requestOf(second))
    expect(paid).toEqual([])
    expect(step.rows.find(({ rule }) => rule === 'approval.refused')?.reason).toContain('decided otherwise')
  })

  it('is recorded once, and followed once, however often it is brought', async () => {
    const { step, paid } = paying(['ann', 'bob'])
    const decision = decide(await step.run())
    await step.run({}, { decision })
    await step.run({}, { decision })
    expect(paid).toHaveLength(1)
    expect((await step.recorded()).filter((row) => row === 'decision:approval.approved')).toHaveLength(1)
  })

  it('holds though the rule that asked has changed its mind', async () => {
    let asks = true
    const { step, paid } = paying(['bob'], {}, { when: () => asks })
    const decision = decide(await step.run(), { outcome: 'denied' })
    asks = false
    await step.run({}, { decision })
    expect(paid).toEqual([])
  })

  it('holds for no other version of the tool', async () => {
    const { step, paid } = paying()
    const decision = decide(await step.run())
    const other = paying(['bob'], {}, { role: 'boss' })
    const agents = other.step.dependencies.agents
    expect(await step.run({ agents }, { decision })).toMatchObject({ status: 'approval' })
    expect([...paid, ...other.paid]).toEqual([])
  })
})
