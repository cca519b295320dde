/** A clock that tests move by hand, or that jumps to the next sleeper by itself. */
import type { Clock } from '../clock.ts'
import { type Sleeper, sleepAmong } from './sleepers.ts'

export interface FakeClock extends Clock {
  /** Moves time on and wakes whoever slept until then, in order. */
  advance(milliseconds: number): Promise<void>
  /** Milliseconds slept so far by all, for assertions on backoff. */
  readonly slept: readonly number[]
}

/** @param options.auto Jump to the earliest sleeper whenever nothing else is going on. @default false */
export function fakeClock(start = '2026-01-01T00:00:00.000Z', options: { readonly auto?: boolean } = {}): FakeClock {
  let now = Date.parse(start)
  const sleepers = new Set<Sleeper>()
  const slept: number[] = []
  let jumping = false

  function wakeDue(): void {
    for (const sleeper of [...sleepers].sort((a, b) => a.wakeAt - b.wakeAt)) {
      if (sleeper.wakeAt > now) break
      sleeper.wake()
    }
  }

  function jumpLater(): void {
    if (!options.auto || jumping) return
    jumping = true
    setImmediate(() => {
      jumping = false
      const earliest = Math.min(...[...sleepers].map((sleeper) => sleeper.wakeAt))
      if (!Number.isFinite(earliest)) return
      now = Math.max(now, earliest)
      wakeDue()
      jumpLater()
    })
  }

  return {
    slept,
    now: () => new Date(now),
    sleep(milliseconds, signal) {
      slept.push(milliseconds)
      const asleep = sleepAmong(sleepers, now + milliseconds, signal)
      jumpLater()
      return asleep
    },
    async advance(milliseconds) {
      now += milliseconds
      wakeDue()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
