import { expect, it } from 'vitest'
import { spreadMs, throttled } from '../../../src/breaker/throttle-state.ts'

const current = { sinceMs: 0, waitMs: 10_000, level: 2 }

it.each([
  ['the first', undefined, 0, 5_000, { waitMs: 5_000, level: 1 }],
  ['a shorter one while it holds', current, 4_000, 6_000, undefined],
  ['a longer one while it holds', current, 4_000, 7_000, { waitMs: 7_000, level: 2 }],
  ['another soon after', current, 30_000, 5_000, { waitMs: 5_000, level: 3 }],
  ['another long after', current, 100_000, 5_000, { waitMs: 5_000, level: 1 }],
  ['one more at the highest level', { ...current, level: 6 }, 11_000, 5_000, { level: 6 }],
])('%s', (_, state, elapsedMs, waitMs, expected) => {
  const next = throttled(state, { nowMs: 9, elapsedMs, waitMs })
  if (expected === undefined) expect(next).toBeUndefined()
  else expect(next).toMatchObject({ sinceMs: 9, ...expected })
})

it('spreads the processes further at each level, to a bound', () => {
  expect([1, 2, 3, 6].map((level) => spreadMs({ ...current, level }, 1))).toEqual([1_000, 2_000, 4_000, 30_000])
  expect(spreadMs(current, 0)).toBe(0)
})
