/** The runs that a brake has stopped, and going on with them. */
import type { RunService } from '../api/run-service.ts'
import type { BrakeState } from '../brake/brake.ts'
import { isStoppedBy } from '../brake/brake-words.ts'
import type { Run } from '../schema/run.ts'

/** Of the newest, so many are looked at. */
const MOST_RUNS = 1_000
const PAGE_RUNS = 100
/** Clocks of two machines may be this far apart. */
const SKEW_MS = 20 * 60_000

/** Those that ended since it was set, and say that it was why. Newest first. */
export async function runsStoppedBy(
  { scope, at }: BrakeState,
  { list }: Pick<RunService, 'list'>,
): Promise<readonly Run[]> {
  const found: Run[] = []
  let after: string | undefined
  for (let seen = 0; seen < MOST_RUNS; seen += PAGE_RUNS) {
    const page = await list({ limit: PAGE_RUNS, ...(after === undefined ? {} : { after }) })
    found.push(...page.runs.filter((run) => isTheirs(run)))
    after = page.next
    if (after === undefined) break
  }
  return found

  function isTheirs({ status, error, endedAt = at }: Run): boolean {
    const isSince = Date.parse(endedAt) >= Date.parse(at) - SKEW_MS
    return status === 'failed' && error !== undefined && isSince && isStoppedBy(scope, error.message)
  }
}

/**
 * Goes on with each, several at a time; what cannot be resumed is told, and keeps no other from it.
 * @param resume Resolves once there is nothing more to wait for.
 * @returns how many did not go on, or not to a good end
 */
export async function resumeEach(
  runs: readonly Run[],
  resume: (run: Run) => Promise<Run>,
  tell: (line: string) => void,
): Promise<number> {
  const waiting = [...runs]
  let bad = 0
  async function lane(): Promise<void> {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      try {
        const { status, error } = await resume(run)
        if (status !== 'succeeded' && status !== 'running') bad += 1
        const why = error === undefined ? '' : `: ${error.message}. Next: ${error.next}`
        tell(`Run ${run.runId} resumed: ${status}${why || '.'}`)
      } catch (error) {
        bad += 1
        tell(`Run ${run.runId} could not be resumed: ${(error as Error).message}`)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(RUNS_AT_ONCE, runs.length) }, lane))
  return bad
}
const RUNS_AT_ONCE = 4
