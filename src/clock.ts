/** Time comes in as a parameter, so that tests never sleep for real. */
import { setTimeout as delay } from 'node:timers/promises'

export interface Clock {
  now(): Date
  /** Rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** setTimeout's longest delay is 2^31 - 1 ms: longer sleeps are taken in pieces. */
const LONGEST_TIMER_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(milliseconds, signal) {
    signal?.throwIfAborted()
    try {
      for (let left = milliseconds; left > 0; left -= LONGEST_TIMER_MS) {
        await delay(Math.min(left, LONGEST_TIMER_MS), undefined, signal ? { signal } : {})
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}
