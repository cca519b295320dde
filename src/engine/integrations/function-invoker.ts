/** How the host runs a function: the one thing the engine cannot do itself. */
import type { Json } from '../../schema/json.ts'

export interface FunctionCall {
  readonly executionName: string
  /** Aborted when the state times out or the execution is stopped. */
  readonly signal: AbortSignal
  readonly timeoutMs: number | undefined
}

/**
 * Rejects with FunctionError for an error of the function, ServiceError for one of the service (no such function), or
 * any Error: its `name` is then the error type. The payload and the answer are never changed afterwards.
 */
export type FunctionInvoker = (functionName: string, payload: Json, call: FunctionCall) => Promise<Json>
