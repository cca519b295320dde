/** An engine on a store in memory, with virtual time and functions that are plain closures. */

import type { Clock } from '../../../../src/clock.ts'
import { createEngine, type Engine, type ExecutionResult, type StateMachine } from '../../../../src/engine/engine.ts'
import type { HistoryEvent } from '../../../../src/engine/expand-history.ts'
import { type HistoryStore, openHistory } from '../../../../src/engine/history-store.ts'
import type { Integration } from '../../../../src/engine/integrations/integration.ts'
import { ServiceError } from '../../../../src/engine/state-error.ts'
import type { Json } from '../../../../src/schema/json.ts'
import { virtualClock } from '../../../../src/testing/virtual-clock.ts'

export type Fn = (payload: Json, call: { readonly signal: AbortSignal; readonly clock: Clock }) => Json | Promise<Json>

export interface HarnessOptions {
  readonly functions?: Readonly<Record<string, Fn>>
  readonly machines?: readonly StateMachine[]
  readonly integrations?: readonly Integration[]
  readonly history?: HistoryStore
  readonly random?: () => number
  readonly clock?: Clock
}

export interface Harness {
  readonly engine: Engine
  readonly history: HistoryStore
  readonly clock: Clock
  /** Function name and payload of every call, in order. */
  readonly calls: { readonly name: string; readonly payload: Json }[]
  run(definition: Json, input?: Json, name?: string): Promise<Ran>
}

export interface Ran {
  readonly result: ExecutionResult
  readonly events: readonly HistoryEvent[]
  /** Event types, state names behind a colon. */
  readonly labels: readonly string[]
}

export const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:test'

export function harness(options: HarnessOptions = {}): Harness {
  const { functions = {}, machines = [] } = options
  const history = options.history ?? openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  const clock = options.clock ?? virtualClock(() => history.pending === 0, Date.parse('2026-01-01T00:00:00Z'))
  const calls: { name: string; payload: Json }[] = []
  const engine = createEngine({
    history,
    clock,
    random: options.random ?? (() => 0.5),
    machine: (arn) => machines.find((machine) => machine.arn === arn),
    ...(options.integrations && { integrations: options.integrations }),
    async invokeFunction(name, payload, { signal }) {
      const run = functions[name]
      if (run === undefined) throw new ServiceError('Lambda.ResourceNotFoundException', `Function not found: ${name}`)
      calls.push({ name, payload })
      return await run(payload, { signal, clock })
    },
  })
  return {
    engine,
    history,
    clock,
    calls,
    async run(definition, input = {}, name = 'run') {
      const { done } = await engine.start({ name, machineArn: MACHINE_ARN, definition, input })
      const result = await done
      const events = engine.history(name)
      return { result, events, labels: labelsOf(events) }
    },
  }
}

export function labelsOf(events: readonly HistoryEvent[]): string[] {
  return events.map((event) => {
    const state = (event.stateEnteredEventDetails ?? event.stateExitedEventDetails)?.['name']
    return state === undefined ? event.type : `${event.type}:${state}`
  })
}

/** A machine in JSONata. */
export function machine(
  startAt: string,
  states: { readonly [name: string]: Json },
  more: { readonly [name: string]: Json } = {},
): Json {
  return { QueryLanguage: 'JSONata', StartAt: startAt, States: states, ...more }
}

export function invoke(functionName: string, payload: Json, more: { readonly [field: string]: Json } = {}): Json {
  const target = 'Next' in more ? {} : { End: true }
  const Arguments = { FunctionName: functionName, Payload: payload }
  const Output = '{% $states.result.Payload %}'
  return { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments, Output, ...target, ...more }
}
