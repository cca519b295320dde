/**
 * `endUnnoticed`: ends a run whose execution ended without anybody being told, as the event of it was lost. Asked when
 * somebody reads the run, and only of runs in which nothing has happened for a while: a question more, to a host that may be busy.
 */
import { Conflict, RetryableError } from '../errors.ts'
import { type EndDependencies, endRun } from './end-run.ts'
import type { Executions } from './ports.ts'
import type { RunDetails } from './read-run.ts'

export interface UnnoticedDependencies extends EndDependencies {
  readonly executions: Pick<Executions, 'describe'>
}

/** Far longer than the event of an end takes, ms. */
const QUIET_MS = 5 * 60_000

/** @returns whether the run has ended by this, so that what was read is out of date. */
export async function endUnnoticed(details: RunDetails, dependencies: UnnoticedDependencies): Promise<boolean> {
  const { run } = details
  if (run.status !== 'running') return false
  if (dependencies.clock.now().getTime() - lastSignOfLife(details) < QUIET_MS) return false
  try {
    const state = await dependencies.executions.describe(run)
    // Undefined: it never began. Whoever repeats the start, or resumes the run, begins it.
    if (state === undefined || state.status === 'running') return false
    return (await endRun(run.runId, state, dependencies, run.execution)).status !== 'running'
  } catch (error) {
    // What was read is as right as it was before.
    if (error instanceof RetryableError || error instanceof Conflict) return false
    throw error
  }
}

function lastSignOfLife({ run, steps }: RunDetails): number {
  const times = steps.flatMap(({ spans }) => spans.map(({ startedAt, endedAt = startedAt }) => Date.parse(endedAt)))
  return times.reduce((last, time) => Math.max(last, time), Date.parse(run.startedAt))
}
