/**
 * The chain of steps that a run's duration hangs on, read backwards from the end: before each step, the one that ended
 * last before it began. What the chain's steps do not cover is orchestration overhead.
 */

export interface TimedStep {
  readonly stepId: string
  /** ms since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
}

export interface CriticalPath {
  /** In order of time. */
  readonly stepIds: readonly string[]
  /** Time within these steps, ms. */
  readonly stepsMs: number
  /** Time of the run outside them, ms: what the orchestrator itself (and waiting) cost. */
  readonly overheadMs: number
}

/**
 * @param steps A step that was tried again comes once for each attempt.
 * @param run When it started and ended (or now), ms since the epoch.
 */
export function criticalPath(
  steps: readonly TimedStep[],
  run: { readonly startedAt: number; readonly endedAt: number },
): CriticalPath {
  const byEnd = [...steps].sort((a, b) => a.endedAt - b.endedAt)
  const path: TimedStep[] = []
  let before = Number.POSITIVE_INFINITY
  for (let i = byEnd.length - 1; i >= 0; i--) {
    const step = byEnd[i]
    const after = path.at(-1)
    // Of steps that took no time at all, at the same moment, one is enough.
    if (!step || step.endedAt > before || (step.startedAt === before && after?.endedAt === before)) continue
    path.push(step)
    before = step.startedAt
  }
  path.reverse()
  const stepsMs = path.reduce((sum, step) => sum + step.endedAt - step.startedAt, 0)
  return {
    stepIds: path.map((step) => step.stepId).filter((stepId, i, all) => stepId !== all[i - 1]),
    stepsMs,
    overheadMs: Math.max(0, run.endedAt - run.startedAt - stepsMs),
  }
}
