/** One case of the conformance suite: an engine whose functions behave as the case says, run to its end. */
import { createEngine, InvalidStateMachine } from '../../src/engine/engine.ts'
import type { HistoryEvent } from '../../src/engine/expand-history.ts'
import type { HistoryStore } from '../../src/engine/history-store.ts'
import type { Json } from '../../src/schema/json.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { type Behaviour, invokerOf } from './behaviour.ts'

export interface Case {
  readonly name: string
  readonly definition: Json
  readonly input: Json
  readonly lambdas?: Readonly<Record<string, Behaviour>>
  readonly machines?: readonly { readonly arn: string; readonly definition: Json }[]
}

const MACHINE_ARN = 'arn:aws:states:us-east-1:111111111111:stateMachine:conformance'

export async function runCase(given: Case, history: HistoryStore): Promise<object> {
  const { name, definition, input, lambdas = {}, machines = [] } = given
  const clock = virtualClock(() => history.pending === 0)
  const engine = createEngine({
    history,
    clock,
    random: Math.random,
    invokeFunction: invokerOf(lambdas, clock),
    machine: (arn) => machines.find((machine) => machine.arn === arn),
  })
  try {
    const { done } = await engine.start({ name: 'case', machineArn: MACHINE_ARN, definition, input })
    const result = await done
    return { name, ...result, events: engine.history('case').map(label) }
  } catch (error) {
    if (!(error instanceof InvalidStateMachine)) throw error
    return { name, status: 'INVALID_DEFINITION', error: 'InvalidDefinition', cause: error.message }
  }
}

/** Event type, with the state's name or the iteration where the suite wants them. */
function label(event: HistoryEvent): string {
  const state = event.stateEnteredEventDetails ?? event.stateExitedEventDetails
  if (state !== undefined) return `${event.type}:${state['name']}`
  if (!event.type.startsWith('MapIteration')) return event.type
  const [details] = Object.entries(event).flatMap(([key, value]) => (key.startsWith('mapIteration') ? [value] : []))
  return `${event.type}:${details['name']}#${details['index']}`
}
