/** What the state machine of a run takes: the same for the same execution, so that a repeated start is no second one. */
import type { Run, RunInput } from '../schema/run.ts'

export function runInput({ runId, execution, lock, settings, input }: Run): RunInput {
  return { run: { id: runId, execution, path: '', lock, settings }, input }
}
