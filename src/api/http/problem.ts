/** What went wrong as a client is told it (RFC 9457). Nothing of the inside goes out: that is for whoever runs the host. */
import { STATUS_CODES } from 'node:http'
import * as z from 'zod'
import {
  type BatonError,
  Conflict,
  Forbidden,
  InvalidRequest,
  NotFound,
  RecordsRefused,
  RetryableError,
} from '../../errors.ts'
import type { Problem } from './bodies.ts'

interface RefusedParts {
  readonly message: string
  readonly next: string
  /** @default 400 */
  readonly status?: 400 | 403 | 405 | 413 | 415
  readonly issues?: Problem['issues']
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A request that no use case ever sees. */
export class RefusedRequest extends InvalidRequest {
  readonly status: number
  readonly issues: Problem['issues']
  readonly headers: Readonly<Record<string, string>>

  constructor({ status = 400, issues, headers = {}, ...parts }: RefusedParts) {
    super(parts)
    this.status = status
    this.issues = issues
    this.headers = headers
  }
}

/** @param where `body`, `query`, `headers` or `path`. */
export function refusedBy(error: z.ZodError, where: string): RefusedRequest {
  const issues = issuesOf(error)
  return new RefusedRequest({
    message: `The ${where} cannot be used: ${issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')}`,
    next: 'Correct it; GET /openapi.json describes what is taken.',
    issues,
    cause: error,
  })
}

/** What the client cannot help is told to `onFault`. */
export function problemResponse(error: unknown, onFault: (error: unknown) => void): Response {
  const { problem, headers } = problemOf(error)
  if (problem.status >= 500) onFault(error)
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  })
}

interface Told {
  readonly problem: Problem
  readonly headers?: Readonly<Record<string, string>>
}

export function problemOf(error: unknown): Told {
  if (error instanceof RefusedRequest) return { problem: of(error, error.status), headers: error.headers }
  if (error instanceof InvalidRequest && !(error instanceof RecordsRefused)) return { problem: of(error, 400) }
  if (error instanceof NotFound) return { problem: of(error, 404) }
  if (error instanceof Forbidden) return { problem: of(error, 403) }
  if (error instanceof Conflict) return { problem: of(error, 409) }
  if (error instanceof RetryableError) {
    const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000))
    const detail = 'The records did not answer in time.'
    const problem = { ...of(error, 503), detail, next: `Try again after ${seconds} s.` }
    return { problem, headers: { 'retry-after': String(seconds) } }
  }
  const detail = 'A fault of the server: the request may or may not have been carried out.'
  const next = 'Try again, with the same Idempotency-Key if it was a start; what went wrong is in the server’s log.'
  return { problem: { type: 'about:blank', title: titleOf(500), status: 500, detail, next, name: 'Internal' } }
}

function of(error: BatonError, status: number): Problem {
  const { message, next, name } = error
  const issues = error instanceof RefusedRequest ? error.issues : causeIssues(error)
  const problem = { type: 'about:blank' as const, title: titleOf(status), status, detail: message, next, name }
  return issues === undefined ? problem : { ...problem, issues }
}

function causeIssues({ cause }: BatonError): Problem['issues'] {
  return cause instanceof z.ZodError ? issuesOf(cause) : undefined
}

/** An unknown field is named itself, and not only the object that it is in. */
function issuesOf({ issues }: z.ZodError): NonNullable<Problem['issues']> {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String)
    if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }]
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'Unknown field' }))
  })
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error'
}
