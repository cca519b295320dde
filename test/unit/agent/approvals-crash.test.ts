/** A step that asks, killed at each durable write, under the effect ledger: asked once, decided once, done once. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import type { ApprovalDecision } from '../../../src/schema/approval.ts'
import type { StepResult } from '../../../src/schema/step.ts'
import { openEffectLedger } from '../../../src/tools/open-effect-ledger.ts'
import { dyingAt } from './dying.ts'
import { type Bench, bench, testAgent } from './harness.ts'
import { decide, requestOf } from './people.ts'

/** Asks, pays ann with other arguments, is denied bob, hands in an output that a person corrects. */
function job() {
  const paid: string[] = []
  const pay = defineTool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({ to: z.string(), amount: z.number() }),
    output: z.string(),
    effect: 'keyed',
    approval: {},
    run: async ({ to, amount }, { callId }) => {
      paid.push(`${to} ${amount} ${callId}`)
      return 'paid'
    },
  })
  const step = bench(
    {
      solver: (_, { turn }) => {
        if (turn === 1) return { toolUses: [{ name: 'ask_person', input: { question: 'Whom?' } }] }
        if (turn > 2) return { submit: { wrong: 'x' } }
        return { toolUses: ['ann', 'bob'].map((to) => ({ name: 'pay', input: { to, amount: 7 } })) }
      },
    },
    testAgent({ tools: [pay], asks: true, limits: { repairs: 0 }, onLimit: { repairs: 'ask' } }),
  )
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const ledger = openEffectLedger({ records, clock: step.clock, owner: { process: 1 }, ownerIsDead: () => true })
  return { step, paid, ledger }
}

/** What the person says to each, as the state machine brings it: again, where the invocation that got it died. */
function answer(result: StepResult): ApprovalDecision {
  const { kind, subject } = requestOf(result)
  if (kind === 'question') return decide(result, { answer: 'ann' })
  if (kind === 'limit') return decide(result, { answer: { answer: 'corrected' } })
  return (subject as { to: string }).to === 'ann'
    ? decide(result, { edited: { to: 'ann', amount: 5 } })
    : decide(result, { outcome: 'denied', guidance: 'no' })
}

/** Invokes the step as a state machine does until it ends; `journal` gives each invocation's. */
async function play({ step, ledger }: ReturnType<typeof job>, journal: (invocation: number) => Bench['journal']) {
  const asked: string[] = []
  let deaths = 0
  let decision: ApprovalDecision | null = null
  for (let invocation = 0; invocation < 40; invocation += 1) {
    const result = await step.run({ ledger, journal: journal(invocation) }, { decision }).catch(() => undefined)
    if (result === undefined) deaths += 1
    if (result === undefined) continue
    if (result.status !== 'approval') return { result, asked, deaths }
    asked.push(result.request.approvalId)
    decision = answer(result)
  }
  throw new Error('it did not come to an end')
}

const count = (rows: readonly string[], row: string) => rows.filter((each) => each === row).length

async function expectWhole(played: ReturnType<typeof job>, { result, asked }: Awaited<ReturnType<typeof play>>) {
  expect(result).toMatchObject({
    status: 'completed',
    output: { answer: 'corrected' },
    usage: { turns: 3, toolCalls: 2 },
  })
  expect(new Set(played.paid).size).toBe(1)
  expect(played.paid[0]).toMatch(/^ann 5 /)
  expect(new Set(asked).size).toBe(4)
  const rows = await played.step.recorded()
  expect(count(rows, 'decision:approval.tool')).toBe(2)
  expect(count(rows, 'decision:approval.question')).toBe(1)
  expect(count(rows, 'decision:approval.limit')).toBe(1)
  expect(count(rows, 'decision:approval.approved')).toBe(3)
  expect(count(rows, 'decision:approval.denied')).toBe(1)
  expect(rows.filter((row) => row.startsWith('tool:'))).toHaveLength(3)
  expect(count(rows, 'decision:approval.refused')).toBe(0)
  expect(rows.filter((row) => row.startsWith('turn:'))).toHaveLength(3)
}

it('needs nobody more often than it asks', async () => {
  const played = job()
  const end = await play(played, () => played.step.journal)
  await expectWhole(played, end)
  expect(end.asked).toHaveLength(4)
  expect(played.paid).toHaveLength(1)
})

describe.each(['before', 'after'] as const)('a death %s a durable write', (when) => {
  it.each([1, 2, 3, 4])('of every invocation in turn: write %i', async (write) => {
    const played = job()
    // Every other invocation dies at that write, so that the run gets on in between.
    const end = await play(played, (invocation) => {
      if (invocation % 2 === 1) return played.step.journal
      return dyingAt(played.step.journal, write, when)
    })
    expect(end.deaths).toBeGreaterThan(0)
    await expectWhole(played, end)
  })

  it.each([0, 1, 2, 3, 4])('of invocation %i alone, at each of its writes', async (invocation) => {
    let deaths = 0
    for (let write = 1; write <= 6; write += 1) {
      const played = job()
      const end = await play(played, (each) =>
        each === invocation ? dyingAt(played.step.journal, write, when) : played.step.journal,
      )
      await expectWhole(played, end)
      expect(played.paid).toHaveLength(1)
      deaths += end.deaths
    }
    expect(deaths).toBeGreaterThan(2)
  })
})
