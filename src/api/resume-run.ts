/**
 * `resumeRun`: goes on with a run. One whose host died is continued in place; one that failed, timed out or was cancelled
 * gets a new execution under the same run id, in which finished steps return what they recorded (docs/decisions/0002).
 */
import type { Team } from '../define/team.ts'
import { assertNever, Conflict } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { CANCELLED } from './cancel-run.ts'
import { type EndDependencies, endRun } from './end-run.ts'
import { type DrawLockfile, type Executions, executionName } from './ports.ts'
import { type ReadDependencies, readHead } from './read-run.ts'
import { runInput } from './start-run.ts'

export interface ResumeDependencies extends ReadDependencies, EndDependencies {
  readonly team: Team
  readonly executions: Executions
  readonly drawLockfile: DrawLockfile
}

/** @throws NotFound; Conflict where the run succeeded, is being worked on, or belongs to another version of the team. */
export async function resumeRun(runId: RunId, dependencies: ResumeDependencies): Promise<Run> {
  const run = await readHead(runId, dependencies)
  switch (run.status) {
    case 'succeeded':
      throw new Conflict({ message: `Run ${runId} has succeeded: nothing is left to do`, next: `baton show ${runId}` })
    case 'running':
      throw new Conflict({
        message: `Run ${runId} is going on in another process`,
        next: `Watch it: baton events ${runId} --follow. Stop it: baton cancel ${runId}`,
      })
    case 'interrupted':
      sameVersions(run, dependencies)
      if (run.cancelRequested) return startAgain(await endCancelled(run, dependencies), dependencies)
      return continueRun(run, dependencies)
    case 'failed':
    case 'timedOut':
    case 'cancelled':
      sameVersions(run, dependencies)
      return startAgain(run, dependencies)
    default:
      return assertNever(run.status)
  }
}

/** The start was recorded but perhaps not the execution's; or its end, but not the run's. */
async function continueRun(run: Run, dependencies: ResumeDependencies): Promise<Run> {
  const { executions } = dependencies
  const name = executionName(run.runId, run.execution)
  const state = await executions.describe(name)
  if (state === undefined) await executions.start({ executionName: name, workflow: run.workflow, input: runInput(run) })
  else if (state.status === 'running') await executions.continue(name)
  else return endRun(run.runId, state, dependencies)
  return run
}

/** It was to stop, but its process died before it had: whoever resumes it wants it to go on after all. */
async function endCancelled(run: Run, dependencies: ResumeDependencies): Promise<Run> {
  await dependencies.executions.stop(executionName(run.runId, run.execution), CANCELLED)
  return endRun(run.runId, { status: 'aborted', ...CANCELLED }, dependencies)
}

async function startAgain(run: Run, { runs, executions }: ResumeDependencies): Promise<Run> {
  const next = await runs.setExecution(run.runId, run.execution + 1)
  const name = executionName(next.runId, next.execution)
  await executions.start({ executionName: name, workflow: next.workflow, input: runInput(next) })
  return next
}

/** A run never mixes versions. On AWS the versions are retained; here only the loaded one is at hand. */
function sameVersions(run: Run, { team, drawLockfile }: ResumeDependencies): void {
  const now = drawLockfile(run.runId)
  const changed = [
    ...changedNames('agent', run.lock.agents, now.agents),
    ...changedNames('workflow', run.lock.workflows, now.workflows),
  ]
  if (run.team === team.name && changed.length === 0) return
  const what = run.team === team.name ? changed.join(', ') : `team ${run.team} (this one is ${team.name})`
  throw new Conflict({
    message: `Run ${run.runId} was started with another version of ${what}: a run never mixes versions`,
    next: 'Bring back the team file as it was (the run keeps all it has done), or start a new run.',
  })
}

type Locked = Readonly<Record<string, { readonly sha256: string } | undefined>>

/** What the run was started with and is no longer the same, or no longer there. What has come since is no matter. */
function changedNames(kind: string, then: Locked, now: Locked): string[] {
  const changed = Object.keys(then).filter((name) => now[name]?.sha256 !== then[name]?.sha256)
  return changed.map((name) => `${kind} ${name}${now[name] === undefined ? ' (now gone)' : ''}`)
}
