import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { RunDetails } from '../../../src/api/http/bodies.ts'
import { readRun } from '../../../src/api/read-run.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { Run } from '../../../src/schema/run.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const RUN = Run.parse({
  ...{ runId: 'run-1', team: 'team', teamSha256: 'a'.repeat(64), workflow: 'work', workflowVersion: '1.0.0' },
  ...{ input: {}, settings: {}, model: 'offline', status: 'running', execution: 1, cancelRequested: false },
  ...{ startedAt: '2026-01-01T00:00:00.000Z', lock: { agents: {}, workflows: {} } },
})

async function runOf(steps: number) {
  const folder = mkdtempSync(join(tmpdir(), 'baton-read-'))
  const clock = fakeClock('2026-01-01T00:00:00.000Z')
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  onTestFinished(() => {
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await stores.runs.create(RUN)
  for (let step = 0; step < steps; step++) {
    await clock.advance(1_000)
    const actor = { agent: 'worker', version: '1.0.0', role: 'Worker' }
    const claim = { runId: RUN.runId, stepId: `work=${step}`, attempt: 1, execution: 1, actor }
    await stores.journal.claimAttempt(claim as Parameters<typeof stores.journal.claimAttempt>[0])
  }
  return { ...stores, isHeld: async () => true, now: () => clock.now() }
}

it('tells every step, and the critical path', async () => {
  const { steps, stepsOmitted, criticalPath } = await readRun(RUN.runId, await runOf(5))
  expect([steps.length, stepsOmitted]).toEqual([5, undefined])
  expect(criticalPath?.stepIds.length).toBeGreaterThan(0)
})

it('tells the steps that started last, and how many more there are, where its host has little time', async () => {
  const details = await readRun(RUN.runId, { ...(await runOf(5)), mostSteps: 2 })
  expect(details.steps.map(({ stepId }) => stepId)).toEqual(['work=3', 'work=4'])
  expect(details).toMatchObject({ stepsOmitted: 3 })
  expect(details.criticalPath).toBeUndefined()
  expect(RunDetails.parse(details)).toEqual(details)
})
