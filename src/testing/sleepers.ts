/** Who sleeps on a clock of a test, and until when. When anybody is woken is the clock's business. */
export interface Sleeper {
  readonly wakeAt: number
  /** Ends the sleep; the sleeper is gone then. */
  readonly wake: () => void
}

/** Resolves when woken; rejects with the signal's reason when it aborts. */
export function sleepAmong(sleepers: Set<Sleeper>, wakeAt: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      sleepers.delete(sleeper)
      reject(signal?.reason)
    }
    const sleeper: Sleeper = {
      wakeAt,
      wake() {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    sleepers.add(sleeper)
  })
}
