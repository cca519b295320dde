/**
 * `resumeRun`: goes on with a run. One whose host died is continued in place; one that failed, timed out or was cancelled
 * gets a new execution under the same run id, in which finished steps return what they recorded (docs/decisions/0002).
 */
import type { Team } from '../define/team.ts'
import { assertNever, Conflict } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { type EndDependencies, endRun } from './end-run.ts'
import { type Executions, executionName } from './ports.ts'
import { type ReadDependencies, readHead } from './read-run.ts'
import { runInput } from './start-run.ts'

export interface ResumeDependencies extends ReadDependencies, EndDependencies {
  readonly team: Team
  readonly executions: Executions
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
      sameTeam(run, dependencies.team)
      return continueRun(run, dependencies)
    case 'failed':
    case 'timedOut':
    case 'cancelled':
      sameTeam(run, dependencies.team)
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

async function startAgain(run: Run, { runs, executions }: ResumeDependencies): Promise<Run> {
  const next = await runs.setExecution(run.runId, run.execution + 1)
  const name = executionName(next.runId, next.execution)
  await executions.start({ executionName: name, workflow: next.workflow, input: runInput(next) })
  return next
}

/** A run never mixes versions. On AWS the versions are retained; here only the loaded one is at hand. */
function sameTeam(run: Run, team: Team): void {
  const changed = team.agents.filter((agent) => run.lock.agents[agent.name]?.sha256 !== agent.sha256)
  if (run.team === team.name && changed.length === 0) return
  const what = run.team === team.name ? `agents ${changed.map((agent) => agent.name).join(', ')}` : `team ${run.team}`
  throw new Conflict({
    message: `Run ${run.runId} was started with another version of ${what}: a run never mixes versions`,
    next: 'Bring back the team file as it was (the run keeps all it has done), or start a new run.',
  })
}
