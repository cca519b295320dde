import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { wholeAudit } from '../../../src/api/run-audit.ts'
import { sealHash, verifySeal } from '../../../src/audit/seal.ts'
import { systemClock } from '../../../src/clock.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { sealIfPossible, sealRun } from '../../../src/engine/host-seal.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import { chainEnds } from '../../../src/records/chain-heads.ts'
import { recordOnRun } from '../../../src/records/run-chain.ts'
import type { RunId, StepId, WorkflowName } from '../../../src/schema/ids.ts'
import type { Actor } from '../../../src/schema/journal-row.ts'
import type { Seal } from '../../../src/schema/run-audit.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'
import team from '../../cli/teams/work.team.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-host-seal-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const RUN = 'run-1' as RunId
const clock = systemClock
const request = { workflow: 'short' as WorkflowName, input: { question: 'q' }, settings: {} }
const ENDS = {
  planner: [{ submit: { topics: ['a', 'b'] } }],
  worker: [{ submit: { done: 'yes' } }],
  writer: [{ submit: { title: 'All', lines: [] } }],
}

function hostOn(data: string, script: Script, memory = false) {
  const stores = openStores({ folder: join(folder, data), memory, synchronous: 'NORMAL', clock })
  const common = { stores, team, clock, random: () => 0, priceOf: () => undefined, owner: thisProcess() }
  const host = openHost({ ...common, model: scriptedModel(script), newRunId: () => RUN, leaseMs: 600_000 })
  return { ...host, stores, audit: () => wholeAudit(RUN, host.service.audit) }
}

async function ended(data: string, memory = false) {
  const host = hostOn(data, ENDS, memory)
  const run = await (await host.start(request)).ended
  return { host, run }
}

/** How far the seals say that each chain has come, against how far it has. */
async function unsealed(host: ReturnType<typeof hostOn>, seals: readonly Seal[]) {
  const sealed = new Map(seals.flatMap(({ chains }) => chains.map((c) => [`${c.stepId}#${c.attempt}`, c.head])))
  const ends = await chainEnds(host.stores.records, host.stores.journal, RUN)
  return ends.filter(({ stepId, attempt, head }) => sealed.get(`${stepId}#${attempt}`) !== head)
}

describe('the end of a run', () => {
  it('seals the heads of all its chains with the key of the data folder, in one seal', async () => {
    const { host } = await ended('all')
    const { seals, keys } = await host.audit()

    expect(seals).toMatchObject([{ seq: 0, runId: RUN, team: team.name, algorithm: 'ED25519' }])
    expect(seals.every((seal) => verifySeal(seal, keys))).toBe(true)
    expect(seals[0]?.chains.map(({ stepId }) => stepId)).toEqual(
      expect.arrayContaining([':run', 'plan', 'topics:0/work', 'topics:1/work', 'report']),
    )
    expect(await unsealed(host, seals)).toEqual([])
    await host.release()
    host.stores.close()
  })

  it('is sealed once: what has not grown gets no further seal, what has gets the next, of that alone', async () => {
    const { host, run } = await ended('once')
    const dependencies = { stores: host.stores, clock }
    expect(await sealRun(RUN, dependencies)).toEqual([])

    await recordOnRun(host.stores.journal, run, { event: 'decision', rule: 'looked', reason: 'by hand' })
    const [next] = await sealRun(RUN, dependencies)

    const { seals, keys } = await host.audit()
    expect(seals).toHaveLength(2)
    expect(next).toEqual(seals[1])
    expect(next).toMatchObject({ seq: 1, prev: seals[0] && sealHash(seals[0]), chains: [{ stepId: ':run' }] })
    expect(seals.every((seal) => verifySeal(seal, keys))).toBe(true)
    await host.release()
    host.stores.close()
  })

  it('of which two would be sealed at once is sealed by one', async () => {
    const { host, run } = await ended('race')
    await recordOnRun(host.stores.journal, run, { event: 'decision', rule: 'looked', reason: 'by hand' })
    const both = await Promise.all([1, 2].map(() => sealRun(RUN, { stores: host.stores, clock })))
    expect(new Set(both.flat().map(({ signature }) => signature)).size).toBe(1)
    expect((await host.audit()).seals).toHaveLength(2)
    await host.release()
    host.stores.close()
  })

  it('takes several seals where one would not hold its chains', async () => {
    const { host } = await ended('many')
    const { journal } = host.stores
    const actor = { agent: 'worker', version: '1.0.0', sha256: '0'.repeat(64), role: 'r' } as unknown as Actor
    for (let index = 0; index < 1_001; index += 1) {
      await journal.claimAttempt({ runId: RUN, stepId: `topics:${index}/more` as StepId, attempt: 1, actor })
    }
    expect((await sealRun(RUN, { stores: host.stores, clock })).map(({ chains }) => chains.length)).toEqual([1_000, 1])
    const { seals, keys } = await host.audit()
    expect(seals.every((seal) => verifySeal(seal, keys))).toBe(true)
    expect(await unsealed(host, seals)).toEqual([])
    await host.release()
    host.stores.close()
  })

  it('stands where the store does not take the seal: the next covers it', async () => {
    const { host, run } = await ended('refused')
    await recordOnRun(host.stores.journal, run, { event: 'decision', rule: 'looked', reason: 'by hand' })
    const dependencies = { stores: host.stores, clock }
    const gone = new RecordsUnavailable({ message: 'the store did not answer', next: 'Wait.' })
    vi.spyOn(host.stores.records, 'write').mockRejectedValueOnce(gone)
    await sealIfPossible(RUN, dependencies)
    expect(await unsealed(host, (await host.audit()).seals)).toHaveLength(1)
    await sealIfPossible(RUN, dependencies)
    expect(await unsealed(host, (await host.audit()).seals)).toEqual([])
    await host.release()
    host.stores.close()
  })

  it('leaves nothing behind where the records are gone with the process', async () => {
    const { host } = await ended('memory', true)
    expect(await host.audit()).toMatchObject({ seals: [], keys: [] })
    await host.release()
    host.stores.close()
  })
})

describe('a run that is left where it is', () => {
  it('is sealed so far, and again when it has gone on to its end', async () => {
    const asked = Promise.withResolvers<void>()
    const stuck = async () => {
      asked.resolve()
      return new Promise<never>(() => undefined)
    }
    const first = hostOn('left', { ...ENDS, writer: stuck })
    const { ended: never } = await first.start(request)
    never.catch(() => undefined)
    await asked.promise
    await first.release()
    const { seals } = await first.audit()
    expect(seals).toHaveLength(1)
    expect(await unsealed(first, seals)).toEqual([])
    first.stores.close()

    const second = hostOn('left', ENDS)
    await (await second.resume(RUN)).ended
    const all = await second.audit()
    expect(all.seals).toHaveLength(2)
    expect(all.seals[0]).toEqual(seals[0])
    expect(all.seals.every((seal) => verifySeal(seal, all.keys))).toBe(true)
    expect(await unsealed(second, all.seals)).toEqual([])
    await second.release()
    second.stores.close()
  })
})
