/** Goes from state to state within one frame. What a state does: states/. */
import { assertNever } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { Frame } from './frame.ts'
import type { Machine, State } from './program.ts'
import { RUNTIME, StateError } from './state-error.ts'
import { runChoice } from './states/choice.ts'
import { runFail } from './states/fail.ts'
import { runMap } from './states/map.ts'
import { runParallel } from './states/parallel.ts'
import { runPass } from './states/pass.ts'
import { type Outcome, StateRun } from './states/state-run.ts'
import { runSucceed } from './states/succeed.ts'
import { runTask } from './states/task.ts'
import { runWait } from './states/wait.ts'

/** @throws StateError, Aborted, HistoryFull (which bounds the loop) */
export async function runMachine(frame: Frame, machine: Machine, input: Json): Promise<Json> {
  let name: string | undefined = machine.startAt
  let data = input
  while (name !== undefined) {
    const state = machine.states.get(name)
    if (state === undefined) throw new StateError(RUNTIME, `There is no state named '${name}'`)
    if (!frame.isLive) await frame.live()
    const outcome: Outcome = await runState(frame, state, data)
    data = outcome.output
    name = outcome.next
  }
  return data
}

function runState(frame: Frame, state: State, input: Json): Promise<Outcome> {
  switch (state.type) {
    case 'Pass':
      return runPass(new StateRun(frame, state, input))
    case 'Succeed':
      return runSucceed(new StateRun(frame, state, input))
    case 'Fail':
      return runFail(new StateRun(frame, state, input))
    case 'Choice':
      return runChoice(new StateRun(frame, state, input))
    case 'Wait':
      return runWait(new StateRun(frame, state, input))
    case 'Task':
      return runTask(new StateRun(frame, state, input))
    case 'Parallel':
      return runParallel(new StateRun(frame, state, input))
    case 'Map':
      return runMap(new StateRun(frame, state, input))
    default:
      return assertNever(state)
  }
}
