import { expect, it } from 'vitest'
import { openModelGuard } from '../../../src/breaker/open-model-guard.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { BREAKER_CONTRACT } from './breaker-contract.ts'
import { down, failTimes, MODEL, seeded, simulate } from './simulation.ts'

const open = () => openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
const records = open()

for (const [index, { name, run }] of BREAKER_CONTRACT.entries()) {
  it(name, async () => {
    const figure = await run(records, `region-${index}`)
    if (figure !== undefined) process.stdout.write(`breaker: ${figure}\n`)
  })
}

it('costs a healthy model one read a second or two, and no write', async () => {
  const outcome = await simulate({
    records,
    region: 'healthy',
    processes: 1,
    skewMs: () => 0,
    isDown: () => false,
    seconds: 60,
    random: seeded(3),
  })
  expect(outcome.calls.length).toBeGreaterThan(60)
  expect(outcome.writes).toBe(0)
  expect(outcome.reads).toBeLessThanOrEqual(60)
})

it('lets retries be a floor and a share of what went well', async () => {
  const guard = openModelGuard({ records, clock: fakeClock(), region: 'retries' })
  const taken = () => Array.from({ length: 30 }, () => guard.mayRetry(MODEL)).filter(Boolean).length
  expect(taken()).toBe(10)
  for (let call = 0; call < 10; call += 1) await guard.succeeded({ admitted: true, modelId: MODEL })
  expect(taken()).toBe(2)
})

it('goes by what it last saw where the records do not answer', async () => {
  const under = open()
  let isGone = false
  const flaky: Records = new Proxy(under, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...words: readonly unknown[]) => Promise<unknown>
      return (...words: readonly unknown[]) =>
        isGone
          ? Promise.reject(new RecordsUnavailable({ message: 'gone', next: 'Wait.' }))
          : method.apply(target, [...words])
    },
  })
  const clock = fakeClock()
  const guard = openModelGuard({ records: flaky, clock, region: 'gone' })
  isGone = true
  const admission = await guard.admit(MODEL)
  expect(admission).toEqual({ admitted: true, modelId: MODEL })
  await guard.failed({ admitted: true, modelId: MODEL }, down())
  isGone = false
  await failTimes(guard, 5)
  isGone = true
  await clock.advance(60_000)
  expect(await guard.admit(MODEL)).toMatchObject({ admitted: false, rule: 'breaker.open' })
})

it('takes a damaged item, or one from a far future, for none, and replaces it', async () => {
  const clock = fakeClock()
  for (const attributes of [
    { state: 'open' },
    { version: 7 },
    { version: 'x', state: { phase: 'open' } },
    far(clock),
  ]) {
    const under = open()
    const key = { partition: `MODEL#${MODEL}@eu`, sort: 'BREAKER' }
    await under.write({ kind: 'put', item: { ...key, attributes }, condition: { kind: 'absent' } })
    const guard = openModelGuard({ records: under, clock, region: 'eu' })
    expect(await guard.admit(MODEL)).toMatchObject({ admitted: true })
    await failTimes(guard, 5)
    expect(await guard.admit(MODEL)).toMatchObject({ admitted: false })
  }
})

function far(clock: { readonly now: () => Date }) {
  const sinceMs = clock.now().getTime() + 3_600_000
  const state = { phase: 'open', sinceMs, failures: [], coolDownMs: 20_000, openings: 1, downSinceMs: sinceMs }
  return { version: 'x', state }
}
