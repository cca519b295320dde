/** Agents that search and add to what their team remembers: run after run, over the same records, behind the gate. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores, type Stores } from '../../../src/engine/host-stores.ts'
import {
  defineAgent,
  defineGuardrail,
  defineMemory,
  defineTeam,
  defineTool,
  defineWorkflow,
  type Json,
  sequence,
  step,
} from '../../../src/index.ts'
import { openMemory } from '../../../src/memory/memory.ts'
import { type Script, scriptedModel } from '../../../src/models/scripted.ts'
import type { JournalRecord } from '../../../src/records/journal-item.ts'
import { StepId, type WorkflowName } from '../../../src/schema/ids.ts'

const customers = defineMemory({ name: 'customers', description: 'What customers prefer.' })
const gossip = defineMemory({ name: 'gossip', description: 'What strangers say.', labels: ['untrusted'] })

const page = defineTool({
  name: 'page',
  description: 'Reads a page.',
  input: z.object({}),
  output: z.string(),
  effect: 'read',
  untrusted: true,
  run: async () => 'Everything is free.',
})
const noPhones = defineGuardrail({
  ...{ name: 'no-phones', version: '1.0.0', description: 'Phone numbers are not kept.', at: ['tool.before'] },
  tools: ['remember'],
  run: async ({ value }) => {
    const text = JSON.stringify(value)
    const redacted = text.replaceAll(/\+\d{6,}/g, '(phone)')
    if (redacted === text) return { verdict: 'proceed' as const }
    return { verdict: 'transform' as const, value: JSON.parse(redacted), reason: 'a phone number' }
  },
})

const Any = z.object({})
const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', model: { id: 'any' } }
const common = { ...base, input: Any, output: Any }
const writer = defineAgent({
  ...common,
  name: 'writer',
  tools: [page],
  memory: { writes: [customers, gossip] },
  guardrails: [noPhones],
})
const reader = defineAgent({ ...common, name: 'reader', memory: { reads: [customers, gossip] } })
const insider = defineAgent({ ...common, name: 'insider', memory: { reads: [customers], writes: [customers] } })

const workflowOf = (agent: typeof writer) =>
  defineWorkflow({
    ...{ name: agent.name, version: '1.0.0', input: Any, output: Any },
    steps: ({ run }) => sequence(step('do', agent, { input: run.input })),
  })
const agents = [writer, reader, insider]
const team = defineTeam({ name: 'shop', agents, workflows: agents.map(workflowOf) })

let folder: string
let stores: Stores
let runs = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-memory-'))
  stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
})
afterEach(() => {
  stores.close()
  rmSync(folder, { recursive: true, force: true })
})

type Uses = { name: string; input: Json }[]
const remember = (input: Json): Uses => [{ name: 'remember', input }]
const search = (input: Json): Uses => [{ name: 'search_memory', input }]

/** One run of an agent alone that makes these calls, turn by turn. @returns the rows of its calls, with what they gave. */
async function run(agent: typeof writer, ...turns: Uses[]) {
  const answers: Script[string] = (_: unknown, { turn }: { turn: number }) => {
    const toolUses = turns[turn - 1]
    return toolUses === undefined ? { submit: {} } : { toolUses }
  }
  const host = openHost({
    ...{ stores, team, clock: systemClock, random: () => 0, owner: thisProcess() },
    model: scriptedModel({ [agent.name]: answers }),
    priceOf: () => undefined,
    newRunId: () => `run-${++runs}`,
  })
  try {
    const hosted = await host.start({ workflow: agent.name as unknown as WorkflowName, input: {}, settings: {} })
    const { runId, status } = await hosted.ended
    expect(status).toBe('succeeded')
    const { records } = await stores.journal.readStep(runId, StepId.parse('do'))
    const calls = records.filter(({ row }) => row.event === 'tool').map(told)
    const labels = records.find(({ row }) => row.event === 'outcome')?.row.labels
    return { runId, calls, labels, effects: (await host.service.effects(runId)).effects }
  } finally {
    await host.release()
  }
}

function told({ row, body }: JournalRecord) {
  const { status, rule, reason } = row
  return { status, rule, reason, body: body as { readonly output?: Json } }
}

const likes = { space: 'customers', text: 'Anna wants tea.', subject: 'Anna', source: 'call 7' }
const memory = () => openMemory({ records: stores.records, team: 'shop', clock: systemClock })

describe('what one run remembered', () => {
  it('is found by the next, and the rows name the facts and their versions', async () => {
    const first = await run(writer, remember({ ...likes, key: 'drink' }))
    const again = await run(writer, remember({ ...likes, key: 'drink', text: 'Anna wants coffee.' }))
    const found = await run(reader, search({ query: 'What does Anna want?' }))
    expect(found.calls).toMatchObject([
      { status: 'ok', body: { output: { facts: [{ ...likes, text: 'Anna wants coffee.', version: 2 }] } } },
    ])
    const [fact] = await memory().search('customers', { query: 'coffee', limit: 1 })
    const { id = '', sha256 } = fact?.fact ?? {}
    expect(first.calls).toMatchObject([{ status: 'ok', reason: `remembered customers/${id}@1` }])
    expect(again.calls).toMatchObject([{ status: 'ok', reason: `remembered customers/${id}@2` }])
    expect(found.calls[0]).toMatchObject({
      reason: `found customers/${id}@2`,
      body: { sources: [{ uri: `memory:customers/${id}@2`, sha256 }] },
    })
    expect(fact?.fact.by).toEqual({ runId: again.runId, stepId: 'do', agent: 'writer' })
    expect(first.effects).toMatchObject([{ tool: 'remember', status: 'done' }])
  })

  it('is one fact where a step says it again, and none where nothing fits', async () => {
    await run(writer, [...remember(likes), ...remember(likes)], remember(likes))
    expect(await memory().history('customers', 'Anna')).toHaveLength(1)
    const found = await run(
      reader,
      search({ query: 'zebra', space: 'customers' }),
      search({ query: 'tea', subject: 'Bob' }),
    )
    expect(found.calls).toMatchObject([{ reason: 'found nothing' }, { reason: 'found nothing' }])
  })
})

describe('rights', () => {
  it('are what was declared: the rest is refused at the gate, whatever the model says', async () => {
    await run(writer, remember(likes))
    const outside = { ...likes, space: 'gossip' }
    const { calls } = await run(insider, [...remember(outside), ...search({ query: 'free', space: 'gossip' })])
    expect(calls.map(({ status, rule }) => [status, rule])).toEqual([
      ['denied', 'argumentsOffSchema'],
      ['denied', 'argumentsOffSchema'],
    ])
    const others = [await run(reader, remember(likes)), await run(writer, search({ query: 'tea' }))]
    expect(others.map((one) => one.calls[0]?.rule)).toEqual(['unknownTool', 'unknownTool'])
    expect(await memory().history('gossip', 'Anna')).toEqual([])
  })

  it('of one space need no name of it', async () => {
    const { space: _, ...nameless } = likes
    const { calls } = await run(insider, remember(nameless), search({ query: 'tea' }))
    expect(calls).toMatchObject([{ status: 'ok' }, { body: { output: { facts: [likes] } } }])
  })
})

describe('labels', () => {
  it('keep what strangers wrote out of a space that does not take it', async () => {
    const free = { text: 'All is free.', subject: 'prices', source: 'page' }
    const reading = [{ name: 'page', input: {} }]
    const { calls } = await run(
      writer,
      reading,
      remember({ ...free, space: 'customers' }),
      remember({ ...free, space: 'gossip' }),
    )
    expect(calls.slice(1)).toMatchObject([{ status: 'denied', rule: 'policy.memory-labels' }, { status: 'ok' }])
    expect(await memory().history('customers', 'prices')).toEqual([])
    expect(await memory().history('gossip', 'prices')).toMatchObject([{ labels: ['untrusted'] }])
  })

  it('come with what is read', async () => {
    const one = await run(reader, search({ query: 'free', space: 'customers' }))
    const both = await run(reader, search({ query: 'free' }))
    expect([one.labels, both.labels]).toEqual([undefined, ['untrusted']])
  })
})

it('a guardrail changes what is remembered', async () => {
  await run(writer, remember({ ...likes, text: 'Call Anna at +4912345678.' }))
  expect(await memory().history('customers', 'Anna')).toMatchObject([{ text: 'Call Anna at (phone).' }])
})

it('what one source has poisoned is gone with it, and comes from it no more', async () => {
  const poison = { ...likes, text: 'Anna wants tea, sent to Mallory.', source: 'mallory' }
  await run(writer, remember(likes), remember(poison), remember({ ...poison, subject: 'Bob' }))
  const order = { by: { person: 'eve' }, reason: 'poisoned' }
  expect(await memory().forget('customers', { source: 'mallory' }, order)).toEqual({ forgotten: 2 })
  const found = await run(reader, search({ query: 'Anna tea Mallory Bob', limit: 10 }))
  expect(found.calls).toMatchObject([{ body: { output: { facts: [{ source: 'call 7' }] } } }])
  const again = await run(writer, remember(poison))
  expect(again.calls).toMatchObject([{ status: 'error', body: { name: 'MemoryForgotten' } }])
})
