/**
 * One exchange over HTTP, and what it proves: an answer, a refusal before anything was done, or a doubt. Tries nothing
 * again: what a doubt leads to is the effect ledger's business.
 */
import { NotActed, TerminalError } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { Redactor } from '../schema/redact.ts'
import { sha256 } from '../schema/sha256.ts'
import type { HttpRequest } from './http-request.ts'

export interface HttpAnswer {
  readonly status: number
  /** JSON where the server says so, else text; null: none. */
  readonly body: Json
  /** True: there was more, and what is here is text. */
  readonly isCut: boolean
  readonly sha256: string
}

/** Whether it was done, nobody can say. */
export class HttpInDoubt extends TerminalError {
  override readonly name = 'HttpInDoubt'
}

/** The server did not do it, and says why. */
export class HttpRefused extends NotActed {
  readonly status: number

  constructor(status: number, message: string) {
    super({ message, next: nextAfter(status) })
    this.status = status
  }
}

interface Exchange {
  readonly request: HttpRequest
  readonly signal: AbortSignal
  /** Nothing happens by it, so that it may follow a redirect and be sent again. */
  readonly isRead: boolean
  /** 1: no other request was ever sent for this call. */
  readonly fence: number
  /** Of the secrets in the request, which a server may give back. */
  readonly redactor: Redactor
  /** That there is nothing any more is what a repeated one wants. */
  readonly isRemoval: boolean
}

const MOST_BYTES = 256 * 1024
const EXCERPT_CHARACTERS = 500
const REDIRECTS = 3

/** The server says that it did not take the request, or cannot have. */
const REFUSALS = new Set([
  307, 308, 400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 426,
  428, 429, 431, 451,
])

/** No byte of the request was sent: no address, no connection, no trust. */
const UNSENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_INVALID_URL)$/

/**
 * @returns an answer of the 2xx kind, in any case one that says what happened.
 * @throws NotActed where this call certainly did nothing; HttpInDoubt otherwise
 */
export async function exchange({ request, signal, isRead, fence, isRemoval, redactor }: Exchange): Promise<HttpAnswer> {
  // With an earlier request under way, a refusal of this one says nothing of that.
  const isAlone = isRead || fence === 1
  let url = request.url
  for (let hops = 0; ; hops += 1) {
    const { method, headers, body } = request
    const response = await fetch(url.href, { method, headers, body: body ?? null, redirect: 'manual', signal }).catch(
      (error: unknown) => {
        throw failureOf(error, request, isAlone)
      },
    )
    const to = response.headers.get('location')
    if (isRead && to !== null && response.status >= 301 && response.status <= 308 && hops < REDIRECTS) {
      await response.body?.cancel()
      url = sameHost(url, to, request)
      continue
    }
    const answer = await answerOf(response, request, isAlone, redactor)
    const isGone = isRemoval && fence > 1 && (response.status === 404 || response.status === 410)
    if (response.ok || isGone) return answer
    throw refusal(response, answer, request, isAlone)
  }
}

/** @returns where a read goes on: never with another host, to which the secret would go. */
function sameHost(from: URL, to: string, request: HttpRequest): URL {
  const url = URL.canParse(to, from.href) ? new URL(to, from.href) : undefined
  if (url?.origin === from.origin) return url
  throw new NotActed({
    message: `${said(request)} is redirected to ${url?.origin ?? 'no address'}, which is not followed`,
    next: 'Declare that address as baseUrl, if it is the right one.',
  })
}

async function answerOf(
  response: Response,
  request: HttpRequest,
  isAlone: boolean,
  redactor: Redactor,
): Promise<HttpAnswer> {
  let text: { readonly text: string; readonly isCut: boolean }
  try {
    text = await textOf(response)
  } catch (error) {
    // It was accepted, whatever of the answer is lost.
    throw response.ok || response.status >= 500 ? inDoubt(error, request) : failureOf(error, request, isAlone)
  }
  const isJson = /[/+]json\b/i.test(response.headers.get('content-type') ?? '')
  const parsed = isJson && !text.isCut ? parseJson(text.text) : undefined
  const clean = redactor.text(text.text, text.isCut)
  const body = parsed?.ok ? redactor.json(parsed.value) : clean === '' ? null : clean
  return { status: response.status, body, isCut: text.isCut, sha256: sha256(clean) }
}

/** Never more than the bound, however well it was compressed. */
async function textOf(response: Response): Promise<{ text: string; isCut: boolean }> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const part = chunk.subarray(0, MOST_BYTES - bytes)
    bytes += part.length
    text += decoder.decode(part, { stream: true })
    // Leaving the loop closes the connection.
    if (part.length < chunk.length) return { text, isCut: true }
  }
  return { text: text + decoder.decode(), isCut: false }
}

function refusal(response: Response, answer: HttpAnswer, request: HttpRequest, isAlone: boolean): Error {
  const text = typeof answer.body === 'string' ? answer.body : answer.body === null ? '' : JSON.stringify(answer.body)
  const after = response.headers.get('retry-after')
  const message =
    `${said(request)} was answered ${response.status}` +
    (after === null ? '' : ` (Retry-After: ${after.slice(0, 40)})`) +
    (text === '' ? '' : `: ${text.slice(0, EXCERPT_CHARACTERS).toWellFormed()}`)
  if (isAlone && REFUSALS.has(response.status)) return new HttpRefused(response.status, message)
  return new HttpInDoubt({ message, next: 'Look at the other side before it is asked again.' })
}

function nextAfter(status: number): string {
  if (status === 401 || status === 403) return 'Check the secret and the rights that it stands for.'
  if (status === 429) return 'Wait as long as it says; a rateLimit on the integration keeps calls below the limit.'
  return 'Correct the arguments.'
}

function failureOf(error: unknown, request: HttpRequest, isAlone: boolean): Error {
  const code = codeOf(error)
  if (!UNSENT.test(code) || !isAlone) return inDoubt(error, request)
  const message = `${said(request)} could not be sent: ${code}`
  return new NotActed({ message, next: `Check that ${request.url.origin} can be reached.`, cause: error })
}

function inDoubt(error: unknown, request: HttpRequest): HttpInDoubt {
  const reason = codeOf(error)
  return new HttpInDoubt({
    message: `${said(request)} got no whole answer: ${reason}`,
    next: 'Look at the other side before it is asked again.',
    cause: error,
  })
}

/** fetch hides what happened in `cause`, and several addresses tried in its `errors`. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no error was given'
  const { cause } = error
  const from = cause instanceof AggregateError ? (cause.errors[0] ?? cause) : (cause ?? error)
  const { code, name } = from as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : String(name ?? 'Error')
}

/** Without a query: a secret may stand in it. */
function said({ method, url }: HttpRequest): string {
  return `${method} ${url.origin}${url.pathname}`
}
