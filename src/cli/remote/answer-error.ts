/** What an endpoint answered when it did not do what was asked, as an error with what to do next. */
import * as z from 'zod'
import { type BatonError, Conflict, InvalidRequest, NotFound } from '../../errors.ts'
import { retryAfterMs } from '../../models/retry-after.ts'
import { parseJson } from '../../schema/parse-json.ts'
import { clip } from '../format.ts'
import { EndpointRefused, EndpointUnavailable, EndpointUnknown } from './remote-errors.ts'

export interface RefusedAnswer {
  readonly status: number
  readonly text: string
  readonly headers?: Headers | undefined
}

export interface Asked {
  /** Of the API, not of the route. */
  readonly url: string
  readonly isSigned: boolean
  readonly now: Date
}

/** Problem details (RFC 9457) with our own `next`; API Gateway's own words come as `message`. */
const Problem = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  next: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
})

/** Of what is not understood, so much is shown. */
const SHOWN_CHARACTERS = 300

export function answerError({ status, text, headers }: RefusedAnswer, asked: Asked): BatonError {
  const parsed = parseJson(text)
  const problem = Problem.safeParse(parsed.ok ? parsed.value : undefined).data
  const detail = problem?.detail ?? problem?.message ?? problem?.Message ?? problem?.title
  const said = detail ?? (clip(text, SHOWN_CHARACTERS) || 'nothing')
  const next = problem?.next
  if (status === 429 || status >= 500) {
    return new EndpointUnavailable({
      message: `${asked.url} answered HTTP ${status}: ${said}`,
      next:
        next ?? (status === 429 ? 'Wait a little and try again.' : 'Try again; if it stays so, look into its logs.'),
      retryAfterMs: retryAfterMs(headers?.get('retry-after'), asked.now),
      // Not so 503: the records may have taken a write whose answer was lost.
      wasTurnedAway: status === 429,
    })
  }
  if (status === 401 || status === 403) return refusal(status, said, next, asked)
  if (detail === undefined || status < 400) return noBaton({ status, text, headers }, asked)
  switch (status) {
    case 404:
      return new NotFound({ message: detail, next: next ?? 'baton runs lists the runs there are.' })
    case 409:
      return new Conflict({ message: detail, next: next ?? 'Look at it: baton runs' })
    default:
      return new InvalidRequest({ message: detail, next: next ?? 'Correct the words or the input and try again.' })
  }
}

/** A success whose content cannot be ours, or a page of somebody else. */
export function noBaton({ status, text, headers }: RefusedAnswer, { url }: Pick<Asked, 'url'>): EndpointUnknown {
  const location = headers?.get('location') ?? null
  const type = headers?.get('content-type')?.split(';')[0] ?? 'no content type'
  const what = location === null ? `HTTP ${status}, ${type}: ${clip(text, 120)}` : `HTTP ${status}, to ${location}`
  return new EndpointUnknown({
    message: `What answers at ${url} is no API of Baton (${what})`,
    next: 'Check the URL: the output ApiUrl of the stack with its stage, or what `baton serve` printed. `baton doctor --endpoint URL` looks closer.',
  })
}

/** Words of AWS in a refusal, and what to do about each. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [
    /signature expired|not yet current/i,
    'The clock of this machine is wrong: AWS takes signatures of the last five minutes. Set it (e.g. `sudo timedatectl set-ntp true`) and try again.',
  ],
  [/token.*expired|expired.*token/i, 'Sign in again: aws sso login (or renew the credentials that AWS_PROFILE names).'],
  [
    /missing authentication token/i,
    'Check the URL with its stage: API Gateway says the same of a path that it does not know.',
  ],
  [
    /token.*invalid|signature we calculated|InvalidClientTokenId|UnrecognizedClient/i,
    'Check that the credentials are those of the account of this API (`aws sts get-caller-identity`), and its region.',
  ],
  [
    /not authorized to perform|explicit deny/i,
    'Ask for the right execute-api:Invoke on this API, or choose another profile with AWS_PROFILE.',
  ],
]

function refusal(status: number, said: string, next: string | undefined, { url, isSigned }: Asked): EndpointRefused {
  const known = REFUSALS.find(([words]) => words.test(said))?.[1]
  const isSkewed = known === REFUSALS[0]?.[1]
  const message = `${url} refused ${isSigned ? 'the signed request' : 'the request, which was not signed'}${isSkewed ? ', as the clocks differ' : ''} (HTTP ${status}): ${said}`
  const unsigned = 'Sign it: add --sign (and --outputs FILE or AWS_REGION, which tell the region).'
  return new EndpointRefused({
    message,
    next: next ?? (isSigned ? (known ?? 'Check the credentials: aws sts get-caller-identity') : unsigned),
  })
}
