import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { StateReducer } from '../../../src/schema/state.ts'
import { openSharedState } from '../../../src/state/open-shared-state.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { keyOf, placeOf, rulesOf, STATE_CONTRACT, stateProperty } from './state-contract.ts'

const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
afterAll(() => records.close())

describe('shared state', () => {
  it.each(STATE_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', async (_, run) => {
    await run(records, randomUUID())
  })

  it.each(StateReducer.options)('loses no %s and counts none twice, whatever befalls its writers', async (reducer) => {
    const opened: (typeof records)[] = []
    await stateProperty(reducer, async () => {
      const own = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
      opened.push(own)
      return own
    })
    for (const own of opened) own.close()
  })

  it('keeps bytes by what is written, not by what it comes to', async () => {
    const runId = randomUUID()
    const notes = keyOf(openSharedState({ records, clock: fakeClock() }), runId, rulesOf('append'))
    for (let index = 0; index < 50; index += 1) await notes.write(`w${index}`, ['x'.repeat(100)])
    const { items } = await records.query(`RUN#${runId}#STATE#research.notes`)
    expect(JSON.stringify(items).length).toBeLessThan(50 * 1_000)
  })

  it('says so where a write is missing from the records', async () => {
    const runId = randomUUID()
    const notes = keyOf(openSharedState({ records, clock: fakeClock() }), runId, rulesOf('append'))
    for (const id of ['a', 'b', 'c']) await notes.write(id, [id])
    const place = placeOf(runId)
    const key = { partition: `RUN#${place.runId}#STATE#research.notes`, sort: 'V#000002' }
    await records.write({ kind: 'delete', key, condition: { kind: 'exists' } })
    await expect(notes.read()).rejects.toMatchObject({ name: 'RecordsCorrupt' })
  })
})
