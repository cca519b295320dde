/** Succeed: ends its machine with its output. */
import type { SucceedState } from '../program.ts'
import { runPass } from './pass.ts'
import type { Outcome, StateRun } from './state-run.ts'

export function runSucceed(run: StateRun<SucceedState>): Promise<Outcome> {
  return runPass(run)
}
