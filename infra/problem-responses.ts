/** What API Gateway refuses by itself, told as the app would tell it: a problem (RFC 9457) with what to do next. */
import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway'

interface GatewayProblem {
  readonly type: ResponseType
  /** Absent: the gateway's own. */
  readonly status?: number
  readonly name: string
  readonly title: string
  readonly next: string
}

const CORRECT = 'Correct the request: GET /openapi.json describes it.'

const PROBLEMS: readonly GatewayProblem[] = [
  {
    type: ResponseType.BAD_REQUEST_BODY,
    status: 400,
    name: 'InvalidRequest',
    title: 'The body does not fit',
    next: CORRECT,
  },
  {
    type: ResponseType.BAD_REQUEST_PARAMETERS,
    status: 400,
    name: 'InvalidRequest',
    title: 'A parameter does not fit',
    next: CORRECT,
  },
  {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: 403,
    name: 'AccessDenied',
    title: 'No signature, or no such path',
    next: 'Sign the request (SigV4, service execute-api), and check the path: GET /openapi.json lists them.',
  },
  {
    type: ResponseType.ACCESS_DENIED,
    status: 403,
    name: 'AccessDenied',
    title: 'Not allowed',
    next: 'Give the caller execute-api:Invoke on this API.',
  },
  {
    type: ResponseType.REQUEST_TOO_LARGE,
    status: 413,
    name: 'InvalidRequest',
    title: 'The body is too large',
    next: CORRECT,
  },
  {
    type: ResponseType.UNSUPPORTED_MEDIA_TYPE,
    status: 415,
    name: 'InvalidRequest',
    title: 'The content type is not known',
    next: 'Send application/json.',
  },
  {
    type: ResponseType.THROTTLED,
    status: 429,
    name: 'TooManyRequests',
    title: 'Too many requests',
    next: 'Try again in some seconds.',
  },
  {
    type: ResponseType.QUOTA_EXCEEDED,
    status: 429,
    name: 'TooManyRequests',
    title: "The day's requests are used up",
    next: 'Try again tomorrow, or have the quota raised.',
  },
  { type: ResponseType.DEFAULT_4XX, name: 'InvalidRequest', title: 'The request was refused', next: CORRECT },
  {
    type: ResponseType.DEFAULT_5XX,
    name: 'Unavailable',
    title: 'The API did not answer',
    next: 'Try again. A start with an Idempotency-Key is safe to repeat.',
  },
]

export function addProblemResponses(api: RestApi): void {
  for (const { type, status, name, title, next } of PROBLEMS) {
    const detail = '$context.error.message'
    const known = { type: 'about:blank', title, ...(status === undefined ? {} : { status }), name, next, detail }
    api.addGatewayResponse(`Problem${type.responseType}`, {
      type,
      ...(status === undefined ? {} : { statusCode: String(status) }),
      responseHeaders: { 'Content-Type': "'application/problem+json'" },
      templates: { 'application/json': template(known) },
    })
  }
}

/** `$context.error.messageString` brings its own quotes and is escaped. */
function template(problem: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(problem).replace('"$context.error.message"', '$context.error.messageString')
}
