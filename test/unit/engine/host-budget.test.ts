/** Budgets on the embedded host: parallel branches, child workflows, a team's budget, what is raised and resumed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { levelState } from '../../../src/budget/level.ts'
import { systemClock } from '../../../src/clock.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { forEach, step, workflow } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import type { Model } from '../../../src/models/model.ts'
import { RUN_CHAIN } from '../../../src/records/run-chain.ts'
import type { BudgetLimits, TeamBudget } from '../../../src/schema/budget.ts'
import type { RunId, WorkflowName } from '../../../src/schema/ids.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-budget-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const BRANCHES = 64
const USED = { inputTokens: 400, outputTokens: 300, cacheReadTokens: 0, cacheWriteTokens: 0 }

interface Declared {
  readonly own?: BudgetLimits
  readonly child?: BudgetLimits
  readonly team?: TeamBudget
  /** Whether a branch that is stopped stops the run. */
  readonly fails?: boolean
}

/** A workflow of many branches, each a child workflow of one step. */
function teamWith({ own, child, team, fails = false }: Declared) {
  const topic = z.object({ topic: z.string() })
  const reader = defineAgent({
    name: 'reader',
    version: '1.0.0',
    role: 'Reader',
    goal: 'Read.',
    instructions: 'Read.',
    model: { id: 'model-a', maxTokens: 500 },
    input: topic,
    output: z.object({ found: z.string() }),
    limits: { costUsd: 0.05 },
  })
  const one = defineWorkflow({
    name: 'one',
    version: '1.0.0',
    input: topic,
    output: z.object({ found: z.string() }),
    ...(child && { budget: child }),
    steps: ({ run }) => step('read', reader, { input: run.input, ...(!fails && { otherwise: { found: 'no' } }) }),
  })
  const many = defineWorkflow({
    name: 'many',
    version: '1.0.0',
    input: z.object({ topics: z.array(z.string()) }),
    output: z.array(z.object({ found: z.string() })),
    ...(own && { budget: own }),
    steps: ({ run }) =>
      forEach('parts', run.input.topics, (each) => workflow('each', one, { input: { topic: each } }), {
        max: BRANCHES,
        concurrency: BRANCHES,
      }),
  })
  return defineTeam({ name: 'readers', agents: [reader], workflows: [many, one], ...(team && { budget: team }) })
}

let hosts = 0
function hostOf(declared: Declared) {
  let calls = 0
  let runs = 0
  const model: Model = {
    provider: 'paid',
    description: 'for tests',
    async call({ modelId }) {
      calls += 1
      await systemClock.sleep(calls % 7)
      const content = [{ type: 'toolUse' as const, id: 'a', name: 'submit_output', input: { found: 'yes' } }]
      return { provider: 'paid', modelId, content, stopReason: 'toolUse', usage: USED }
    },
  }
  hosts += 1
  const stores = openStores({ folder: join(folder, String(hosts)), synchronous: 'NORMAL', clock: systemClock })
  const host = openHost({
    stores,
    team: teamWith(declared),
    model,
    priceOf: () => ({ costUsd: ({ inputTokens, outputTokens }) => (inputTokens + 5 * outputTokens) / 1_000_000 }),
    clock: systemClock,
    random: Math.random,
    newRunId: () => `run-${++runs}`,
    owner: thisProcess(),
  })
  return {
    host,
    stores,
    calls: () => calls,
    start: (topics: number, budget?: BudgetLimits) =>
      host.start({
        workflow: 'many' as WorkflowName,
        input: { topics: Array.from({ length: topics }, (_, index) => `topic ${index}`) },
        settings: {},
        ...(budget && { budget }),
      }),
    async level(runId: string, sort = 'RUN') {
      const item = await stores.records.get({ partition: `RUN#${runId}#BUDGET`, sort })
      return item && levelState(item)
    },
    team: async () => (await stores.records.query('BUDGET#readers')).items[0]?.attributes,
    async close() {
      await host.release()
      stores.close()
    },
  }
}

const found = (output: unknown) => (output as { found: string }[]).filter(({ found: is }) => is === 'yes').length

describe('a run of 64 parallel branches', () => {
  it('never spends more than its budget, and works up to it', async () => {
    const limit = 40_000
    const { start, stores, level, calls, close } = hostOf({ own: { tokens: limit } })
    const { run, ended } = await start(BRANCHES)
    const { status, output, usage } = await ended
    expect(status).toBe('succeeded')
    const done = found(output)
    const state = await level(run.runId)
    // An answer takes 700 tokens; asked for at most are its bytes, what goes around them, and 500.
    expect(done).toBe(calls())
    expect(done).toBeGreaterThanOrEqual(Math.floor(limit / 4_000))
    expect(done).toBeLessThan(BRANCHES)
    expect(state?.spent.tokens).toBe(done * 700)
    expect(state?.spent.tokens).toBeLessThanOrEqual(limit)
    expect(state?.left.tokens).toBe(limit - done * 700)
    expect((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0)).toBe(done * 700)
    expect((await stores.runs.read(run.runId))?.budget).toEqual({ run: { tokens: limit } })
    await close()
  }, 30_000)

  it('holds the budget of each child workflow beside its own', async () => {
    const { start, level, close } = hostOf({ own: { turns: 3 }, child: { turns: 1 } })
    const { run, ended } = await start(5)
    expect(found((await ended).output)).toBe(3)
    expect(await level(run.runId)).toMatchObject({ spent: { turns: 3 }, left: { turns: 0 } })
    const levels = await Promise.all([0, 1, 2, 3, 4].map((index) => level(run.runId, `PATH#parts:${index}/each/`)))
    expect(levels.map((state) => state?.spent.turns ?? 0).reduce((a, b) => a + b)).toBe(3)
    expect(Math.max(...levels.map((state) => state?.spent.turns ?? 0))).toBe(1)
    await close()
  }, 30_000)

  it('has no items, and a head without a budget, where none is declared', async () => {
    const { start, stores, level, close } = hostOf({})
    const { run, ended } = await start(2)
    await ended
    expect(await level(run.runId)).toBeUndefined()
    expect(await stores.runs.budgetOf(run.runId as RunId)).toBeUndefined()
    await close()
  })
})

describe('a start', () => {
  it('may lower the budget of the workflow, set one where there is none, and not raise it', async () => {
    const { start, level, close } = hostOf({ own: { tokens: 50_000 } })
    await expect(start(1, { tokens: 60_000 })).rejects.toThrow('workflow many may have 50000')
    const { run, ended } = await start(1, { tokens: 20_000, costUsd: 1 })
    await ended
    expect(await level(run.runId)).toMatchObject({ limit: { tokens: 20_000, costUsd: 1_000_000_000 } })
    await close()
  })

  it('sets dollars aside with the team, and gives back what was not spent', async () => {
    const { start, team, close } = hostOf({ team: { costUsd: 1, per: 'day' } })
    const { ended } = await start(2, { costUsd: 0.9 })
    await expect(start(2, { costUsd: 0.9 })).rejects.toThrow(/\$0\.1 of it are left/)
    const { usage } = await ended
    const spent = Math.round((usage?.costUsd ?? 0) * 1e9)
    expect(spent).toBe(2 * 1_900_000)
    expect(await team()).toMatchObject({ taken: spent, spent })
    const again = await start(1, { costUsd: 0.9 })
    await again.ended
    expect(await team()).toMatchObject({ taken: spent * 1.5, spent: spent * 1.5 })
    // Without a budget of its own, what its agents' limits let it cost: 64 branches of 5 cents.
    await expect(start(1)).rejects.toThrow('this run may cost $3.2')
    await close()
  })
})

describe('a run that its budget has stopped', () => {
  it('gives its team the rest back, and sets it aside again when it is resumed', async () => {
    const { host, start, stores, team, level, close } = hostOf({
      team: { costUsd: 1, per: 'month' },
      own: { turns: 1, costUsd: 0.5 },
      fails: true,
    })
    const { run, ended } = await start(2)
    const { runId } = run
    expect(await ended).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('budget of the run') },
    })
    const spent = 1_900_000
    expect(await team()).toMatchObject({ taken: spent, spent })
    expect(await level(runId)).toMatchObject({ closed: true, held: 0, left: { turns: 0 } })

    const raise = { to: { turns: 5, costUsd: 0.6 } }
    const raised = await host.service.raiseBudget(runId, raise, 'ann')
    expect(raised.run).toMatchObject({ limit: { turns: 5, costUsd: 0.6 }, spent: { turns: 1 }, left: { turns: 4 } })
    expect(await host.service.raiseBudget(runId, raise, 'ann')).toEqual(raised)
    const rows = (await stores.journal.readStep(runId, RUN_CHAIN)).records.map(({ row }) => row)
    const told = rows.filter(({ rule }) => rule === 'budget.raise')
    expect(told).toMatchObject([{ reason: 'run: costUsd 0.5, turns 1 raised to costUsd 0.6, turns 5' }])
    expect(
      rows.find(({ attempt, event }) => attempt === told[0]?.attempt && event === 'start')?.actor?.onBehalfOf,
    ).toBe('ann')

    const resumed = await host.resume(runId)
    expect((await team())?.['taken']).toBeGreaterThanOrEqual(spent)
    expect(await resumed.ended).toMatchObject({ status: 'succeeded' })
    expect(await team()).toMatchObject({ taken: 2 * spent, spent: 2 * spent })
    await expect(host.service.raiseBudget(runId, { to: { turns: 9 } })).rejects.toThrow('has succeeded')
    await close()
  }, 30_000)

  it('is not let go on with more than its team has left', async () => {
    const { host, start, close } = hostOf({
      team: { costUsd: 1, per: 'day' },
      own: { turns: 1, costUsd: 0.5 },
      fails: true,
    })
    const { run, ended } = await start(2)
    await ended
    await expect(host.service.raiseBudget(run.runId, { path: 'parts:0/each/', to: { turns: 2 } })).rejects.toThrow(
      'No workflow',
    )
    await host.service.raiseBudget(run.runId, { to: { costUsd: 2 } })
    await expect(host.resume(run.runId)).rejects.toThrow('Team readers may spend $1 a day')
    expect(await host.service.read(run.runId)).toMatchObject({ run: { status: 'failed' } })
    await close()
  })
})
