/** What S3 and the network say → errors of ours. Repeats nothing: AWS's client did. */
import { S3ServiceException } from '@aws-sdk/client-s3'
import { BatonError, RecordsRefused, RecordsUnavailable } from '../errors.ts'

/** Ours for theirs. What is neither an answer of AWS nor of the network is a bug: it stays as it is. */
export function translatedS3Error(error: unknown): unknown {
  if (error instanceof BatonError || !(error instanceof Error)) return error
  const status = s3StatusOf(error)
  const isRefused = status !== undefined && status >= 400 && status < 500 && !isTransient(error, status)
  if (isRefused || error.name === 'CredentialsProviderError') {
    return new RecordsRefused({
      message: `S3 refused the request: ${error.name}: ${error.message}`,
      next: 'Check the name of the bucket and the rights of the role.',
      cause: error,
    })
  }
  const isOfNetwork = 'code' in error || error.name === 'TimeoutError'
  if (!isOfNetwork && status === undefined && !(error instanceof S3ServiceException)) return error
  return new RecordsUnavailable({
    message: `S3 did not take the request: ${error.name}: ${error.message}`,
    next: 'It is tried again. If that goes on, check the bucket and its region.',
    cause: error,
  })
}

/** 400s that say "later": slow down, a write of the same object is under way. */
function isTransient({ name }: Error, status: number): boolean {
  return status === 409 || status === 429 || name === 'RequestTimeout' || name === 'SlowDown'
}

export function s3StatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  return (error as Error & { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}
