/** `kill -9` around the seal of a run that has ended: nothing of the run is lost, and the next seal covers what is left. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verifySeal } from '../../src/audit/seal.ts'
import { systemClock } from '../../src/clock.ts'
import { sealRun } from '../../src/engine/host-seal.ts'
import { openStores } from '../../src/engine/host-stores.ts'
import { readSealKeys } from '../../src/engine/seal-key.ts'
import { chainEnds } from '../../src/records/chain-heads.ts'
import { openRecordsSeals } from '../../src/records/seals.ts'
import { baton, eventsOf, scratch, twoAtATime, WORK_TEAM } from '../cli/baton.ts'
import { workScript } from '../cli/scripts.ts'

/** Whether there is a seal after the kill. */
const PLACES = [
  ['run.end.after', 0],
  ['seal.write.before', 0],
  ['seal.write.after', 1],
] as const

it('a run killed around its seal is over, and is sealed whole by whoever seals it next', async () => {
  const folder = scratch()
  const model = workScript(folder)
  const outcomes = await twoAtATime(PLACES, async ([place, count]) => {
    const data = join(folder, place)
    const words = ['--team', WORK_TEAM, '--model', model, '--data', data]
    const first = await baton(['run', ...words, 'q'], { environment: { BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    return { place, count, signal: first.signal, resumed, events: await eventsOf(data), ...(await seals(data)) }
  })
  for (const { place, count, signal, resumed, events, before, after, isSigned, unsealed } of outcomes) {
    expect({ place, signal }).toEqual({ place, signal: 'SIGKILL' })
    expect({ place, ...resumed }).toMatchObject({ place, code: 4, stderr: expect.stringContaining('has succeeded') })
    expect(events.at(-1), place).toMatchObject({ type: 'run.ended', status: 'succeeded' })
    expect({ place, before, after, isSigned, unsealed }).toEqual({
      ...{ place, before: count, after: 1, isSigned: true, unsealed: [] },
    })
  }
}, 60_000)

/** Before and after sealing what is left. */
async function seals(data: string) {
  const stores = openStores({ folder: data, synchronous: 'NORMAL', clock: systemClock })
  try {
    const store = openRecordsSeals(stores.records)
    const { runId } = (await stores.runs.list({ limit: 1 })).runs[0] as { runId: Parameters<typeof sealRun>[0] }
    const before = (await store.list(runId)).length
    await sealRun(runId, { stores, clock: systemClock })
    const all = await store.list(runId)
    const heads = new Set(all.flatMap(({ chains }) => chains.map(({ head }) => head)))
    const ends = await chainEnds(stores.records, stores.journal, runId)
    const keys = readSealKeys(data)
    return {
      before,
      after: all.length,
      isSigned: all.every((seal) => verifySeal(seal, keys)),
      unsealed: ends.filter(({ head }) => !heads.has(head)).map(({ stepId }) => stepId),
    }
  } finally {
    stores.close()
  }
}
