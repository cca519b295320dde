/** What a model asked of everybody by a Retry-After, as data and pure functions. Reads no clock and keeps nothing. */
import * as z from 'zod'

/** A longer Retry-After is as good as no: whoever got it acts on it alone. */
export const LONGEST_THROTTLE_MS = 3_600_000
/** Throttles within so much of the end of the one before come of asking too fast again. */
const SOON_MS = 60_000
const SPREAD_MS = 500
const LONGEST_SPREAD_MS = 30_000
const HIGHEST_LEVEL = 6

export const ThrottleState = z.strictObject({
  /** When it was said, by its writer's clock. */
  sinceMs: z.number(),
  /** Nobody calls for so long after that. */
  waitMs: z.number().nonnegative().max(LONGEST_THROTTLE_MS),
  /** Throttles in a row: the more, the further apart the processes begin again. */
  level: z.int().min(1).max(HIGHEST_LEVEL),
})
export type ThrottleState = z.infer<typeof ThrottleState>

/** @param elapsedMs Since the current one was said. @returns undefined where it holds for longer anyway. */
export function throttled(
  current: ThrottleState | undefined,
  { nowMs, elapsedMs, waitMs }: { readonly nowMs: number; readonly elapsedMs: number; readonly waitMs: number },
): ThrottleState | undefined {
  const asked = Math.min(waitMs, LONGEST_THROTTLE_MS)
  if (current === undefined) return { sinceMs: nowMs, waitMs: asked, level: 1 }
  const overMs = elapsedMs - current.waitMs
  if (-overMs >= asked) return undefined
  // While it holds, calls of before it are still coming back: no sign of asking too fast again.
  const level = overMs < 0 ? current.level : overMs <= SOON_MS ? Math.min(current.level + 1, HIGHEST_LEVEL) : 1
  return { sinceMs: nowMs, waitMs: asked, level }
}

/** How much later than allowed a process begins again, so that not all begin at once. @param random From 0 to 1. */
export function spreadMs({ level }: ThrottleState, random: number): number {
  return Math.round(random * Math.min(LONGEST_SPREAD_MS, SPREAD_MS * 2 ** level))
}
