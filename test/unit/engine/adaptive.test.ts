/** `adaptive` on the embedded host: what a crash costs, what the record says, and that the offline model can plan. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { createOfflineModel } from '../../../src/models/offline/offline.ts'
import type { WorkflowName } from '../../../src/schema/ids.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'
import { workflowBounds } from '../../../src/workflow/bounds.ts'
import team from '../../golden/adaptive.team.ts'

const input = { question: 'How?' }
const parts = ['a', 'b', 'c', 'd'].map((id) => ({ id, agent: 'analyst', objective: `Do ${id}`, weight: 1 }))
const edges = [
  { from: 'a', to: 'c', coupling: 'strong' },
  { from: 'b', to: 'd', coupling: 'strong' },
]
const needs = (id: string) => edges.filter(({ to }) => to === id).map(({ from }) => ` \${${from}}`)
const plan = {
  parts: parts.map((part) => ({ ...part, objective: `${part.objective}${needs(part.id).join('')}` })),
  edges,
  reason: 'two chains',
}
const answers: Script = {
  planner: [{ submit: plan }],
  analyst: () => ({ submit: { summary: 'the same for all' } }),
  editor: [{ submit: { summary: 'merged' } }],
}

it('keeps the plan, the metrics, the line and the reason in the record', async () => {
  const { run, events } = await runInMemory(team, { model: scriptedModel(answers), input, workflow: 'inquiry' })
  expect(run).toMatchObject({ status: 'succeeded', output: { topology: 'hybrid', answer: { summary: 'merged' } } })
  const decided = events.flatMap((event) => (event.type === 'decision' ? [[event.rule, event.reason]] : []))
  expect(decided).toContainEqual(['rule.adaptive.route', 'hybrid: only 2 of 4 parts need none of each other'])
  expect(decided).toContainEqual(['rule.adaptive.assign', 'd sees a, b'])
  expect(decided).toContainEqual(['rule.adaptive.compare', 'the outputs agree by 1, 0.6 is needed: they are merged'])
})

it('asks, where it died in the second layer, nobody again who was done', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-adaptive-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })
  onTestFinished(() => stores.close())
  const hostOf = (script: Script) => {
    const model = scriptedModel(script)
    const given = { stores, team, clock: systemClock, random: () => 0, owner: thisProcess() }
    return { model, ...openHost({ ...given, model, priceOf: () => undefined, newRunId: () => 'run-1' }) }
  }
  const first = hostOf({
    ...answers,
    'analyst@*layers=2/*work:1/*': [{ submit: { summary: 'never' }, latencyMs: 60_000 }],
  })
  let done = 0
  const three = new Promise<void>((resolve) => {
    first.subscribe((event) => {
      if (event.type === 'step.ended' && event.stepId.endsWith('inquiry-do-analyst')) done += 1
      if (done === 3) resolve()
    })
  })
  const { run, ended } = await first.start({ workflow: 'inquiry' as WorkflowName, input, settings: {} })
  const interrupted = ended.then(
    () => 'ended',
    () => 'interrupted',
  )
  await three
  await first.release()
  expect(await interrupted).toBe('interrupted')

  const second = hostOf(answers)
  const resumed = await second.resume(run.runId)
  expect(await resumed.ended).toMatchObject({
    status: 'succeeded',
    output: { answer: { summary: 'merged' }, gaps: [] },
  })
  expect(second.model.calls.map(({ agent }) => agent)).toEqual(['analyst', 'editor'])
  await second.release()
})

it('runs with the offline model, whose parts need none of each other', async () => {
  const question = 'Which queue keeps the order? What does a topic cost?'
  const { run } = await runInMemory(team, { model: createOfflineModel(), input: { question }, workflow: 'inquiry' })
  expect(run).toMatchObject({ status: 'succeeded', output: { topology: 'parallel', gaps: [] } })
  expect((run.output as { parts: readonly unknown[] }).parts).toHaveLength(2)
})

it('prints what the envelope allows at worst: two shapes, as many layers as it is deep, as wide as it is', () => {
  const worst = (name: string) => {
    const [workflow] = team.workflows.filter((one) => one.name === name)
    if (workflow === undefined) throw new Error(`no workflow ${name}`)
    return Object.fromEntries(workflowBounds(workflow).perStep.map(({ step, steps }) => [step, steps]))
  }
  expect(worst('inquiry')).toEqual({
    'inquiry-plan': 3,
    'inquiry-lead': 2 * 4,
    'inquiry-do-analyst': 2 * 4 * 4,
    'inquiry-do-checked/search': 2 * 4 * 4,
    'inquiry-do-checked/check': 2 * 4 * 4,
    'inquiry-merge': 2,
    'inquiry-arbitrate': 2,
  })
  expect(worst('note')).toEqual({ 'note-plan': 3, 'note-do-analyst': 2 * 2, 'note-merge': 1, 'note-arbitrate': 1 })
})
