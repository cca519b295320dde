import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchForCancellations } from '../../../src/engine/host-cancellations.ts'

const POLL_MS = 500

describe('watchForCancellations', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('looks again after a look that failed, and no more once it is stopped', async () => {
    const look = vi.fn(async () => {
      throw new Error('the store did not answer')
    })
    const watch = watchForCancellations(look, POLL_MS)
    watch.start()
    watch.start()
    await vi.advanceTimersByTimeAsync(POLL_MS * 3)
    expect(look).toHaveBeenCalledTimes(3)
    watch.stop()
    await vi.advanceTimersByTimeAsync(POLL_MS * 3)
    expect(look).toHaveBeenCalledTimes(3)
  })

  it('asks no second time before the first is answered', async () => {
    const answer = Promise.withResolvers<void>()
    const look = vi.fn(() => answer.promise)
    const watch = watchForCancellations(look, POLL_MS)
    watch.start()
    await vi.advanceTimersByTimeAsync(POLL_MS * 3)
    expect(look).toHaveBeenCalledTimes(1)
    answer.resolve()
    await vi.advanceTimersByTimeAsync(POLL_MS)
    expect(look).toHaveBeenCalledTimes(2)
    watch.stop()
  })
})
