import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { Conflict } from '../../../src/errors.ts'
import type { WorkflowName } from '../../../src/schema/ids.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'
import team from '../../cli/teams/work.team.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-host-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Renewed every 10 ms, so that a host learns soon that it has lost a run. */
const LEASE_MS = 50
const topics = [{ submit: { topics: ['a', 'b'] } }]
const report = { title: 'All', lines: [] }

function host(data: string, script: Script, clock: Clock = systemClock) {
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
    leaseMs: LEASE_MS,
  })
  return { ...opened, stores, model }
}

const request = { workflow: 'short' as WorkflowName, input: { question: 'q' }, settings: {} }

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
    const heir = host('taken', { worker: [{ submit: { done: 'yes' } }], writer: [{ submit: report }] }, later)
    const second = await heir.resume(first.run.runId)
    await expect(first.ended).rejects.toThrow(Conflict)
    await expect(first.ended).rejects.toThrow(/taken over by another process/)
    answer.resolve()

    expect(await second.ended).toMatchObject({ status: 'succeeded', output: report })
    const calls = zombie.model.calls.length
    await zombie.release()
    expect(zombie.model.calls.length).toBe(calls)
    expect(zombie.model.calls.every(({ turn }) => turn === 1)).toBe(true)
    const { state } = await heir.stores.journal.readStep(first.run.runId, 'topics:0/work' as never)
    expect(JSON.stringify(state)).not.toContain('cancelled')
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
