/** What DynamoDB's client throws → a refusal as a value, or one of our errors. */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import { BatonError, type InvalidRequest, RecordsRefused, RecordsUnavailable } from '../errors.ts'
import { itemFrom } from './dynamodb-item.ts'
import type { WriteOutcome } from './records.ts'

/** 400s that say "later", not "never". */
const TRANSIENT = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TransactionInProgressException',
  'ReplicatedWriteConflictException',
])
const REFUSED = 'ConditionalCheckFailed'
/** Cancellation codes of a transaction that would be refused again. */
const HOPELESS = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded', 'AccessDenied', 'DuplicateItem'])

/** A refused condition as a value; anything else is thrown as ours. */
export function refusedWrite(error: unknown): WriteOutcome {
  if (!(error instanceof ConditionalCheckFailedException)) throw translated(error)
  return { ok: false, failed: 0, item: error.Item === undefined ? undefined : itemFrom(error.Item) }
}

export function refusedTransaction(error: unknown): WriteOutcome {
  if (!(error instanceof TransactionCanceledException)) throw translated(error)
  const reasons = error.CancellationReasons ?? []
  const failed = reasons.findIndex(({ Code }) => Code === REFUSED)
  if (failed >= 0) {
    const stored = reasons[failed]?.Item
    return { ok: false, failed, item: stored === undefined ? undefined : itemFrom(stored) }
  }
  if (reasons.some(({ Code }) => HOPELESS.has(Code ?? ''))) throw refused(error)
  throw unavailable(error)
}

/** Ours for theirs. What is neither an answer of AWS nor of the network is a bug: it stays as it is. */
export function translated(error: unknown): unknown {
  if (error instanceof BatonError || !(error instanceof Error)) return error
  const { name, code, $metadata } = error as Error & { code?: unknown; $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode
  if (TRANSIENT.has(name) || (status !== undefined && status >= 500)) return unavailable(error)
  if (status !== undefined && status >= 400) return refused(error)
  if (name === 'CredentialsProviderError') return refused(error)
  if (typeof code === 'string' || $metadata !== undefined || name === 'TimeoutError') return unavailable(error)
  return error
}

function unavailable(cause: Error): RecordsUnavailable {
  return new RecordsUnavailable({
    message: `DynamoDB did not take the request: ${cause.name}: ${cause.message}`,
    next: 'It is tried again. If that goes on, check the table and its capacity.',
    cause,
  })
}

function refused(cause: Error): InvalidRequest {
  return new RecordsRefused({
    message: `DynamoDB refused the request: ${cause.name}: ${cause.message}`,
    next: 'Check the name of the table, its keys pk and sk, and the rights of the role.',
    cause,
  })
}
