/** An API that answers JSON: tries again where that cannot do anything twice, and bounds how long and how much. */
import { type Clock, startAlarm } from '../../clock.ts'
import type { BatonError } from '../../errors.ts'
import type { Json } from '../../schema/json.ts'
import { parseJson } from '../../schema/parse-json.ts'
import { answerError, noBaton, type RefusedAnswer } from './answer-error.ts'
import { EndpointUnavailable } from './remote-errors.ts'
import { connectionError, type Sender, sendOnce } from './send-once.ts'

export interface Question {
  readonly method: 'GET' | 'POST'
  /** From the root of the API, e.g. `/runs`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Json
  /** Whether the same again does nothing twice. @default true for GET */
  readonly isRepeatable?: boolean
}

export interface Answer {
  readonly status: number
  readonly body: Json
}

export interface Endpoint {
  readonly url: string
  /** @throws what `answerError` makes of a refusal; EndpointUnavailable, EndpointRefused, EndpointUnknown */
  ask(question: Question): Promise<Answer>
  /** The answer while it comes in, once. @throws as `ask` */
  open(question: Question, signal: AbortSignal): Promise<Response>
  /** What a refusal means, however it came. */
  errorOf(refusal: RefusedAnswer): BatonError
}

export interface EndpointOptions extends Sender {
  readonly clock: Clock
  readonly random: () => number
}

/** API Gateway gives up after 29 s: whoever waits longer waits for nothing. */
const ANSWER_TIMEOUT_MS = 35_000
/** Far above what a Lambda function may answer (6 MB): a stream without end fills no memory. */
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
const TRIES = 4
const FIRST_PAUSE_MS = 300
/** Where the other side asks for more patience, it is told to the person instead. */
const LONGEST_PAUSE_MS = 20_000

export function openEndpoint(options: EndpointOptions): Endpoint {
  const { url, signing, clock, random } = options
  async function open(question: Question, signal: AbortSignal): Promise<Response> {
    const response = await sendOnce(requestOf(url, question), options, signal)
    if (response.ok) return response
    throw errorOf(await wholeOf(response))
  }

  function errorOf(refusal: RefusedAnswer): BatonError {
    return answerError(refusal, { url, isSigned: signing !== undefined, now: clock.now() })
  }

  async function wholeOf(response: Response): Promise<RefusedAnswer> {
    const { status, headers } = response
    return { status, headers, text: await textOf(response) }
  }

  async function textOf(response: Response): Promise<string> {
    const chunks: Uint8Array[] = []
    let bytes = 0
    try {
      for await (const chunk of response.body ?? []) {
        bytes += chunk.byteLength
        if (bytes > LARGEST_ANSWER_BYTES) break
        chunks.push(chunk)
      }
    } catch (error) {
      throw connectionError(error, url)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  async function once(question: Question): Promise<Answer> {
    const answer = await inTime(async (signal) => wholeOf(await open(question, signal)))
    const parsed = parseJson(answer.text)
    if (!parsed.ok) throw noBaton(answer, { url })
    return { status: answer.status, body: parsed.value }
  }

  async function inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new AbortController()
    const ring = () => deadline.abort(new DOMException('no answer in time', 'TimeoutError'))
    const stop = startAlarm(clock, ANSWER_TIMEOUT_MS, ring)
    try {
      return await work(deadline.signal)
    } finally {
      stop()
    }
  }

  async function ask(question: Question): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(question)
      } catch (error) {
        const pauseMs = attempt < TRIES ? pauseBefore(error, attempt, question) : undefined
        if (pauseMs === undefined) throw error
        await clock.sleep(pauseMs)
      }
    }
  }

  function pauseBefore(error: unknown, attempt: number, question: Question): number | undefined {
    if (!(error instanceof EndpointUnavailable)) return undefined
    const { isRepeatable = question.method === 'GET' } = question
    if (!isRepeatable && !error.wasTurnedAway) return undefined
    const pauseMs = error.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random())
    return pauseMs > LONGEST_PAUSE_MS ? undefined : pauseMs
  }

  return { url, ask, open, errorOf }
}

function requestOf(url: string, { method, path, query = {}, headers = {}, body }: Question) {
  // Not URLSearchParams: AWS reads its `+` for a space otherwise than it is signed.
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  )
  const isJson = body !== undefined
  return {
    method,
    url: `${url}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`,
    headers: { accept: 'application/json', ...(isJson && { 'content-type': 'application/json' }), ...headers },
    ...(isJson && { body: JSON.stringify(body) }),
  }
}
