/** The team that is measured: agents that do nothing but call a model, and a model that answers at once or after a while. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { systemClock } from '../src/clock.ts'
import { defineAgent } from '../src/define/agent.ts'
import { eq } from '../src/define/expressions.ts'
import { forEach, repeat, sequence, step } from '../src/define/patterns.ts'
import { defineTeam, type Team } from '../src/define/team.ts'
import { defineTool } from '../src/define/tool.ts'
import { defineWorkflow } from '../src/define/workflow.ts'
import { openHost } from '../src/engine/host.ts'
import { thisProcess } from '../src/engine/host-owner.ts'
import { openStores } from '../src/engine/host-stores.ts'
import type { Model } from '../src/models/model.ts'
import { createPrices } from '../src/models/prices.ts'
import type { Json } from '../src/schema/json.ts'
import type { Run } from '../src/schema/run.ts'
import type { Synchronous } from '../src/sqlite/database.ts'

const look = defineTool({
  name: 'look',
  description: 'Looks something up.',
  effect: 'read',
  input: z.object({ what: z.string() }),
  output: z.object({ found: z.string() }),
  run: async ({ what }) => ({ found: what }),
})

/** @param turns Model calls of one step: all but the last call a tool. */
function agentOf(name: string, turns: number) {
  return defineAgent({
    name,
    version: '1.0.0',
    role: 'Worker',
    goal: 'Be measured.',
    instructions: 'Answer.',
    model: { id: `turns-${turns}` },
    tools: turns > 1 ? [look] : [],
    input: z.object({ n: z.number() }),
    output: z.object({ ok: z.boolean() }),
    limits: { turns: 200, toolCalls: 500, tokens: 10_000_000, costUsd: 1_000 },
  })
}

const Items = z.object({ items: z.array(z.object({ n: z.number() })) })

/** One step after the other, or side by side. */
export function fanOut(items: number, { concurrency, turns = 1 }: { concurrency: number; turns?: number }): Team {
  const worker = agentOf('worker', turns)
  const workflow = defineWorkflow({
    name: 'fan',
    version: '1.0.0',
    input: Items,
    output: z.any(),
    steps: ({ run }) =>
      forEach('all', run.input.items, (item) => step('work', worker, { input: item }), { concurrency, max: items }),
  })
  return defineTeam({ name: 'bench', agents: [worker], workflows: [workflow] })
}

/** One step after the other in one run: as many rounds as asked for. */
export function inSequence(steps: number): Team {
  const worker = agentOf('worker', 1)
  const workflow = defineWorkflow({
    name: 'in-sequence',
    version: '1.0.0',
    input: Items,
    output: z.any(),
    steps: () =>
      repeat('round', ({ iteration }) => step('work', worker, { input: { n: iteration } }), {
        until: (_result, iteration) => eq(iteration, steps),
        max: steps,
      }),
  })
  return defineTeam({ name: 'bench', agents: [worker], workflows: [workflow] })
}

/** For each item four steps one after the other. */
export function fourSteps(items: number): Team {
  const worker = agentOf('worker', 1)
  const workflow = defineWorkflow({
    name: 'four-steps',
    version: '1.0.0',
    input: Items,
    output: z.any(),
    steps: ({ run }) =>
      forEach(
        'all',
        run.input.items,
        (item) =>
          sequence(
            step('first', worker, { input: item }),
            step('second', worker, { input: item }),
            step('third', worker, { input: item }),
            step('fourth', worker, { input: item }),
          ),
        { concurrency: 10, max: items },
      ),
  })
  return defineTeam({ name: 'bench', agents: [worker], workflows: [workflow] })
}

/** plan → workers side by side → report: the shape of a research team. Critical path: three model calls. */
export function planFanJoin(workers: number): Team {
  const agents = { planner: agentOf('planner', 1), worker: agentOf('worker', 1), writer: agentOf('writer', 1) }
  const workflow = defineWorkflow({
    name: 'plan-fan-join',
    version: '1.0.0',
    input: Items,
    output: z.any(),
    steps: ({ run }) =>
      sequence(
        step('plan', agents.planner, { input: { n: 0 } }),
        forEach('all', run.input.items, (item) => step('work', agents.worker, { input: item }), {
          concurrency: workers,
          max: workers,
        }),
        step('report', agents.writer, { input: { n: 1 } }),
      ),
  })
  return defineTeam({ name: 'bench', agents: Object.values(agents), workflows: [workflow] })
}

export function inputOf(items: number): Json {
  return { items: Array.from({ length: items }, (_, n) => ({ n })) }
}

/** Answers after `latencyMs`, with as many turns as the model id says. */
export function benchModel(latencyMs = 0): Model {
  const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 }
  return {
    provider: 'scripted',
    description: 'answers at once',
    async call({ modelId }, { turn }) {
      if (latencyMs > 0) await delay(latencyMs)
      const last = turn >= Number(modelId.slice('turns-'.length))
      const use = last
        ? { name: 'submit_output', input: { ok: true } }
        : { name: 'look', input: { what: `thing ${turn}` } }
      const content = [{ type: 'toolUse' as const, id: `use-${turn}`, ...use }]
      return { provider: 'scripted', modelId, content, stopReason: 'toolUse', usage }
    },
  }
}

export interface Measured {
  readonly ms: number
  /** Of both databases, after closing. 0 in memory. */
  readonly bytes: number
  readonly run: Run
}

interface Conditions {
  readonly latencyMs?: number
  readonly memory?: boolean
  readonly synchronous?: Synchronous
  /** @default benchModel(latencyMs) */
  readonly model?: Model
}

/** One run, from the call of `start` to its recorded end. */
export async function measure(team: Team, input: Json, conditions: Conditions = {}): Promise<Measured> {
  const { latencyMs = 0, memory = false, synchronous = 'NORMAL', model = benchModel(latencyMs) } = conditions
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'))
  const stores = openStores({ folder, memory, synchronous, clock: systemClock })
  const host = openHost({
    stores,
    team,
    model,
    priceOf: createPrices('none', () => undefined).priceOf,
    clock: systemClock,
    random: Math.random,
    newRunId: () => 'run-1',
    owner: thisProcess(),
  })
  const workflow = team.workflows[0]?.name ?? ''
  const started = performance.now()
  const hosted = await host.start({ workflow: workflow as Run['workflow'], input, settings: {} })
  const run = await hosted.ended
  const ms = performance.now() - started
  await host.release()
  stores.close()
  const files = memory ? [] : ['records.db', 'engine.db'].map((file) => statSync(join(folder, file)).size)
  rmSync(folder, { recursive: true, force: true })
  if (run.status !== 'succeeded') throw new Error(`the measured run ${run.status}: ${run.error?.message}`)
  return { ms, bytes: files.reduce((sum, size) => sum + size, 0), run }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
