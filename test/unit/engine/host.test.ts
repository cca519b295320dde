import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { type HostOptions, openHost } from '../../../src/engine/host.ts'
import { isHeld } from '../../../src/engine/host-hold.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { Conflict, RecordsUnavailable } from '../../../src/errors.ts'
import type { StepId, WorkflowName } from '../../../src/schema/ids.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'
import team from '../../cli/teams/work.team.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-host-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Renewed every 10 ms, so that a host learns soon that it has lost a run. */
const LEASE_MS = 50
/** Outlives a test: who gets the run meanwhile was given it. */
const LONG = { leaseMs: 600_000 }
const topics = [{ submit: { topics: ['a', 'b'] } }]
const report = { title: 'All', lines: [] }

function host(data: string, script: Script, { clock = systemClock, leaseMs = LEASE_MS }: Partial<HostOptions> = {}) {
  const stores = openStores({ folder: join(folder, data), synchronous: 'NORMAL', clock })
  const model = scriptedModel(script)
  const opened = openHost({
    stores,
    team,
    model,
    priceOf: () => undefined,
    clock,
    random: () => 0,
    newRunId: () => 'run-1',
    owner: thisProcess(),
    leaseMs,
  })
  return { ...opened, stores, model }
}

const gone = { message: 'the store did not answer', next: 'Wait.' }
const quick = { worker: [{ submit: { done: 'yes' } }], writer: [{ submit: report }] }
const request = { workflow: 'short' as WorkflowName, input: { question: 'q' }, settings: {} }

describe('a host', () => {
  it('goes on with its runs while the store does not answer whether they are cancelled', async () => {
    const answer = Promise.withResolvers<void>()
    const { stores, ...opened } = host('unanswered', {
      ...quick,
      planner: async () => {
        await answer.promise
        return { submit: { topics: ['a'] } }
      },
    })
    const asked = vi.spyOn(stores.runs, 'isCancelRequested').mockRejectedValue(new RecordsUnavailable(gone))
    const { ended } = await opened.start(request)
    await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(0), { timeout: 5_000 })
    answer.resolve()
    expect(await ended).toMatchObject({ status: 'succeeded' })
    await opened.release()
    stores.close()
  })

  it('gives a run free at once when it lets go of it', async () => {
    const asked = Promise.withResolvers<void>()
    const first = host(
      'released',
      {
        planner: async () => {
          asked.resolve()
          return new Promise(() => undefined)
        },
      },
      LONG,
    )
    const { run, ended } = await first.start(request)
    ended.catch(() => undefined)
    await asked.promise
    await first.release()

    const second = host('released', { ...quick, planner: topics }, LONG)
    const resumed = await second.resume(run.runId)
    expect(await resumed.ended).toMatchObject({ status: 'succeeded' })
    await second.release()
    for (const { stores } of [first, second]) stores.close()
  })

  it('gives a run free at once when it has ended', async () => {
    const only = host('ended', { ...quick, planner: topics }, LONG)
    const { run, ended } = await only.start(request)
    await ended
    expect(await isHeld(run.runId, { records: only.stores.records, clock: systemClock })).toBe(false)
    await only.release()
    only.stores.close()
  })
})

it('lets go of a run whose end could not be recorded, so that it can be resumed', async () => {
  const only = host('unrecorded', { ...quick, planner: topics }, LONG)
  vi.spyOn(only.stores.runs, 'finish').mockRejectedValueOnce(new RecordsUnavailable(gone))
  const { run, ended } = await only.start(request)
  await expect(ended).rejects.toThrow('did not answer')
  await vi.waitFor(async () => expect((await only.service.read(run.runId)).run.status).toBe('interrupted'))
  const resumed = await only.resume(run.runId)
  expect(await resumed.ended).toMatchObject({ status: 'succeeded', output: report })
  await only.release()
  only.stores.close()
})

describe('a host that was thought dead', () => {
  it('stops at once when it learns that another has its run, and takes no further turn', async () => {
    const answer = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const zombie = host('taken', {
      planner: topics,
      worker: async () => {
        asked.resolve()
        await answer.promise
        return { toolUses: [{ name: 'note', input: { line: 'late' } }] }
      },
    })
    const first = await zombie.start(request)
    await asked.promise

    const later = { ...systemClock, now: () => new Date(Date.now() + 60_000) }
    const heir = host('taken', quick, { clock: later })
    const second = await heir.resume(first.run.runId)
    await expect(first.ended).rejects.toThrow(Conflict)
    await expect(first.ended).rejects.toThrow(/taken over by another process/)
    answer.resolve()

    expect(await second.ended).toMatchObject({ status: 'succeeded', output: report })
    const calls = zombie.model.calls.length
    await zombie.release()
    expect(zombie.model.calls.length).toBe(calls)
    expect(zombie.model.calls.every(({ turn }) => turn === 1)).toBe(true)
    for (const stepId of ['topics:0/work', 'topics:1/work']) {
      const { records } = await heir.stores.journal.readStep(first.run.runId, stepId as StepId)
      expect(records.map(({ row }) => row.attempt)).toContain(2)
      expect(records.map(({ row }) => row.status)).not.toContain('cancelled')
    }
    await heir.release()
    for (const { stores } of [zombie, heir]) stores.close()
  })

  it('lets nobody else have a run while it gives signs of life', async () => {
    const asked = Promise.withResolvers<void>()
    const busy = host('held', {
      planner: async () => {
        asked.resolve()
        return new Promise(() => undefined)
      },
    })
    const { run, ended } = await busy.start(request)
    ended.catch(() => undefined)
    await asked.promise
    const other = host('held', { planner: topics })
    await expect(other.resume(run.runId)).rejects.toThrow(/going on in another process: .* held by host /)
    await busy.release()
    await expect(ended).rejects.toThrow(/interrupted/)
    for (const { stores } of [busy, other]) stores.close()
  })
})
