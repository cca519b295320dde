import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import type { Model } from '../../../src/models/model.ts'
import type { RunId, StepId, WorkflowName } from '../../../src/schema/ids.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import team from '../../cli/teams/work.team.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-host-cancel-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const request = { workflow: 'short' as WorkflowName, input: { question: 'q' }, settings: {} }
/** A look at the flag comes every 500 ms; without the signal a model that hangs would take the grace of 10 s. */
const SOON_MS = 5_000

it('ends models that hang as soon as the cancellation shows, each step with its own end', async () => {
  const workers = 30
  const asked = Promise.withResolvers<void>()
  const reasons: unknown[] = []
  let hanging = 0
  const topics = Array.from({ length: workers }, (_, n) => `topic ${n}`)
  const planned = scriptedModel({ planner: [{ submit: { topics } }] })
  const model: Model = {
    ...planned,
    call: (given, options) => {
      if (options.agent === 'planner') return planned.call(given, options)
      options.signal.addEventListener('abort', () => reasons.push(options.signal.reason))
      hanging += 1
      if (hanging === 3) asked.resolve()
      return new Promise(() => undefined)
    },
  }
  const stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })
  const clock = systemClock
  const owner = thisProcess()
  const common = { stores, team, model, clock, owner, priceOf: () => undefined, random: () => 0 }
  const host = openHost({ ...common, newRunId: () => 'run-1' })
  const { run, ended } = await host.start(request)
  await asked.promise

  const began = performance.now()
  await stores.runs.requestCancel(run.runId as RunId)
  expect(await ended).toMatchObject({ status: 'cancelled' })
  expect(performance.now() - began).toBeLessThan(SOON_MS)
  expect(reasons).toHaveLength(3)
  expect(hanging).toBe(3)
  for (const step of ['topics:0/work', 'topics:1/work', 'topics:2/work']) {
    const { records } = await stores.journal.readStep(run.runId, step as StepId)
    expect(records.map(({ row }) => `${row.event} ${row.status ?? ''}`.trim())).toEqual(['start', 'outcome cancelled'])
  }
  await host.release()
  stores.close()
})
