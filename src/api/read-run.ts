/** `readRun`, `listRuns`: a run as its records tell it. `interrupted` is derived here: running, but no live host holds it. */
import { NotFound } from '../errors.ts'
import type { Journal } from '../records/journal.ts'
import type { Runs } from '../records/runs.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import { type CriticalPath, criticalPath } from './critical-path.ts'
import { noticesOf, readNewestSteps, type StepView } from './run-steps.ts'

export interface ReadDependencies {
  readonly runs: Runs
  readonly journal: Journal
  /** Whether somebody is working on the run right now. */
  readonly isHeld: (runId: RunId) => Promise<boolean>
  readonly now: () => Date
  /** Steps that one answer tells, where its host has little time for it: those that started last. @default all */
  readonly mostSteps?: number
}

export interface RunDetails {
  readonly run: Run
  readonly steps: readonly StepView[]
  /** How many more there are, which started before these. Absent: none. */
  readonly stepsOmitted?: number
  /** Absent where steps are omitted. */
  readonly criticalPath?: CriticalPath
  /** What the models that answered said of themselves; each once. */
  readonly notices: readonly string[]
}

/** @throws NotFound */
export async function readHead(
  runId: RunId,
  { runs, isHeld }: Pick<ReadDependencies, 'runs' | 'isHeld'>,
): Promise<Run> {
  const run = await runs.read(runId)
  if (!run) throw new NotFound({ message: `There is no run ${runId}`, next: 'baton runs lists those there are.' })
  return withLiveness(run, isHeld)
}

/** @throws NotFound */
export async function readRun(runId: RunId, dependencies: ReadDependencies): Promise<RunDetails> {
  const run = await readHead(runId, dependencies)
  const { journal, mostSteps = Number.MAX_SAFE_INTEGER } = dependencies
  const { steps: read, omitted } = await readNewestSteps(runId, journal, mostSteps)
  // Nobody is at it any more: its process was cut off.
  const steps = run.status === 'running' ? read : read.map(cutOff)
  const notices = noticesOf(steps)
  if (omitted > 0) return { run, steps, stepsOmitted: omitted, notices }
  const now = dependencies.now().getTime()
  const timed = steps.flatMap(({ stepId, spans }) =>
    spans.map(({ startedAt, endedAt = run.status === 'running' ? undefined : startedAt }) => ({
      stepId,
      startedAt: Date.parse(startedAt),
      endedAt: endedAt === undefined ? now : Date.parse(endedAt),
    })),
  )
  const bounds = {
    startedAt: Date.parse(run.startedAt),
    endedAt: run.endedAt === undefined ? now : Date.parse(run.endedAt),
  }
  return { run, steps, criticalPath: criticalPath(timed, bounds), notices }
}

function cutOff(step: StepView): StepView {
  return step.status === 'running' ? { ...step, status: 'interrupted' } : step
}

/** Newest first. */
export async function listRuns(
  options: { readonly limit: number; readonly after?: string },
  { runs, isHeld }: Pick<ReadDependencies, 'runs' | 'isHeld'>,
): Promise<{ readonly runs: readonly Run[]; readonly next?: string }> {
  const page = await runs.list(options)
  const live = await Promise.all(page.runs.map((run) => withLiveness(run, isHeld)))
  return page.next === undefined ? { runs: live } : { runs: live, next: page.next }
}

async function withLiveness(run: Run, isHeld: ReadDependencies['isHeld']): Promise<Run> {
  if (run.status !== 'running' || (await isHeld(run.runId))) return run
  return { ...run, status: 'interrupted' }
}
