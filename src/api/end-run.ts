/**
 * `endRun`: what an execution's end means for its run. Idempotent; called by the host on the execution's end, as
 * a timed-out or stopped execution runs no Catch of its own.
 */
import { openApprovals } from '../approval/approvals.ts'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { Team } from '../define/team.ts'
import { assertNever } from '../errors.ts'
import type { Journal } from '../records/journal.ts'
import type { Records } from '../records/records.ts'
import type { Runs } from '../records/runs.ts'
import { addUsage, usageOfRows } from '../records/step-usage.ts'
import type { RunId } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { Run, RunError, RunStatus } from '../schema/run.ts'
import { CANCELLED_ERROR } from '../schema/step.ts'
import type { Releases } from '../versions/releases.ts'
import { closeBudget } from './close-budget.ts'
import { joinsOf } from './joins.ts'
import type { ExecutionState } from './ports.ts'
import { readSteps, type StepView } from './run-steps.ts'

export interface EndDependencies {
  readonly runs: Runs
  readonly records: Records
  readonly journal: Journal
  readonly clock: Clock
  /** Says where branches came together. Absent: nobody knows, where no team file is at hand. */
  readonly team?: Team | undefined
  /** Counts the run for the canary that it was in. Absent: the host has no releases. */
  readonly releases?: Pick<Releases, 'recordRunEnd'> | undefined
  /** Vouches for the rows of a run that has ended. Absent: whoever reads the journal's stream does. */
  readonly seal?: ((runId: RunId) => Promise<void>) | undefined
}

/** Finished steps of a run without an output that its end names. */
const MOST_NAMED = 20

/** @param execution Which one ended: nothing happens where the run has gone on since. @default the current one */
export async function endRun(
  runId: RunId,
  state: ExecutionState,
  dependencies: EndDependencies,
  execution?: number,
): Promise<Run> {
  const { runs, journal, clock, team } = dependencies
  const end = await asCancelled(runId, state, dependencies)
  const status = statusOf(end)
  const error = await withSteps(errorOf(runId, status, end), runId, journal)
  if (status !== 'running') {
    await closeBudget(runId, dependencies, execution)
    await closeApprovals(runId, dependencies, execution)
    await countRun(runId, { ...end, status }, dependencies, execution)
  }
  crashPoint('run.end.before')
  const run = await runs.finish(runId, {
    status,
    endedAt: clock.now().toISOString(),
    execution,
    ...(team && { joins: (run, heads) => joinsOf(run, team, heads) }),
    ...(end.status === 'succeeded' && end.output !== undefined ? { output: end.output } : {}),
    ...(error === undefined ? {} : { error }),
  })
  crashPoint('run.end.after')
  if (run.status !== 'running') await dependencies.seal?.(runId)
  return run
}

/** Before the end is written down, so that whoever repeats that repeats this. A run that has gone on asks again. */
async function closeApprovals(
  runId: RunId,
  { runs, records, clock }: EndDependencies,
  execution: number | undefined,
): Promise<void> {
  const run = await runs.read(runId)
  if (run?.status !== 'running' || (execution !== undefined && run.execution !== execution)) return
  await openApprovals({ records, clock }).close(runId)
}

/** Before the end is written down, as approvals are closed. */
async function countRun(
  runId: RunId,
  { status, output }: { readonly status: RunStatus; readonly output?: Json },
  { runs, journal, clock, releases }: EndDependencies,
  execution: number | undefined,
): Promise<void> {
  const run = releases && (await runs.read(runId))
  if (releases === undefined || run?.release === undefined || run.status !== 'running') return
  if (execution !== undefined && run.execution !== execution) return
  const ended = { ...run, status, endedAt: clock.now().toISOString(), ...(output === undefined ? {} : { output }) }
  await releases.recordRunEnd(run.team, ended, async () =>
    (await readSteps(runId, journal)).map(({ usage }) => usage).reduce(addUsage, usageOfRows([])),
  )
}

/** Where a cancelled step was an item of a Map, the execution says only that the item failed. */
async function asCancelled(
  runId: RunId,
  state: ExecutionState,
  { runs, journal }: EndDependencies,
): Promise<ExecutionState> {
  if (state.status !== 'failed' || state.error === CANCELLED_ERROR || !(await runs.isCancelRequested(runId)))
    return state
  const steps = await readSteps(runId, journal)
  return steps.some(({ status }) => status === 'cancelled') ? { status: 'failed', error: CANCELLED_ERROR } : state
}

function statusOf({ status, error }: ExecutionState): Exclude<RunStatus, 'interrupted'> {
  switch (status) {
    case 'running':
    case 'succeeded':
    case 'timedOut':
      return status
    case 'failed':
      return error === CANCELLED_ERROR ? 'cancelled' : 'failed'
    case 'aborted':
      return 'cancelled'
    default:
      return assertNever(status)
  }
}

function errorOf(runId: RunId, status: RunStatus, { error, cause }: ExecutionState): RunError | undefined {
  const resume = `baton resume ${runId}`
  switch (status) {
    case 'running':
    case 'interrupted':
    case 'succeeded':
      return undefined
    case 'cancelled':
      return { name: CANCELLED_ERROR, message: 'The run was cancelled.', next: `To go on after all: ${resume}` }
    case 'timedOut':
      return {
        name: error || 'States.Timeout',
        message: cause || 'The workflow did not end within its limit of seconds.',
        next: `Raise the workflow's limits.seconds, then: ${resume}`,
      }
    case 'failed':
      return failure(error ?? 'Failed', cause ?? '', resume)
    default:
      return assertNever(status)
  }
}

/** With what there is nonetheless. */
async function withSteps(error: RunError | undefined, runId: RunId, journal: Journal): Promise<RunError | undefined> {
  if (error === undefined) return undefined
  const steps = await readSteps(runId, journal)
  const finished = steps
    .filter(({ status }) => status === 'completed')
    .sort((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? -1 : 1))
    .map(({ stepId }) => stepId)
  const kept = { steps: finished.length, latest: finished.slice(-MOST_NAMED) }
  return { ...withStep(error, steps), ...(finished.length > 0 && { kept }) }
}

/** A Map says only that an item of it failed: which one, and why, is in the step's own record. */
function withStep(error: RunError, steps: readonly StepView[]): RunError {
  if (error.name === CANCELLED_ERROR) return error
  if (steps.some(({ stepId }) => stepId === error.stepId)) return error
  const failed = steps.find(({ status }) => status !== 'completed' && status !== 'running')
  if (failed === undefined) return error
  const { stepId, status, reason = 'no reason is recorded' } = failed
  return { ...error, message: `${error.message}: ${stepId} ended as ${status}: ${reason}`, stepId }
}

/** The compiler's Fail states carry {reason, next, stepId} as JSON; anything else is shown as it is. */
function failure(name: string, cause: string, resume: string): RunError {
  const parsed = parseJson(cause)
  const told = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {}
  const text = (key: string) => (typeof told[key] === 'string' && told[key] !== '' ? (told[key] as string) : undefined)
  const stepId = text('stepId')
  return {
    name,
    message: text('reason') ?? text('errorMessage') ?? (cause || name),
    ...(stepId === undefined ? {} : { stepId }),
    next: text('next') ?? `Finished steps are kept. To try the rest again: ${resume}`,
  }
}
