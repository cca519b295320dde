/** Looks again and again whether the runs of this process are to be cancelled. What is then done about it is the caller's. */

export interface CancellationWatch {
  /** Harmless where it is on already. */
  start(): void
  stop(): void
}

/**
 * One look at a time: a slow store gets no second question before it has answered the first. A look that fails is no
 * news, as the next one may succeed; a store that is gone for good shows in the run's own appends.
 */
export function watchForCancellations(look: () => Promise<void>, pollMs: number): CancellationWatch {
  let timer: NodeJS.Timeout | undefined
  let isLooking = false
  async function lookOnce(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      await look()
    } catch {
      // The next look tells.
    } finally {
      isLooking = false
    }
  }
  return {
    start() {
      timer ??= setInterval(() => void lookOnce(), pollMs)
      timer.unref()
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}
