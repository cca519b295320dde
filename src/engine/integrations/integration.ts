/** What a Task's Resource can be: one object per service call, keyed by Resource. The engine does timeouts, retries and records. */
import type { Json } from '../../schema/json.ts'

/** One call, live. */
export interface TaskCall {
  readonly resource: string
  readonly arguments: Json
  readonly executionName: string
  readonly stateName: string
  /** Event id of TaskScheduled: with the execution's name it identifies this call, also after a restart. */
  readonly scheduledEventId: number
  /** Aborted when the state times out or is stopped. */
  readonly signal: AbortSignal
  readonly timeoutMs: number | undefined
}

/**
 * `response`: `call` gives the result. `token`: `call` only hands the token over; the result is what is sent to the
 * token. `sync`: `call` submits a job (recorded), `complete` waits for it and may be called again after a restart.
 */
export type Integration = {
  /** The Resource it serves; `*` stands for any text. */
  readonly resource: string
  /** `lambda` and `invoke` in history events; what a cause calls the task. */
  readonly service: string
  readonly action: string
  /** Event types: `LambdaFunction` for a function's ARN as Resource, else `Task`. */
  readonly events?: 'LambdaFunction'
  /** Arguments' field names, for definitions: those that must be there and those that may. Absent: anything. */
  readonly fields?: { readonly required: readonly string[]; readonly optional: readonly string[] }
  /** Answers or throws FunctionError, ServiceError, StateError, or any Error: then its name is the error. */
  call(call: TaskCall): Promise<Json>
} & (
  | { readonly pattern: 'response' | 'token' }
  | { readonly pattern: 'sync'; complete(call: TaskCall, submitted: Json): Promise<Json> }
)

export function matchesResource({ resource }: Pick<Integration, 'resource'>, wanted: string): boolean {
  if (!resource.includes('*')) return resource === wanted
  const parts = resource.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.+')}$`).test(wanted)
}
