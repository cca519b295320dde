import { expect, it } from 'vitest'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { withinTime } from '../../../src/tools/time-limit.ts'

it('gives what work gives in time, and leaves no sleeper behind', async () => {
  const clock = fakeClock()
  expect(await withinTime(async () => 7, { clock, milliseconds: 10 })).toEqual({ ended: 'inTime', value: 7 })
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
  expect(await timed).toEqual({ ended: 'tooLate' })
  expect(signal?.aborted).toBe(true)
})

it('aborts the signal when the work is cancelled, and waits no longer', async () => {
  const clock = fakeClock()
  const cancellation = new AbortController()
  const reason = new Error('nobody wants it')
  let signal: AbortSignal | undefined
  const timed = withinTime(
    (given) => {
      signal = given
      return new Promise(() => undefined)
    },
    { clock, milliseconds: 10, cancellation: cancellation.signal },
  )
  cancellation.abort(reason)
  expect(await timed).toEqual({ ended: 'cancelled' })
  expect(signal?.reason).toBe(reason)
})

it('does not begin work that is cancelled already', async () => {
  const cancellation = AbortSignal.abort()
  const never = () => Promise.reject(new Error('begun'))
  expect(await withinTime(never, { clock: fakeClock(), milliseconds: 10, cancellation })).toEqual({
    ended: 'cancelled',
  })
})
