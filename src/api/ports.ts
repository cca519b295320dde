/** What the use cases need of a host: on AWS Step Functions, on a laptop the embedded engine. */
import type { Json } from '../schema/json.ts'
import type { Lockfile, Run, RunRelease } from '../schema/run.ts'

export type ExecutionStatus = 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted'

export interface ExecutionState {
  readonly status: ExecutionStatus
  readonly output?: Json
  readonly error?: string
  readonly cause?: string
}

/** The executions of runs. Each method means the run's current one, `executionName(run.runId, run.execution)`. */
export interface Executions {
  /** Starts the execution with `runInput(run)`. Resolves when that is recorded. Started before: nothing more happens. */
  start(run: Run): Promise<void>
  /** Undefined: never started, or forgotten. */
  describe(run: Run): Promise<ExecutionState | undefined>
  /** Continues an execution whose host died. Resolves false where executions do not die with their host. */
  continue(run: Run): Promise<boolean>
  stop(run: Run, why: { readonly error: string; readonly cause: string }): Promise<void>
}

/** Task tokens: what a state machine waits for. Only whoever asks people holds them. */
export interface TaskTokens {
  /** False: nobody waits for it any more. */
  succeed(token: string, output: Json): Promise<boolean>
}

export interface DrawnLockfile {
  readonly lock: Lockfile
  /** Absent: the host has no releases. */
  readonly release?: RunRelease
}

/** Draws the versions a run will use, once, at its start. Rejects with NotFound where the workflow has none. */
export type DrawLockfile = (runId: string, workflow: string) => Promise<DrawnLockfile>

/** `<runId>.<n>`: the same name for the same start, so that a repeated start is the same execution. */
export function executionName(runId: string, execution: number): string {
  return `${runId}.${execution}`
}
