/** Retries of one process for one model: a small floor, and then a share of what went well. */

/** Retries that are there without any success, and at most. */
const FLOOR = 10
/** Successes that earn one more. */
const SUCCESSES = 5

export interface RetryBudget {
  /** Whether there is a retry left; a true answer uses it. */
  take(): boolean
  succeeded(): void
}

export function retryBudget(): RetryBudget {
  // In parts of a retry, so that whole numbers are added up.
  let left = FLOOR * SUCCESSES
  return {
    take() {
      if (left < SUCCESSES) return false
      left -= SUCCESSES
      return true
    },
    succeeded() {
      left = Math.min(FLOOR * SUCCESSES, left + 1)
    },
  }
}
