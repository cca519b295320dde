/**
 * What the AWS client throws, as the port's errors. The client's own types are not enough: it throws bare SyntaxError,
 * RangeError and TypeError on answers it cannot read, and plain Errors with a code when the network fails.
 */
import type { BatonError } from '../errors.ts'
import { type ModelFailure, modelFailure } from './model-failure.ts'
import { retryAfterMs } from './retry-after.ts'

const KIND_BY_NAME: Readonly<Record<string, ModelFailure>> = {
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  ServiceQuotaExceededException: 'throttled',
  ModelTimeoutException: 'timedOut',
  ServiceUnavailableException: 'unavailable',
  InternalServerException: 'unavailable',
  InternalFailure: 'unavailable',
  ModelErrorException: 'unavailable',
  ModelNotReadyException: 'unavailable',
  /** The client's word for a connection that closed before an answer; our own deadline never gets here. */
  TimeoutError: 'unavailable',
  ValidationException: 'rejected',
  ConflictException: 'rejected',
  ResourceNotFoundException: 'rejected',
  AccessDeniedException: 'denied',
  UnrecognizedClientException: 'denied',
  InvalidSignatureException: 'denied',
  IncompleteSignature: 'denied',
  MissingAuthenticationTokenException: 'denied',
  ExpiredTokenException: 'denied',
  ExpiredToken: 'denied',
  NotAuthorized: 'denied',
  OptInRequired: 'denied',
  CredentialsProviderError: 'denied',
  TokenProviderError: 'denied',
}

/** Errors of the credentials themselves, where no right on a model would help. */
const NO_CREDENTIALS = /Credentials|TokenProvider|UnrecognizedClient|Signature|ExpiredToken|MissingAuthentication/

interface Thrown {
  readonly name: string
  readonly message: string
  readonly status: number | undefined
  readonly retryAfter: string | undefined
}

export function bedrockError(error: unknown, asked: string, now: Date): BatonError {
  const thrown = read(error)
  const kind = kindOf(thrown)
  const status = thrown.status === undefined ? '' : ` (HTTP ${thrown.status})`
  return modelFailure(kind, {
    message: `${asked} failed: ${thrown.name}${status}: ${firstLine(thrown.message)}`,
    next: nextStep(kind, thrown),
    cause: error,
    retryAfterMs: retryAfterMs(thrown.retryAfter, now),
  })
}

function read(error: unknown): Thrown {
  const { name, message, $metadata, $response } = error as {
    name?: unknown
    message?: unknown
    $metadata?: { httpStatusCode?: number }
    $response?: { statusCode?: number; headers?: Record<string, string> }
  }
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : String(error),
    status: $response?.statusCode ?? $metadata?.httpStatusCode,
    retryAfter: $response?.headers?.['retry-after'],
  }
}

function kindOf({ name, status, message }: Thrown): ModelFailure {
  const named = KIND_BY_NAME[name]
  if (named !== undefined) return named
  if (message === 'Region is missing') return 'rejected'
  /** No answer at all: refused, reset, unknown host, closed stream. */
  if (status === undefined) return 'unavailable'
  if (status === 429) return 'throttled'
  if (status === 408) return 'timedOut'
  if (status === 401 || status === 403) return 'denied'
  if (status >= 500) return 'unavailable'
  if (status >= 400) return 'rejected'
  return 'garbage'
}

function nextStep(kind: ModelFailure, { name, message }: Thrown): string {
  switch (kind) {
    case 'throttled':
      return 'Wait and try again; ask for a higher quota in Service Quotas, or name a fallback model.'
    case 'timedOut':
    case 'unavailable':
      return 'Try again later, name a fallback model, or check network, endpoint and region.'
    case 'garbage':
      return 'Try again. If it stays so, check that the endpoint is Bedrock: a proxy may be answering.'
    case 'denied':
      return NO_CREDENTIALS.test(name)
        ? 'Sign in to AWS (aws sso login, or AWS_PROFILE), or choose another model, e.g. --model offline.'
        : 'Allow bedrock:InvokeModel on this model and its inference profile, and ask for access to the model in this region.'
    case 'rejected':
      if (message === 'Region is missing') return 'Set AWS_REGION, or choose the region: --model bedrock:us-east-1.'
      if (message.includes('on-demand throughput')) {
        return 'Name an inference profile instead: the model id with a prefix such as us., eu. or global.'
      }
      return 'Check the model id and that the region has it: aws bedrock list-foundation-models.'
  }
}

/** The client appends a hint for programmers to what it could not read. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.slice(0, 500) ?? ''
}
