/**
 * Keeps all processes off a model that is down or asks to be left alone: a circuit breaker and a throttle for each model and
 * region, in the records, and a budget for retries. Calls no model and knows no fallbacks.
 */
import type { BatonError } from '../errors.ts'

export type Admission =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly until: Date; readonly rule: 'breaker.open' | 'throttled' }

export interface ModelGuard {
  /** Asked before each call. In a half-open breaker, one process at a time is admitted. */
  admit(modelId: string): Promise<Admission>
  /** Told after each call that was admitted. */
  succeeded(modelId: string): Promise<void>
  failed(modelId: string, error: BatonError): Promise<void>
  /** Whether the budget allows one more try of a call that failed; a true answer uses it. */
  mayRetry(modelId: string): boolean
}
