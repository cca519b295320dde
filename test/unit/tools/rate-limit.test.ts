import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecordsUnavailable } from '../../../src/errors.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { openRateLimits } from '../../../src/tools/rate-limit.ts'
import { answer, losingReplies, told, toolOf, world } from './perform-harness.ts'

const LIMIT = { name: 'api', calls: 3, perSeconds: 6 }

function bucket() {
  const clock = fakeClock('2026-01-01T00:00:00.000Z')
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const open = () => openRateLimits({ records, clock })
  return { clock, take: () => open().takeCall(LIMIT) }
}

it('lets a bucket through at once, then says how long to wait', async () => {
  const { clock, take } = bucket()
  expect([await take(), await take(), await take(), await take()]).toEqual([0, 0, 0, 2_000])
  await clock.advance(1_500)
  expect(await take()).toBe(500)
  await clock.advance(500)
  expect([await take(), await take()]).toEqual([0, 2_000])
  await clock.advance(60_000)
  expect([await take(), await take(), await take(), await take()]).toEqual([0, 0, 0, 2_000])
})

it('takes too many rather than too few from the bucket where a reply is lost', async () => {
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const lossy = losingReplies(records, 1)
  const [before, after] = [records, lossy].map((each) => openRateLimits({ records: each, clock }))
  expect([await before?.takeCall(LIMIT), await after?.takeCall(LIMIT)]).toEqual([0, 0])
  expect(lossy.lost()).toBe(1)
  expect(await before?.takeCall(LIMIT)).toBeGreaterThan(1_000)
})

it('never lets more through than the bucket and what flows into it, over any span', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 1, max: 6 })), { maxLength: 25 }),
      async (calls, perSeconds, arrivals) => {
        const clock = fakeClock('2026-01-01T00:00:00.000Z')
        const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
        const through: number[] = []
        for (const [pauseMs, takers] of arrivals) {
          await clock.advance(pauseMs)
          const processes = Array.from({ length: takers }, () => openRateLimits({ records, clock }))
          const waits = await Promise.all(processes.map((one) => one.takeCall({ name: 'api', calls, perSeconds })))
          const at = clock.now().getTime()
          through.push(...waits.filter((wait) => wait === 0).map(() => at))
          // A wait is never longer than it takes until one call has flowed in for each taker before it.
          expect(Math.max(...waits)).toBeLessThanOrEqual((perSeconds * 1_000) / calls + 1e-6)
        }
        for (const [from, start] of through.entries()) {
          for (const [to, end] of through.entries()) {
            if (to < from) continue
            const most = calls + ((end - start) / 1_000) * (calls / perSeconds)
            expect(to - from + 1).toBeLessThanOrEqual(most + 1e-6)
          }
        }
        // And it lets through what it promises.
        if (arrivals.length > 0) expect(through.length).toBeGreaterThan(0)
      },
    ),
    { numRuns: 60 },
  )
})

it('a call waits its turn where that is short, and else leaves the wait to the state machine', async () => {
  const at = world()
  const { takeCall } = openRateLimits({ records: at.records, clock: at.clock })
  const tool = { ...toolOf('keyed', (_, context) => answer('keyed', context)), rateLimit: LIMIT }
  const perform = (changes = {}) => at.process('a').perform(tool, { takeCall, ...changes })
  for (let taken = 0; taken < 3; taken += 1) expect(told(await perform())).toBe('executed done "done"')
  const before = at.clock.now().getTime()
  expect(told(await perform())).toBe('executed done "done"')
  expect(at.clock.now().getTime() - before).toBe(2_000)
  const untilIso = new Date(at.clock.now().getTime() + 2_000).toISOString()
  expect(await perform({ stepMs: 1_000 })).toMatchObject({
    kind: 'busy',
    untilIso,
    reason: expect.stringMatching(/api/),
  })
  const slow = { ...tool, rateLimit: { name: 'slow', calls: 1, perSeconds: 60 } }
  expect(told(await at.process('a').perform(slow, { takeCall }))).toBe('executed done "done"')
  expect(told(await at.process('a').perform(slow, { takeCall }))).toBe('busy')
})

it('says that the records do not answer, rather than let a call through', async () => {
  const refuse = () => Promise.reject(new RecordsUnavailable({ message: 'down', next: 'Wait.' }))
  const records = { ...openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' }), write: refuse }
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  await expect(openRateLimits({ records, clock }).takeCall(LIMIT)).rejects.toBeInstanceOf(RecordsUnavailable)
})
