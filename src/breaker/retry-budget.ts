/** Retries of one process for one model: a small floor, and then a share of what went well. */

/** Retries that are there without any success. */
const FLOOR = 10
/** Of a retry, earned by each success. */
const SHARE = 0.2

export interface RetryBudget {
  /** Whether there is a retry left; a true answer uses it. */
  take(): boolean
  succeeded(): void
}

export function retryBudget(): RetryBudget {
  let left = FLOOR
  return {
    take() {
      if (left < 1) return false
      left -= 1
      return true
    },
    succeeded() {
      left = Math.min(FLOOR, left + SHARE)
    },
  }
}
