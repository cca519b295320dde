/** The ways in which a model call fails, as the port's errors: one place that knows which is which. */
import {
  assertNever,
  type BatonError,
  ModelAccessDenied,
  ModelGarbage,
  ModelRejectedRequest,
  ModelThrottled,
  ModelTimedOut,
  ModelUnavailable,
} from '../errors.ts'

export type ModelFailure = 'throttled' | 'timedOut' | 'unavailable' | 'garbage' | 'rejected' | 'denied'

export function modelFailure(kind: ModelFailure, parts: ConstructorParameters<typeof ModelThrottled>[0]): BatonError {
  switch (kind) {
    case 'throttled':
      return new ModelThrottled(parts)
    case 'timedOut':
      return new ModelTimedOut(parts)
    case 'unavailable':
      return new ModelUnavailable(parts)
    case 'garbage':
      return new ModelGarbage(parts)
    case 'rejected':
      return new ModelRejectedRequest(parts)
    case 'denied':
      return new ModelAccessDenied(parts)
    default:
      return assertNever(kind)
  }
}
