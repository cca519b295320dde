/** Time comes in as a parameter, so that tests never sleep for real. */

export interface Clock {
  now(): Date
  /** Rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** A sleep that mostly is not slept: calls `ring` when it is over, unless what it returned is called before. */
  alarm?(milliseconds: number, ring: () => void): () => void
}

/** setTimeout's longest delay is 2^31 - 1 ms: longer sleeps are taken in pieces. */
const LONGEST_TIMER_MS = 2_147_483_647

/** Why an alarm's sleep is over early; given, so that no DOMException with its stack is made. */
const STOPPED = new Error('the alarm was stopped')

/** `clock.alarm`, for clocks that have none, too. */
export function startAlarm(clock: Clock, milliseconds: number, ring: () => void): () => void {
  if (clock.alarm !== undefined && milliseconds > 0 && milliseconds <= LONGEST_TIMER_MS) {
    return clock.alarm(milliseconds, ring)
  }
  const stop = new AbortController()
  clock.sleep(Math.max(0, milliseconds), stop.signal).then(ring, () => undefined)
  return () => stop.abort(STOPPED)
}

export const systemClock: Clock = {
  now: () => new Date(),
  alarm(milliseconds, ring) {
    const timer = setTimeout(ring, milliseconds)
    return () => clearTimeout(timer)
  },
  // Not `node:timers/promises`: its abort makes an error with a stack, the dearest part of a time limit that is kept.
  sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      if (milliseconds <= 0) return resolve()
      let timer: NodeJS.Timeout
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      function next(left: number): void {
        if (left > LONGEST_TIMER_MS) timer = setTimeout(next, LONGEST_TIMER_MS, left - LONGEST_TIMER_MS)
        else timer = setTimeout(wake, left)
      }
      function wake(): void {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      next(milliseconds)
    })
  },
}
