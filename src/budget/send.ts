import type { Clock } from '../clock.ts'
import { RecordsUnavailable } from '../errors.ts'
import type { Records, Write, WriteOutcome } from '../records/records.ts'

/** Transactions that meet on one item cancel each other, and nobody sends those again but us. */
const TRIES = 12
const LONGEST_PAUSE_MS = 1_000

export interface Sending {
  readonly records: Records
  readonly clock: Clock
  /** From 0 to 1, for jitter. */
  readonly random: () => number
}

/**
 * One write alone, several in one transaction. Safe to repeat only where the first of them is conditional on itself.
 */
export async function send(writes: readonly Write[], { records, clock, random }: Sending): Promise<WriteOutcome> {
  const [first] = writes
  for (let tries = 1; ; tries += 1) {
    try {
      return first !== undefined && writes.length === 1 ? await records.write(first) : await records.transact(writes)
    } catch (error) {
      if (!(error instanceof RecordsUnavailable) || tries === TRIES) throw error
      await clock.sleep(Math.ceil(random() * Math.min(LONGEST_PAUSE_MS, 10 * 2 ** tries)))
    }
  }
}
