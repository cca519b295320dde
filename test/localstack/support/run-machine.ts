/** Runs one machine of machines.ts on the embedded engine. */
import { systemClock } from '../../../src/clock.ts'
import { createEngine, type ExecutionResult } from '../../../src/engine/engine.ts'
import { openHistory } from '../../../src/engine/history-store.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'
import { FUNCTION_CODE } from '../machines.ts'
import { type NormalEvent, normalizeHistory, type RawEvent } from '../normalize-history.ts'

export const LOCAL_FUNCTION = 'the-function'
const MACHINE_ARN = 'arn:aws:states:local:000000000000:stateMachine:machine'

type Handler = (payload: Json) => Promise<Json>

export interface Ran {
  readonly result: ExecutionResult
  readonly history: readonly NormalEvent[]
}

export async function runMachine(definition: Json, input: Json, name: string): Promise<Ran> {
  const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  const code = `data:text/javascript,${encodeURIComponent(FUNCTION_CODE)}`
  const { handler } = (await import(code)) as { handler: Handler }
  const engine = createEngine({
    ...{ history, clock: systemClock, random: () => 0, machine: () => undefined },
    invokeFunction: (_, payload) =>
      handler(payload).catch((error: Error) => Promise.reject(new FunctionError(error.name, error.message))),
  })
  const whole = { ...(input as JsonObject), functionName: LOCAL_FUNCTION }
  const { done } = await engine.start({ name, machineArn: MACHINE_ARN, definition, input: whole })
  const result = await done
  const events = engine.history(name) as unknown as readonly RawEvent[]
  history.close()
  return { result, history: normalizeHistory(events, namesOf(LOCAL_FUNCTION, name)) }
}

export function namesOf(functionName: string, execution: string): Map<string, string> {
  return new Map([
    [functionName, '<function>'],
    [execution, '<name>'],
  ])
}
