/** What claims, budgets and breakers add to a call, over SQLite as a laptop keeps it: per operation of theirs. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { openSafeguards } from '../src/agent/safeguards.ts'
import { systemClock } from '../src/clock.ts'
import { defineTool } from '../src/define/tool.ts'
import { thisProcess } from '../src/engine/host-owner.ts'
import { openSqliteRecords } from '../src/records/sqlite.ts'
import type { RunId, StepId } from '../src/schema/ids.ts'
import { sha256 } from '../src/schema/sha256.ts'
import { performCall } from '../src/tools/perform.ts'
import { scratchFolder } from './figures/scratch-folder.ts'
import { figure, heading } from './report.ts'
import { median } from './team.ts'

const CALLS = 300
const ROUNDS = 7
const AIM_MS = 2

const folder = scratchFolder()
const records = openSqliteRecords({ path: join(folder, 'records.db'), synchronous: 'NORMAL' })
const runId = 'run-1' as RunId
const stepId = 'step' as StepId
const budget = { run: { costUsd: 1_000, tokens: 1_000_000_000 } }
const safeguards = openSafeguards({
  records,
  clock: systemClock,
  owner: { ...thisProcess(), id: 'bench' },
  region: 'local',
  team: 'bench',
  budgetOf: async () => budget,
})
const write = defineTool({
  name: 'write',
  description: 'Does nothing, as if it mattered.',
  effect: 'opaque',
  input: z.object({}),
  output: z.object({}),
  run: async () => ({}),
})

heading('safeguards, over a file, one after the other')
const begin = safeguards.budgets.begin({ runId, team: 'bench', execution: 1, budget })
await records.transact(begin.writes)
const model = await perCall(async () => {
  const admission = await safeguards.guard.admit('a-model')
  if (!admission.admitted) throw new Error('the breaker of a healthy model is open')
  await safeguards.guard.succeeded(admission)
})
const money = await perBudgetedTurn()
const bare = await perCall((n) => callTool(n, false))
const claimed = await perCall((n) => callTool(n, true))
figure('model call: breaker', model, 'ms')
figure('model call: budget', money, 'ms')
figure('model call: both', model + money, 'ms', AIM_MS)
figure('tool call: claim and settlement', claimed - bare, 'ms', AIM_MS)
records.close()
rmSync(folder, { recursive: true, force: true })

async function perCall(work: (n: number) => Promise<void>): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const began = performance.now()
    for (let call = 0; call < CALLS; call += 1) await work(round * CALLS + call)
    rounds.push((performance.now() - began) / CALLS)
  }
  // The first one warms up.
  return median(rounds.slice(1))
}

async function callTool(n: number, isClaimed: boolean): Promise<void> {
  const performed = await performCall({
    tool: write,
    input: {},
    argumentsSha256: sha256('{}'),
    context: {
      runId,
      stepId,
      agent: 'bench',
      callId: sha256(`${isClaimed} ${n}`),
      settings: {},
      stepInput: null,
      secret: async () => '',
      credentials: undefined,
    },
    clock: systemClock,
    stepMs: 60_000,
    functionMs: Number.POSITIVE_INFINITY,
    ...(isClaimed && { ledger: safeguards.ledger }),
  })
  if (performed.kind !== 'executed' || performed.executed.result.status !== 'ok') throw new Error('the call failed')
}

/** A step of many turns draws now and then, and reserves before each. */
async function perBudgetedTurn(): Promise<number> {
  const opened = await safeguards.openBudget({ runId, stepId })
  if (opened === undefined) throw new Error('the run has a budget')
  let turn = 0
  const most = { costUsd: 0.02, tokens: 6_000, turns: 1, toolCalls: 0 }
  return perCall(async () => {
    const spent = { costUsd: turn * 0.01, tokens: turn * 3_000, turns: turn, toolCalls: 0 }
    turn += 1
    const reserved = await opened.reserve(turn, most, spent)
    if (!reserved.granted) throw new Error(`the budget refused turn ${turn}`)
  })
}
