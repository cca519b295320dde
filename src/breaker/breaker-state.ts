/**
 * A circuit breaker as data and pure transitions: closed → open → half-open → closed, or open again for longer. Reads
 * no clock and keeps nothing; how long a state has lasted comes in, as clocks of several processes cannot be
 * subtracted.
 */
import * as z from 'zod'

/**
 * So many of the last failures are looked at: times in them only grow, and what is older than that window says nothing.
 */
export const FAILURES_KEPT = 8
/** Long enough for calls that hang until their time is up to be seen together. */
export const WINDOW_MS = 120_000
/** Fewer failures than this say nothing. */
export const FAILURES_TO_OPEN = 5
/** Of the calls that are known: successes write nothing, but are told along with the next failure of their process. */
const SHARE_TO_OPEN = 0.5
/**
 * More successes between two failures say no more: a model that was well for long must not seem well after it went
 * down.
 */
const MOST_SUCCESSES = 4
/** How long the first opening keeps everybody off; each further one doubles it, up to the longest. */
export const COOL_DOWN_MS = 20_000
export const LONGEST_COOL_DOWN_MS = 120_000
/** Added to a cool-down, at most this share of it. */
export const JITTER = 0.2
/**
 * A probe that has not said how it ended is given up, and another is let through: longer than a model call may take.
 */
export const PROBE_LEASE_MS = 150_000
/** Who is turned away for a probe asks again so much later. */
export const PROBE_LOOK_MS = 10_000
/** A breaker that stayed closed for so long begins with the first cool-down again. */
export const CALM_MS = 600_000

const count = z.int().nonnegative()

export const BreakerState = z.strictObject({
  phase: z.enum(['closed', 'open', 'halfOpen']),
  /** When this phase began, or the probe of a half-open one; ms since 1970 by its writer's clock. */
  sinceMs: z.number(),
  /** Oldest first, each with the calls of its process that went well before it. Empty but in the closed phase. */
  failures: z.array(z.strictObject({ atMs: z.number(), successes: count.max(MOST_SUCCESSES) })).max(FAILURES_KEPT),
  /** Of the current or last opening. */
  coolDownMs: z
    .number()
    .nonnegative()
    .max(LONGEST_COOL_DOWN_MS * (1 + JITTER)),
  /** Openings in a row. */
  openings: count,
  /** When the first of them was. */
  downSinceMs: z.number(),
  /** Who may call in the half-open phase. */
  probe: z.string().optional(),
})
export type BreakerState = z.infer<typeof BreakerState>

export const CLOSED: BreakerState = {
  phase: 'closed',
  sinceMs: 0,
  failures: [],
  coolDownMs: 0,
  openings: 0,
  downSinceMs: 0,
}

/** What a call may do. `next`: only once that is written. */
export type Ask =
  | { readonly kind: 'admit' }
  | { readonly kind: 'probe'; readonly next: BreakerState }
  | { readonly kind: 'refuse'; readonly waitMs: number }

interface Moment {
  readonly nowMs: number
}

/** @param elapsedMs Since `sinceMs`, as well as this process can know. */
export function ask(
  state: BreakerState,
  { nowMs, elapsedMs, probe }: Moment & { readonly elapsedMs: number; readonly probe: string },
): Ask {
  if (state.phase === 'closed') return { kind: 'admit' }
  const leftMs = (state.phase === 'open' ? state.coolDownMs : PROBE_LEASE_MS) - elapsedMs
  if (leftMs <= 0) return { kind: 'probe', next: { ...state, phase: 'halfOpen', sinceMs: nowMs, probe } }
  return { kind: 'refuse', waitMs: state.phase === 'open' ? leftMs : Math.min(leftMs, PROBE_LOOK_MS) }
}

export interface Failure extends Moment {
  /** Of the call that failed, where it was one. */
  readonly probe?: string | undefined
  /** Calls of the same process that went well since its failure before, as far as others failed meanwhile. */
  readonly successes: number
  /** From 0 to 1. */
  readonly random: number
}

/** undefined: nothing changes. A late failure of a call that began before the breaker opened says nothing new. */
export function afterFailure(state: BreakerState, failure: Failure): BreakerState | undefined {
  switch (state.phase) {
    case 'open':
      return undefined
    case 'halfOpen':
      return failure.probe !== undefined && failure.probe === state.probe ? opened(state, failure) : undefined
    case 'closed': {
      const failures = withFailure(state.failures, failure)
      const known = failures.length + sum(failures.map(({ successes }) => successes))
      const isDown = failures.length >= FAILURES_TO_OPEN && failures.length >= known * SHARE_TO_OPEN
      return isDown ? opened(state, failure) : { ...state, failures }
    }
  }
}

/** undefined: nothing changes. Only the probe's success closes: others may have begun before the model went down. */
export function afterSuccess(
  state: BreakerState,
  { nowMs, probe }: Moment & { readonly probe: string },
): BreakerState | undefined {
  if (state.phase !== 'halfOpen' || state.probe !== probe) return undefined
  const { probe: _, ...rest } = state
  return { ...rest, phase: 'closed', sinceMs: nowMs, failures: [] }
}

/** undefined: nothing changes. The probe said nothing of the model: another may be let through at once. */
export function afterAbandonment(
  state: BreakerState,
  { nowMs, probe }: Moment & { readonly probe: string },
): BreakerState | undefined {
  if (state.phase !== 'halfOpen' || state.probe !== probe) return undefined
  const { probe: _, ...rest } = state
  return { ...rest, phase: 'open', sinceMs: nowMs, coolDownMs: 0 }
}

function opened(state: BreakerState, { nowMs, random }: Failure): BreakerState {
  const isCalm = state.phase === 'closed' && nowMs - state.sinceMs > CALM_MS
  const openings = isCalm ? 1 : state.openings + 1
  const plainMs = Math.min(LONGEST_COOL_DOWN_MS, COOL_DOWN_MS * 2 ** Math.min(openings - 1, 10))
  return {
    phase: 'open',
    sinceMs: nowMs,
    failures: [],
    coolDownMs: Math.round(plainMs * (1 + JITTER * random)),
    openings,
    downSinceMs: state.phase === 'closed' ? nowMs : state.downSinceMs,
  }
}

/** A clock that is behind counts as the latest one: times never go back. */
function withFailure(failures: BreakerState['failures'], { nowMs, successes }: Failure): BreakerState['failures'] {
  const atMs = Math.max(nowMs, failures.at(-1)?.atMs ?? nowMs)
  const recent = failures.filter((failure) => failure.atMs > atMs - WINDOW_MS)
  return [...recent, { atMs, successes: Math.min(successes, MOST_SUCCESSES) }].slice(-FAILURES_KEPT)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
