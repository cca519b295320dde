/** The kinds of events in a history, what each stores, and how. What AWS makes of them: expand-history.ts. */
import type { Json } from '../schema/json.ts'

/** Stored by index: append only. Each type lists its stored fields, those most often absent last. */
const STORED_FIELDS = {
  ExecutionStarted: ['input'],
  ExecutionSucceeded: ['output'],
  ExecutionFailed: ['error', 'cause'],
  ExecutionTimedOut: ['error', 'cause'],
  ExecutionAborted: ['error', 'cause'],
  EvaluationFailed: ['error', 'cause', 'location'],
  PassStateEntered: ['state', 'input'],
  PassStateExited: ['output', 'assigned', 'next'],
  TaskStateEntered: ['state', 'input'],
  TaskStateExited: ['output', 'assigned', 'next'],
  TaskStateAborted: [],
  TaskScheduled: ['parameters', 'timeout', 'heartbeat', 'token'],
  TaskStarted: [],
  TaskSubmitted: ['output'],
  TaskSucceeded: ['output'],
  TaskFailed: ['error', 'cause'],
  TaskTimedOut: ['error', 'cause'],
  LambdaFunctionScheduled: ['parameters', 'timeout', 'heartbeat', 'token'],
  LambdaFunctionStarted: [],
  LambdaFunctionSucceeded: ['output'],
  LambdaFunctionFailed: ['error', 'cause'],
  LambdaFunctionTimedOut: ['error', 'cause'],
  ChoiceStateEntered: ['state', 'input'],
  ChoiceStateExited: ['output', 'next', 'assigned'],
  WaitStateEntered: ['state', 'input'],
  WaitStateExited: ['output', 'assigned', 'next'],
  WaitStateAborted: [],
  SucceedStateEntered: ['state', 'input'],
  SucceedStateExited: ['output', 'assigned', 'next'],
  FailStateEntered: ['state', 'input'],
  ParallelStateEntered: ['state', 'input'],
  ParallelStateStarted: ['input'],
  ParallelStateSucceeded: [],
  ParallelStateFailed: [],
  ParallelStateAborted: [],
  ParallelStateExited: ['output', 'assigned', 'next'],
  MapStateEntered: ['state', 'input'],
  MapStateStarted: ['items', 'plan'],
  MapStateSucceeded: [],
  MapStateFailed: [],
  MapStateAborted: [],
  MapStateExited: ['output', 'assigned', 'next'],
  MapIterationStarted: ['index'],
  MapIterationSucceeded: ['index'],
  MapIterationFailed: ['index'],
  MapIterationAborted: ['index'],
  MapRunStarted: ['mapRun'],
  MapRunSucceeded: [],
  MapRunFailed: ['error', 'cause'],
} as const satisfies Record<string, readonly string[]>

export type EventType = keyof typeof STORED_FIELDS
export const EVENT_TYPES = Object.keys(STORED_FIELDS) as readonly EventType[]
export const EVENT_CODES: ReadonlyMap<EventType, number> = new Map(EVENT_TYPES.map((type, code) => [type, code]))
export const FIELDS_OF: Readonly<Record<EventType, readonly string[]>> = STORED_FIELDS

/** Field values by name; `undefined` is absent. `state` and `next` are indices of states in the definition. */
export type EventDetails = Readonly<Record<string, Json | undefined>>

export interface StoredEvent {
  readonly id: number
  /** Number of the frame (sequential thread of control) that it belongs to; 0 is the main line. */
  readonly frame: number
  readonly type: EventType
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly details: EventDetails
}

/** Where a frame branches off: the event that started it, and which branch or iteration it is. */
export interface FrameOrigin {
  readonly startedBy: number
  readonly index: number
}
