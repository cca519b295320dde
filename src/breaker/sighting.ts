/**
 * How long a stored state has lasted, told by clocks that may be minutes apart. What a process saw with its own clock
 * bounds the answer from both sides; its writer's clock is believed only within those bounds. So a process whose clock
 * is wrong waits too long, or once too briefly for a state that it never saw begin, but cannot be wrong about the same
 * state twice.
 */
export interface Sighting {
  /** Of the stored item: another version is another state. */
  readonly version: string | undefined
  /** By this process's clock: it was not there yet. -∞: not known. */
  readonly notBeforeMs: number
  /** By this process's clock: it was there. */
  readonly seenMs: number
}

/** Of a look at the records that began and ended so, by this process's clock. */
export interface Look {
  readonly version: string | undefined
  readonly beganMs: number
  readonly endedMs: number
}

export interface Sighted extends Sighting {
  /** When the last look began that saw it. */
  readonly lastLookMs: number
}

export function sighted(before: Sighted | undefined, { version, beganMs, endedMs }: Look): Sighted {
  if (before?.version === version && before !== undefined) return { ...before, lastLookMs: beganMs }
  return {
    version,
    notBeforeMs: before?.lastLookMs ?? Number.NEGATIVE_INFINITY,
    seenMs: endedMs,
    lastLookMs: beganMs,
  }
}

/** @param sinceMs By the clock of whoever wrote it. @returns ms, 0 at least */
export function elapsedMs(sighting: Sighting, sinceMs: number, nowMs: number): number {
  const least = nowMs - sighting.seenMs
  const most = nowMs - sighting.notBeforeMs
  return Math.max(0, Math.min(most, Math.max(least, nowMs - sinceMs)))
}
