/** One idempotency key, used fifty times at the same moment by several processes. */
import { expect, it } from 'vitest'
import { simultaneousStarts } from '../../bench/figures/starts.ts'

it('50 starts with one key in 5 processes are one run, and nobody is refused', async () => {
  expect(await simultaneousStarts(5, 10)).toEqual({ starts: 50, runs: 1, isNew: 1, refused: [], modelCalls: 1 })
}, 60_000)
