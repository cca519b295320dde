import type { Clock } from '../clock.ts'
import { RecordsUnavailable } from '../errors.ts'

/** About 3 s in all: what a claim loses by giving up, a later attempt has to wait for. */
const TRIES = 6
const FIRST_PAUSE_MS = 50

/** For writes that are safe to repeat. @throws RecordsUnavailable after the last try */
export async function sendAgain<T>(clock: Clock, send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof RecordsUnavailable) || tries === TRIES) throw error
      await clock.sleep(Math.max(FIRST_PAUSE_MS * 2 ** (tries - 1), Math.min(error.retryAfterMs ?? 0, 1_000)))
    }
  }
}
