/** Fail: ends its machine with an error. Neither Error nor Cause has a default. */
import type { FailState } from '../program.ts'
import { StateError } from '../state-error.ts'
import type { Outcome, StateRun } from './state-run.ts'

export async function runFail(run: StateRun<FailState>): Promise<Outcome> {
  const error = await run.evaluateText(run.state.error)
  const cause = await run.evaluateText(run.state.cause)
  throw new StateError(error, cause)
}
