import fc from 'fast-check'
import { expect, it } from 'vitest'
import { elapsedMs, type Sighted, sighted } from '../../../src/breaker/sighting.ts'

it('believes a writer’s clock only within what was seen', () => {
  const before = sighted(undefined, { version: undefined, beganMs: 1_000, endedMs: 1_001 })
  const seen = sighted(before, { version: 'a', beganMs: 2_000, endedMs: 2_001 })
  const again = sighted(seen, { version: 'a', beganMs: 5_000, endedMs: 5_001 })
  expect(elapsedMs(again, 600_000, 10_000)).toBe(7_999)
  expect(elapsedMs(again, -600_000, 10_000)).toBe(9_000)
  expect(elapsedMs(again, 1_500, 10_000)).toBe(8_500)
  const fresh = sighted(undefined, { version: 'a', beganMs: 9_000, endedMs: 9_001 })
  expect(elapsedMs(fresh, -600_000, 10_000)).toBe(610_000)
})

it('whatever the clocks say, is never wrong by more than a process did not look', () => {
  const skew = fc.integer({ min: -600_000, max: 600_000 })
  fc.assert(
    fc.property(skew, skew, fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 2 }), (mine, writers, gaps) => {
      const bornMs = 1_000_000
      let now = bornMs - (gaps[0] ?? 0)
      let sighting: Sighted | undefined
      for (const gap of gaps) {
        const version = now >= bornMs ? 'new' : 'old'
        sighting = sighted(sighting, { version, beganMs: now + mine, endedMs: now + mine })
        now += gap
      }
      if (sighting?.version !== 'new') return
      const told = elapsedMs(sighting, bornMs + writers, now + mine)
      expect(Math.abs(told - (now - bornMs))).toBeLessThanOrEqual(3_000)
    }),
  )
})
