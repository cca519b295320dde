/** Pass: hands its input on, or what Output makes of it. */
import type { PassState, SucceedState } from '../program.ts'
import type { Outcome, StateRun } from './state-run.ts'

export function runPass(run: StateRun<PassState | SucceedState>): Promise<Outcome> {
  return run.exit(run.state, run.input)
}
