/** What the use cases need of a host: on AWS Step Functions, on a laptop the embedded engine. */
import type { Json } from '../schema/json.ts'
import type { Lockfile, RunInput } from '../schema/run.ts'

export type ExecutionStatus = 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted'

export interface ExecutionState {
  readonly status: ExecutionStatus
  readonly output?: Json
  readonly error?: string
  readonly cause?: string
}

export interface Executions {
  /** Resolves when the start is recorded. The same name and input again is the same execution. */
  start(request: { readonly executionName: string; readonly workflow: string; readonly input: RunInput }): Promise<void>
  describe(executionName: string): Promise<ExecutionState | undefined>
  /** Continues an execution whose host died. Resolves false where executions do not die with their host. */
  continue(executionName: string): Promise<boolean>
  stop(executionName: string, why: { readonly error: string; readonly cause: string }): Promise<void>
}

/** Draws the versions a run will use, once, at its start. */
export type DrawLockfile = (runId: string) => Lockfile

/** `<runId>.<n>`: the same name for the same start, so that a repeated start is the same execution. */
export function executionName(runId: string, execution: number): string {
  return `${runId}.${execution}`
}
