/** A clock that jumps to the next sleeper as soon as nothing else is going on. */
import type { Clock } from '../clock.ts'
import { type Sleeper, sleepAmong } from './sleepers.ts'

/** @param isIdle False while something other than sleeping is under way. */
export function virtualClock(isIdle: () => boolean, start = Date.now()): Clock {
  let now = start
  const sleepers = new Set<Sleeper>()
  let scheduled = false

  function jumpLater(): void {
    if (scheduled || sleepers.size === 0) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (isIdle()) wakeEarliest()
      jumpLater()
    })
  }

  function wakeEarliest(): void {
    let earliest: Sleeper | undefined
    for (const sleeper of sleepers) {
      if (earliest === undefined || sleeper.wakeAt < earliest.wakeAt) earliest = sleeper
    }
    if (earliest === undefined) return
    now = Math.max(now, earliest.wakeAt)
    earliest.wake()
  }

  return {
    now: () => new Date(now),
    sleep(milliseconds, signal) {
      const asleep = sleepAmong(sleepers, now + milliseconds, signal)
      jumpLater()
      return asleep
    },
  }
}
