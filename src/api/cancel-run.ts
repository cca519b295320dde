/**
 * `cancelRun`: a flag on the run's head, read between turns. Where nobody works on the run, it ends at once; where somebody
 * does, it ends when they see the flag, and `stopLater` sees to it that it ends in any case.
 */
import { Conflict, RecordsCorrupt } from '../errors.ts'
import { recordOnRun } from '../records/run-chain.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { CANCELLED_ERROR } from '../schema/step.ts'
import { type EndDependencies, endRun } from './end-run.ts'
import type { Executions } from './ports.ts'
import { type ReadDependencies, readHead } from './read-run.ts'

export const CANCELLED = { error: CANCELLED_ERROR, cause: 'The run was cancelled.' } as const

const CANCEL_ROW = { event: 'decision', rule: 'run.cancel', reason: 'the run is to stop' } as const
const ABORTED = { status: 'aborted', ...CANCELLED } as const

export interface CancelDependencies extends ReadDependencies, EndDependencies {
  readonly executions: Executions
  /** Stops the execution after a time of grace. Absent: whoever works on the run does. */
  readonly stopLater?: (run: Run) => Promise<void>
}

/** A head without an execution is no start that is on its way any more, ms. */
const START_MS = 60_000

/**
 * @param by Who asks, as the host authenticated them.
 * @throws NotFound; Conflict where the run is over.
 */
export async function cancelRun(runId: RunId, dependencies: CancelDependencies, by?: string): Promise<Run> {
  const { runs, journal, executions, clock, stopLater } = dependencies
  const run = await readHead(runId, dependencies)
  if (run.status !== 'running' && run.status !== 'interrupted') {
    throw new Conflict({ message: `Run ${runId} is over: ${run.status}`, next: `baton show ${runId}` })
  }
  const unrecorded = run.cancelRequested ? undefined : await recordOnRun(journal, run, CANCEL_ROW, by).catch(asIs)
  const flagged = await runs.requestCancel(runId)
  // Stopped all the same: a record that is damaged, or busy, keeps no run going.
  if (unrecorded !== undefined && !(unrecorded instanceof Conflict || unrecorded instanceof RecordsCorrupt)) {
    throw unrecorded
  }
  if (run.status === 'interrupted') {
    await executions.stop(run, CANCELLED)
    return endRun(runId, ABORTED, dependencies, run.execution)
  }
  const state = await executions.describe(run)
  const age = clock.now().getTime() - Date.parse(run.startedAt)
  if (state === undefined && age > START_MS) return endRun(runId, ABORTED, dependencies, run.execution)
  if (state !== undefined && state.status !== 'running') return endRun(runId, state, dependencies, run.execution)
  await stopLater?.(flagged)
  return flagged
}

function asIs(error: unknown): unknown {
  return error
}
