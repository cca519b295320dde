/** The rate limit: over no span more than the bucket and what flows into it, however many take at once. */
import { ok, strictEqual } from 'node:assert/strict'
import { openRateLimits } from '../../tools/rate-limit.ts'
import { fakeClock } from '../fake-clock.ts'
import type { PrimitivesCase } from '../primitives-contract.ts'

const CALLS = 3
const PER_SECONDS = 6
const TAKERS = 5

export const RATE_CASES: readonly PrimitivesCase[] = [
  {
    name: 'a rate limit: never lets more through than its rate, from however many processes',
    async run(records, id) {
      const clock = fakeClock()
      const limit = { name: id, calls: CALLS, perSeconds: PER_SECONDS }
      const takers = Array.from({ length: TAKERS }, () => openRateLimits({ records, clock }))
      let through = 0
      for (let second = 0; second <= 2 * PER_SECONDS; second += 1) {
        const waits = await Promise.all(takers.map(({ takeCall }) => takeCall(limit)))
        through += waits.filter((wait) => wait === 0).length
        ok(through <= CALLS + (second * CALLS) / PER_SECONDS, `${through} in ${second} s`)
        await clock.advance(1_000)
      }
      strictEqual(through, CALLS + 2 * CALLS)
    },
  },
]
