/** Choice: the first rule whose condition holds; its own Assign and Output replace the state's, which go with Default. */
import type { ChoiceState } from '../program.ts'
import { StateError } from '../state-error.ts'
import type { Outcome, StateRun } from './state-run.ts'

export async function runChoice(run: StateRun<ChoiceState>): Promise<Outcome> {
  const { state, input, frame } = run
  const fallback = input
  if (frame.peek()?.type === 'ChoiceStateExited') return await run.exit(state, fallback)
  for (const rule of state.rules) {
    const holds = await run.evaluate(rule.condition)
    if (typeof holds !== 'boolean') throw run.wrongType(rule.condition, holds, 'boolean')
    if (holds) return await run.exit(rule, fallback)
  }
  if (state.next === undefined) {
    throw new StateError('States.NoChoiceMatched', `The state '${state.name}' has no rule that holds and no Default.`)
  }
  return await run.exit(state, fallback)
}
