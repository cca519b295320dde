/**
 * Keeps all processes off a model that is down or asks to be left alone: a circuit breaker and a throttle for each
 * model and region, in the records, and a budget for retries. Calls no model and knows no fallbacks.
 */
import type { BatonError } from '../errors.ts'

export type Admission = Admitted | Refused

/** Given back with how the call ended. */
export interface Admitted {
  readonly admitted: true
  readonly modelId: string
  /** Of the one call that finds out whether a model is back. */
  readonly probe?: string
}

export interface Refused {
  readonly admitted: false
  readonly rule: 'breaker.open' | 'throttled'
  /** By this process's clock. */
  readonly until: Date
  /** Since when the model has been down, where it is. By the clock of whoever found that. */
  readonly since?: Date
}

/** Each admitted call is followed by one of `succeeded`, `failed` and `abandoned`. */
export interface ModelGuard {
  /** Asked before each call. While a model may be back, one call of all processes is admitted at a time. */
  admit(modelId: string): Promise<Admission>
  succeeded(call: Admitted): Promise<void>
  /** Only what says that the model is down counts: 5xx, timeouts, throttles, garbage. */
  failed(call: Admitted, error: BatonError): Promise<void>
  /** The call was cut off before the model could answer: it counts neither way. */
  abandoned(call: Admitted): Promise<void>
  /** Whether the budget allows one more try of a call that failed; a true answer uses it. */
  mayRetry(modelId: string): boolean
}
