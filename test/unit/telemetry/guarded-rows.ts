/** Rows of steps that something held: an open breaker, a budget, a brake, a person, an effect that nobody knows of. */
import * as z from 'zod'
import type { StepDependencies } from '../../../src/agent/ports.ts'
import type { StepBudget } from '../../../src/budget/budgets.ts'
import { defineTool } from '../../../src/define/tool.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { Claimed, EffectLedger } from '../../../src/tools/effect-ledger.ts'
import { bench, testAgent } from '../agent/harness.ts'
import { ANSWERED, rowsOfStep, type ToldRow } from './step-rows.ts'

const guard: StepDependencies['guard'] = {
  admit: async () => ({ admitted: false, rule: 'breaker.open', until: new Date('2026-01-01T00:00:30Z') }),
  succeeded: async () => undefined,
  failed: async () => undefined,
  abandoned: async () => undefined,
  mayRetry: () => true,
}

/** One that has nothing left. */
const budget: StepBudget = {
  limited: new Set(['turns']),
  reserve: async () => ({ granted: false, counted: 'turns', level: 'run', left: 0, limit: 4 }),
  callsOf: async () => 0,
  close: async () => undefined,
}

const send = defineTool({
  name: 'send',
  description: 'Sends.',
  input: z.object({ to: z.string() }),
  output: z.object({ sent: z.boolean() }),
  run: async () => ({ sent: true }),
})

/** One in which every call was begun by somebody who is gone. */
const ledger: Pick<EffectLedger, 'claim'> = {
  claim: async () => ({ status: 'unknown', claim: {} }) as Claimed,
}

const SENDS = { solver: [{ toolUses: [{ name: 'send', input: { to: 'x' } }] }, { submit: { answer: '3' } }] }

export function heldByBreaker(): Promise<ToldRow[]> {
  return rowsOfStep(ANSWERED, { dependencies: { guard } })
}

export function heldByBudget(): Promise<ToldRow[]> {
  return rowsOfStep(ANSWERED, { dependencies: { openBudget: async () => budget } })
}

export function heldByBrake(): Promise<ToldRow[]> {
  const braked = { scope: { of: 'fleet' }, reason: 'canary', by: 'me', at: '2026-01-01T00:00:00.000Z' } as const
  return rowsOfStep(ANSWERED, { dependencies: { brake: async () => braked } })
}

export function ofUnknownEffect(): Promise<ToldRow[]> {
  const agent = testAgent({ tools: [send] })
  return rowsOfStep(SENDS, { agent, dependencies: { ledger: ledger as EffectLedger } })
}

/** It asks whether it may go on after its first turn, and is told that it may. */
export async function heldByPerson(): Promise<ToldRow[]> {
  return allowed(bench(ANSWERED, testAgent({ limits: { turns: 1 }, onLimit: { turns: 'ask' } })))
}

/** It asks whether it may send, and does once it is told that it may. */
export async function effectAllowed(): Promise<ToldRow[]> {
  const letter = defineTool({
    name: 'letter',
    description: 'Sends a letter.',
    input: z.strictObject({}),
    output: z.strictObject({}),
    effect: 'opaque',
    approval: {},
    run: async () => ({}),
  })
  const script = { solver: [{ toolUses: [{ name: 'letter', input: {} }] }, { submit: { answer: 'sent' } }] }
  return allowed(bench(script, testAgent({ tools: [letter] })))
}

async function allowed(step: ReturnType<typeof bench>): Promise<ToldRow[]> {
  const told: ToldRow[] = []
  const onRow = (row: JournalRow, body?: Json) => void told.push({ row, body })
  const asked = await step.run({ onRow })
  if (asked.status !== 'approval') throw new Error(`it asks nobody: ${asked.status}`)
  const { approvalId, subjectSha256 } = asked.request
  const at = '2026-01-01T00:01:00.000Z'
  const decision = { approvalId, subjectSha256, outcome: 'approved', at, expired: false } as const
  await step.run({ onRow }, { decision: { ...decision, by: ['canary-person'] } })
  return told
}
