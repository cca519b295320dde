/** How often a failed invocation of a function is repeated, and for which errors. */
import { RETRYABLE_NAMES } from '../errors.ts'
import type { AslRetrier } from './asl.ts'

export const MAX_RETRIES = 4

export const LAMBDA_TRANSIENT = [
  'Lambda.TooManyRequestsException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'States.Timeout',
]

export const STEP_RETRY: readonly AslRetrier[] = [
  {
    ErrorEquals: [...RETRYABLE_NAMES, ...LAMBDA_TRANSIENT],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: MAX_RETRIES,
    MaxDelaySeconds: 60,
    JitterStrategy: 'FULL',
  },
]
