/** `states:startExecution`: child executions, waited for (`.sync:2` with JSON, `.sync` with text) or not. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import type { ExecutionResult } from '../execution.ts'
import { Aborted, RUNTIME, StateError } from '../state-error.ts'
import { START_EXECUTION, START_EXECUTION_SYNC, START_EXECUTION_SYNC_2 } from './built-in-resources.ts'
import type { Integration, TaskCall } from './integration.ts'

export interface ChildHandle {
  readonly name: string
  readonly arn: string
  readonly machineArn: string
  readonly input: Json
  readonly startedAt: number
  readonly done: Promise<{ readonly result: ExecutionResult; readonly stoppedAt: number }>
  stop(): Promise<void>
}

export interface ChildStarter {
  /** Starts it, or finds the one that this same call started before. @throws ServiceError */
  startChild(child: {
    readonly parentName: string
    readonly name: string
    readonly machineArn: string
    readonly input: Json
    /** Nobody waits for it: it goes on whatever becomes of its parent. */
    readonly isDetached: boolean
  }): Promise<ChildHandle>
}

export function startExecutions(starter: ChildStarter): Integration[] {
  return [
    { ...START_EXECUTION, call: (call) => submit(starter, call, true) },
    sync(starter, START_EXECUTION_SYNC, (value) => JSON.stringify(value)),
    sync(starter, START_EXECUTION_SYNC_2, (value) => value),
  ]
}

function sync(
  starter: ChildStarter,
  shape: typeof START_EXECUTION_SYNC | typeof START_EXECUTION_SYNC_2,
  present: (value: Json) => Json,
): Integration {
  return {
    ...shape,
    call: (call) => submit(starter, call, false),
    complete: async (call) => complete(await open(starter, call, false), call.signal, present),
  }
}

async function submit(starter: ChildStarter, call: TaskCall, isDetached: boolean): Promise<Json> {
  const { arn, startedAt } = await open(starter, call, isDetached)
  return { ExecutionArn: arn, StartDate: new Date(startedAt).toISOString() }
}

function open(starter: ChildStarter, call: TaskCall, isDetached: boolean): Promise<ChildHandle> {
  const given = call.arguments
  if (!isJsonObject(given) || typeof given['StateMachineArn'] !== 'string') {
    const cause = `The Parameters '${JSON.stringify(given)}' could not be used to start the Task: [The field 'StateMachineArn' must be a text]`
    throw new StateError(RUNTIME, cause)
  }
  const name = given['Name']
  return starter.startChild({
    parentName: call.executionName,
    // The same again after a restart.
    name: typeof name === 'string' ? name : `${call.executionName}/${call.stateName}/${call.scheduledEventId}`,
    machineArn: given['StateMachineArn'],
    input: given['Input'] ?? {},
    isDetached,
  })
}

async function complete(child: ChildHandle, signal: AbortSignal, present: (value: Json) => Json): Promise<Json> {
  const onAbort = () => {
    if (signal.reason instanceof Aborted) void child.stop()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const { result, stoppedAt } = await child.done
    const described = describe(child, result, stoppedAt, present)
    if (result.status === 'SUCCEEDED') return described
    throw new StateError('States.TaskFailed', JSON.stringify(described))
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function describe(
  { name, arn, machineArn, input, startedAt }: ChildHandle,
  result: ExecutionResult,
  stoppedAt: number,
  present: (value: Json) => Json,
): JsonObject {
  const succeeded = result.status === 'SUCCEEDED'
  return {
    ...(!succeeded && result.cause !== undefined && { Cause: result.cause }),
    ...(!succeeded && result.error !== undefined && { Error: result.error }),
    ExecutionArn: arn,
    // A failed child's description is text all the way down.
    Input: succeeded ? present(input) : JSON.stringify(input),
    InputDetails: { Included: true },
    Name: name,
    ...(succeeded && { Output: present(result.output), OutputDetails: { Included: true } }),
    StartDate: new Date(startedAt).toISOString(),
    StateMachineArn: machineArn,
    Status: result.status,
    StopDate: new Date(stoppedAt).toISOString(),
  }
}
