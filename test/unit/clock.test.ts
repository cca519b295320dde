import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startAlarm, systemClock } from '../../src/clock.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function wokenAfter(milliseconds: number): Promise<number> {
  const start = Date.now()
  let woken = Number.NaN
  void systemClock.sleep(milliseconds).then(() => {
    woken = Date.now() - start
  })
  await vi.advanceTimersByTimeAsync(milliseconds + 10)
  return woken
}

it.each([0, 1, 1_000, 2_147_483_647, 2_147_483_648, 100 * 86_400_000])('sleeps %i ms', async (milliseconds) => {
  expect(await wokenAfter(milliseconds)).toBeLessThanOrEqual(milliseconds + 1)
  expect(await wokenAfter(milliseconds)).toBeGreaterThanOrEqual(milliseconds)
})

it('rejects with the reason of an abort, at once and later, and leaves no timer', async () => {
  const reason = new Error('enough')
  await expect(systemClock.sleep(1_000, AbortSignal.abort(reason))).rejects.toBe(reason)
  const controller = new AbortController()
  const slept = expect(systemClock.sleep(1_000, controller.signal)).rejects.toBe(reason)
  controller.abort(reason)
  await slept
  expect(vi.getTimerCount()).toBe(0)
})

const withoutAlarm = { now: systemClock.now, sleep: systemClock.sleep }

describe.each([
  ['an alarm of its own', systemClock],
  ['sleep alone', withoutAlarm],
])('an alarm by %s', (_, clock) => {
  it.each([0, 1, 1_000, 2_147_483_648])('rings once after %i ms', async (milliseconds) => {
    const ring = vi.fn()
    startAlarm(clock, milliseconds, ring)
    await vi.advanceTimersByTimeAsync(Math.max(0, milliseconds - 1))
    expect(ring).toHaveBeenCalledTimes(milliseconds === 0 ? 1 : 0)
    await vi.advanceTimersByTimeAsync(milliseconds + 10)
    expect(ring).toHaveBeenCalledTimes(1)
  })

  it('does not ring once it is stopped, and leaves no timer', async () => {
    const ring = vi.fn()
    startAlarm(clock, 1_000, ring)()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(ring).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
