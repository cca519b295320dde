import { expect, it } from 'vitest'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { withinTime } from '../../../src/tools/time-limit.ts'

it('gives what work gives in time, and leaves no sleeper behind', async () => {
  const clock = fakeClock()
  expect(await withinTime(async () => 7, { clock, milliseconds: 10 })).toEqual({ timedOut: false, value: 7 })
  await expect(withinTime(() => Promise.reject(new Error('no')), { clock, milliseconds: 10 })).rejects.toThrow('no')
})

it('aborts the signal when time is up', async () => {
  const clock = fakeClock()
  let signal: AbortSignal | undefined
  const work = (given: AbortSignal) => {
    signal = given
    return clock.sleep(1_000)
  }
  const timed = withinTime(work, { clock, milliseconds: 10 })
  await clock.advance(9)
  expect(signal?.aborted).toBe(false)
  await clock.advance(1)
  expect(await timed).toEqual({ timedOut: true })
  expect(signal?.aborted).toBe(true)
})
