/** Time comes in as a parameter, so that tests never sleep for real. */

export interface Clock {
  now(): Date
  /** Rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** setTimeout's longest delay is 2^31 - 1 ms: longer sleeps are taken in pieces. */
const LONGEST_TIMER_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => new Date(),
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
