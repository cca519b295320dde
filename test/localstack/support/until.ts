/** Waits for what another process does. */
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 500

/** @throws naming what did not come, once the time is up. */
export async function until<T>(what: string, timeoutMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() > giveUpAt) throw new Error(`${what} did not come within ${timeoutMs / 1_000} s`)
    await sleep(EVERY_MS)
  }
}
