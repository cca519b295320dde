/**
 * `resumeRun`: goes on with a run. One whose host died is continued in place; one that failed, timed out or was cancelled
 * gets a new execution under the same run id, in which finished steps return what they recorded (docs/decisions/0002).
 */
import { openBudgets } from '../budget/open-budgets.ts'
import type { Team } from '../define/team.ts'
import { assertNever, Conflict } from '../errors.ts'
import { recordOnRun } from '../records/run-chain.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { CANCELLED } from './cancel-run.ts'
import { type EndDependencies, endRun } from './end-run.ts'
import type { DrawLockfile, Executions } from './ports.ts'
import { type ReadDependencies, readHead } from './read-run.ts'
import { type BrakedDependencies, refuseBraked } from './refuse-braked.ts'
import { refuseUndone } from './refuse-undone.ts'

export interface ResumeDependencies extends ReadDependencies, EndDependencies, BrakedDependencies {
  readonly team: Team
  readonly executions: Executions
  readonly drawLockfile: DrawLockfile
  /** Whether every version that a run was ever started with is still there, so that it goes on with those. */
  readonly retainsVersions: boolean
}

/**
 * @param by Who asks, as the host authenticated them.
 * @throws NotFound; Conflict where the run succeeded, is being worked on, belongs to another version of the team, had its
 *   effects undone, or ended and a brake is on. One that was cut off goes on under a brake too: it stops at its next turn, for that reason.
 */
export async function resumeRun(runId: RunId, dependencies: ResumeDependencies, by?: string): Promise<Run> {
  const run = await readHead(runId, dependencies)
  switch (run.status) {
    case 'succeeded':
      throw new Conflict({ message: `Run ${runId} has succeeded: nothing is left to do`, next: `baton show ${runId}` })
    case 'running':
      return reconcile(run, dependencies, by)
    case 'interrupted':
      await sameVersions(run, dependencies)
      if (run.cancelRequested) return startAgain(await endCancelled(run, dependencies), dependencies, by)
      return continueRun(run, dependencies)
    case 'failed':
    case 'timedOut':
    case 'cancelled':
      await refuseBraked(`Run ${runId} is not resumed`, { team: run.team, workflows: [run.workflow] }, dependencies)
      await sameVersions(run, dependencies)
      return startAgain(run, dependencies, by)
    default:
      return assertNever(run.status)
  }
}

/** Where executions do not die with a host, one may have ended, or never begun, without the head knowing. */
async function reconcile(run: Run, dependencies: ResumeDependencies, by?: string): Promise<Run> {
  const state = await dependencies.executions.describe(run)
  if (state?.status === 'running') {
    throw new Conflict({
      message: `Run ${run.runId} is going on${dependencies.retainsVersions ? '' : ' in another process'}`,
      next: `Watch it: baton events ${run.runId} --follow. Stop it: baton cancel ${run.runId}`,
    })
  }
  await sameVersions(run, dependencies)
  if (state === undefined) return continueRun(run, dependencies)
  const ended = await endRun(run.runId, state, dependencies, run.execution)
  // Running: somebody else has resumed it meanwhile.
  return ended.status === 'succeeded' || ended.status === 'running' ? ended : startAgain(ended, dependencies, by)
}

/** The start was recorded but perhaps not the execution's; or its end, but not the run's. */
async function continueRun(run: Run, dependencies: ResumeDependencies): Promise<Run> {
  const { executions } = dependencies
  const state = await executions.describe(run)
  if (state === undefined) await executions.start(run)
  else if (state.status === 'running') await executions.continue(run)
  else return endRun(run.runId, state, dependencies, run.execution)
  return run
}

/** It was to stop, but its process died before it had: whoever resumes it wants it to go on after all. */
async function endCancelled(run: Run, dependencies: ResumeDependencies): Promise<Run> {
  await dependencies.executions.stop(run, CANCELLED)
  return endRun(run.runId, { status: 'aborted', ...CANCELLED }, dependencies, run.execution)
}

/** @throws Conflict where its team has not that much left as the run may still spend, or its effects were undone. */
async function startAgain(run: Run, dependencies: ResumeDependencies, by?: string): Promise<Run> {
  const { runs, records, journal, clock, executions } = dependencies
  const { runId, team, budget } = run
  await refuseUndone(runId, dependencies)
  const execution = run.execution + 1
  const reason = `it ended as ${run.status}, and is to go on as execution ${execution}`
  await recordOnRun(journal, run, { event: 'decision', rule: 'run.resume', reason }, by)
  const reopened = budget && (await openBudgets({ records, clock }).reopen({ runId, team, execution, budget }))
  const next = await runs.setExecution(runId, execution, reopened)
  await executions.start(next)
  return next
}

/** A run never mixes versions: it goes on with those it began with, or not at all. */
async function sameVersions(run: Run, { team, drawLockfile, retainsVersions }: ResumeDependencies): Promise<void> {
  const now = retainsVersions ? run.lock : (await drawLockfile(run.runId, run.workflow)).lock
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
