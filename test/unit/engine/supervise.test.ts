/** `supervise` on the embedded host: how long it takes, what a crash costs, what stays out of the state, who used what. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { supervise } from '../../../src/define/supervise.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import type { WorkflowName } from '../../../src/schema/ids.ts'
import { Assignment, ReportInput, SupervisorInput, SupervisorPlan } from '../../../src/schema/supervision.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const lead = defineAgent({ ...common, name: 'lead', input: SupervisorInput, output: SupervisorPlan })
const sub = defineAgent({ ...common, name: 'sub', input: Assignment, output: z.object({ text: z.string() }) })
const synth = defineAgent({ ...common, name: 'synth', input: ReportInput, output: z.object({ total: z.number() }) })

const led = (concurrency: number) =>
  defineTeam({
    name: 'led',
    agents: [lead, sub, synth],
    workflows: [
      defineWorkflow({
        name: 'led',
        version: '1.0.0',
        input: z.object({}),
        output: z.object({ total: z.number() }),
        steps: ({ run }) => supervise('team', { lead, members: [sub], report: synth, input: run.input, concurrency }),
      }),
    ],
  })

const tasks = ['apples', 'bridges', 'clocks', 'dunes', 'engines'].map((what, index) => ({
  ...{ id: `t${index}`, agent: 'sub', objective: `Count ${what}`, outputFormat: 'a number', tools: [] },
  boundaries: 'nothing else',
}))
const plan = { submit: { effort: 'medium', tasks, done: true, notes: '' } }
/** Jumps to the next who wakes once nothing has happened for a moment; what sleeps for long is a time limit. */
function virtualClock(): Clock {
  const clock = fakeClock()
  const due = new Set<number>()
  let timer: NodeJS.Timeout | undefined
  const jump = () => {
    const next = Math.min(...due)
    if (!Number.isFinite(next)) return
    due.delete(next)
    void clock.advance(next - clock.now().getTime()).then(wait)
  }
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(jump, 60)
  }
  return {
    now: clock.now,
    sleep(milliseconds, signal) {
      if (milliseconds <= 10_000) due.add(clock.now().getTime() + milliseconds)
      wait()
      return clock.sleep(milliseconds, signal)
    },
  }
}

const usage = { inputTokens: 100, outputTokens: 10 }
const SECONDS = [4, 5, 3, 6, 2]

const script: Script = {
  lead: [{ ...plan, latencyMs: 1_000, usage }],
  ...Object.fromEntries(
    SECONDS.map((seconds, index) => [
      `sub@*work:${index}/*`,
      [{ submit: { text: `${seconds}` }, latencyMs: seconds * 1_000, usage }],
    ]),
  ),
  synth: [{ submit: { total: 5 }, latencyMs: 1_000, usage }],
}

it.each([
  ['one after the other', 1, 22],
  ['side by side', 10, 8],
])('takes, %s, as long as the golden says', async (_, concurrency, seconds) => {
  const clock = virtualClock()
  const model = scriptedModel(script, { clock })
  const { run, events } = await runInMemory(led(concurrency), { model, input: {}, clock })
  expect(run.status).toBe('succeeded')
  const times = events.map(({ at }) => Date.parse(at))
  expect(Math.round((Math.max(...times) - Math.min(...times)) / 1_000)).toBe(seconds)
})

it('keeps a ledger by agent that is the sum of its calls', async () => {
  const clock = virtualClock()
  const { steps, run } = await runInMemory(led(10), { model: scriptedModel(script, { clock }), input: {}, clock })
  const used = (agent: string) =>
    steps
      .filter((one) => one.agent === agent)
      .reduce((sum, one) => sum + (one.usage?.inputTokens ?? 0) + (one.usage?.outputTokens ?? 0), 0)
  expect([used('lead'), used('sub'), used('synth')]).toEqual([110, 5 * 110, 110])
  expect(run.usage).toMatchObject({ inputTokens: 700, outputTokens: 70, turns: 7 })
})

it('keeps artifacts out of the state, and hands them to who reports', async () => {
  const large = 'ü'.repeat(150_000)
  const model = scriptedModel({
    lead: [plan],
    'sub@*work:0/*': [{ submit: { text: large } }],
    sub: () => ({ submit: { text: 'small' } }),
    synth: [{ submit: { total: 5 } }],
  })
  const folder = mkdtempSync(join(tmpdir(), 'baton-led-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  onTestFinished(() => stores.close())
  const parts = { stores, team: led(10), clock: systemClock, random: () => 0, owner: thisProcess() }
  const host = openHost({ ...parts, model, priceOf: () => undefined, newRunId: () => 'run-1' })
  const { ended } = await host.start({ workflow: 'led' as WorkflowName, input: {}, settings: {} })
  expect(await ended).toMatchObject({ status: 'succeeded', output: { total: 5 } })
  const kept = stores.history
    .list('')
    .flatMap(({ row }) => stores.history.chunks(row).map((one) => JSON.stringify(one)))
  expect(kept.join('')).toContain('small')
  expect(kept.join('')).not.toContain('ü'.repeat(1_000))
  const asked = model.calls.find(({ agent }) => agent === 'synth')?.request.messages
  expect(JSON.stringify(asked).split('ü').length - 1).toBe(150_000)
  await host.release()
})

it('makes exactly two calls of members where it died after three of five', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-led-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })
  onTestFinished(() => stores.close())
  const hostOf = (answers: Script) => {
    const model = scriptedModel(answers)
    const parts = { stores, team: led(10), clock: systemClock, random: () => 0, owner: thisProcess() }
    return { model, ...openHost({ ...parts, model, priceOf: () => undefined, newRunId: () => 'run-1' }) }
  }
  const quick = [{ submit: { text: 'done' } }]
  const first = hostOf({
    lead: [plan],
    'sub@*work:3/*': [{ submit: { text: 'never' }, latencyMs: 60_000 }],
    'sub@*work:4/*': [{ submit: { text: 'never' }, latencyMs: 60_000 }],
    sub: () => ({ submit: { text: 'done' } }),
  })
  let done = 0
  const three = new Promise<void>((resolve) => {
    first.subscribe((event) => {
      if (event.type === 'step.ended' && event.stepId.endsWith('team-do-sub')) done += 1
      if (done === 3) resolve()
    })
  })
  const { run, ended } = await first.start({ workflow: 'led' as WorkflowName, input: {}, settings: {} })
  const interrupted = ended.then(
    () => 'ended',
    () => 'interrupted',
  )
  await three
  await first.release()
  expect(await interrupted).toBe('interrupted')

  const second = hostOf({ lead: quick, sub: () => ({ submit: { text: 'done' } }), synth: [{ submit: { total: 5 } }] })
  const resumed = await second.resume(run.runId)
  expect(await resumed.ended).toMatchObject({ status: 'succeeded', output: { total: 5 } })
  expect(second.model.calls.map(({ agent }) => agent).sort()).toEqual(['sub', 'sub', 'synth'])
  await second.release()
})
