/** `cancelRun`: a flag on the run's head, read between turns. Where nobody works on the run, it ends at once. */
import { Conflict } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { CANCELLED_ERROR } from '../schema/step.ts'
import { type EndDependencies, endRun } from './end-run.ts'
import { type Executions, executionName } from './ports.ts'
import { type ReadDependencies, readHead } from './read-run.ts'

export const CANCELLED = { error: CANCELLED_ERROR, cause: 'The run was cancelled.' } as const

/** @throws NotFound; Conflict where the run is over. */
export async function cancelRun(
  runId: RunId,
  dependencies: ReadDependencies & EndDependencies & { readonly executions: Executions },
): Promise<Run> {
  const run = await readHead(runId, dependencies)
  if (run.status !== 'running' && run.status !== 'interrupted') {
    throw new Conflict({ message: `Run ${runId} is over: ${run.status}`, next: `baton show ${runId}` })
  }
  const flagged = await dependencies.runs.requestCancel(runId)
  if (run.status === 'running') return flagged
  await dependencies.executions.stop(executionName(runId, run.execution), CANCELLED)
  return endRun(runId, { status: 'aborted', ...CANCELLED }, dependencies)
}
