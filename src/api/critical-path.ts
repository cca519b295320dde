/**
 * The chain of steps that a run's duration hangs on. What the chain's steps do not cover is orchestration overhead.
 *
 * Read backwards from the end, by time: before each step comes the one that ended last before it began. Where the step ids
 * tell more, they decide: items of the same forEach (`topics:0/…`, `topics:1/…`) do not wait for each other, so that one
 * item at most stands for each forEach. Another item may only come before it where it was over before this one began at
 * all: then it was waited for, as the forEach runs so many at a time. Branches of a `parallel` bear no such mark in
 * their ids: of those, the one that ended last counts, and before it perhaps one that ended before that branch's own step began.
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
  const siblings = siblingsOf(steps)
  const path: TimedStep[] = []
  let before = Number.POSITIVE_INFINITY
  for (let i = byEnd.length - 1; i >= 0; i--) {
    const step = byEnd[i]
    const after = path.at(-1)
    // Of steps that took no time at all, at the same moment, one is enough.
    if (!step || step.endedAt > before || (step.startedAt === before && after?.endedAt === before)) continue
    if (!siblings.mayPrecede(step)) continue
    siblings.choose(step)
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

interface Siblings {
  /** Whether what is chosen so far of the same forEach, if anything, is of the same item or began after the step's was over. */
  mayPrecede(step: TimedStep): boolean
  choose(step: TimedStep): void
}

/** From the first step of an item to its last. */
interface Extent {
  startedAt: number
  endedAt: number
}

function siblingsOf(steps: readonly TimedStep[]): Siblings {
  const extents = new Map<string, Extent>()
  for (const { stepId, startedAt, endedAt } of steps) {
    for (const { item } of itemsOf(stepId)) {
      const extent = extents.get(item)
      if (extent === undefined) extents.set(item, { startedAt, endedAt })
      else {
        extent.startedAt = Math.min(extent.startedAt, startedAt)
        extent.endedAt = Math.max(extent.endedAt, endedAt)
      }
    }
  }
  const chosen = new Map<string, string>()
  return {
    mayPrecede({ stepId }) {
      return itemsOf(stepId).every(({ forEach, item }) => {
        const later = chosen.get(forEach)
        if (later === undefined || later === item) return true
        return (extents.get(item)?.endedAt ?? 0) <= (extents.get(later)?.startedAt ?? 0)
      })
    },
    choose({ stepId }) {
      for (const { forEach, item } of itemsOf(stepId)) chosen.set(forEach, item)
    },
  }
}

/** `a:0/b:2/c` lies in item `a:0` of `a`, and in item `a:0/b:2` of `a:0/b`. */
function itemsOf(stepId: string): { readonly forEach: string; readonly item: string }[] {
  return [...stepId.matchAll(/:\d+(?=\/|$)/g)].map(({ 0: index, index: at }) => ({
    forEach: stepId.slice(0, at),
    item: stepId.slice(0, at + index.length),
  }))
}
