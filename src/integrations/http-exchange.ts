/**
 * One exchange over HTTP, and what it proves: an answer, a refusal before anything was done, or a doubt. Tries nothing
 * again: what a doubt leads to is the effect ledger's business.
 */
import { EffectUnknown, NotActed, TerminalError } from '../errors.ts'
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

/** A read that got no answer. */
export class HttpUnanswered extends TerminalError {
  override readonly name = 'HttpUnanswered'
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

type Sent = Pick<Exchange, 'request' | 'isRead' | 'fence' | 'redactor'>

const MOST_BYTES = 256 * 1024
const EXCERPT_CHARACTERS = 500
const REDIRECTS = 3

/** The server says that it did not take the request, or cannot have. */
const REFUSALS = new Set([
  307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 426, 428, 429,
  431, 451,
])

/** No byte of the request was sent: no address, no connection, no trust. */
const UNSENT = new RegExp(
  `^(${[
    ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_\\w+', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
    ...['EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_\\w+', 'ERR_TLS_\\w+', 'ERR_SSL_\\w+', 'ERR_INVALID_URL'],
    ...['DEPTH_ZERO_\\w+', 'SELF_SIGNED_\\w+', 'UNABLE_TO_\\w+'],
  ].join('|')})$`,
)

/**
 * @returns an answer of the 2xx kind, in any case one that says what happened.
 * @throws NotActed where this call certainly did nothing; EffectUnknown, of a read HttpUnanswered, otherwise
 */
export async function exchange(sent: Exchange): Promise<HttpAnswer> {
  const { request, signal, isRead, fence, isRemoval } = sent
  let url = request.url
  for (let hops = 0; ; hops += 1) {
    const { method, headers, body = null } = request
    const response = await fetch(url.href, { method, headers, body, redirect: 'manual', signal }).catch(
      (error: unknown) => {
        throw unsent(error, sent)
      },
    )
    const to = response.headers.get('location')
    if (isRead && to !== null && response.status >= 301 && response.status <= 308 && hops < REDIRECTS) {
      await response.body?.cancel()
      url = sameHost(url, to, request)
      continue
    }
    const answer = await answerOf(response, sent)
    const isGone = isRemoval && fence > 1 && (response.status === 404 || response.status === 410)
    if (response.ok || isGone) return answer
    throw refusal(response, answer, sent)
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

async function answerOf(response: Response, sent: Sent): Promise<HttpAnswer> {
  const { redactor } = sent
  const { text, isCut } = await textOf(response).catch((error: unknown) => {
    // It was taken, whatever of the answer is lost.
    throw inDoubt(`${said(sent.request)} got no whole answer: ${codeOf(error)}`, sent, error)
  })
  const isJson = /[/+]json\b/i.test(response.headers.get('content-type') ?? '')
  const parsed = isJson && !isCut ? parseJson(text) : undefined
  const clean = redactor.text(text, isCut)
  const body = parsed?.ok ? redactor.json(parsed.value) : clean === '' ? null : clean
  return { status: response.status, body, isCut, sha256: sha256(clean) }
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

function refusal(response: Response, { body }: HttpAnswer, sent: Sent): Error {
  const text = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body)
  const after = response.headers.get('retry-after')
  const message =
    `${said(sent.request)} was answered ${response.status}` +
    (after === null ? '' : ` (Retry-After: ${after.slice(0, 40)})`) +
    (text === '' ? '' : `: ${text.slice(0, EXCERPT_CHARACTERS).toWellFormed()}`)
  if (isAlone(sent) && REFUSALS.has(response.status)) return new HttpRefused(response.status, message)
  return inDoubt(message, sent)
}

/** With an earlier request under way, a refusal of this one says nothing of that. */
function isAlone({ isRead, fence }: Sent): boolean {
  return isRead || fence === 1
}

function nextAfter(status: number): string {
  if (status === 401 || status === 403) return 'Check the secret and the rights that it stands for.'
  if (status === 429) return 'Wait as long as it says; a rateLimit on the integration keeps calls below the limit.'
  return 'Correct the arguments.'
}

function unsent(error: unknown, sent: Sent): Error {
  const code = codeOf(error)
  const { request } = sent
  if (!UNSENT.test(code) || !isAlone(sent)) return inDoubt(`${said(request)} got no answer: ${code}`, sent, error)
  const message = `${said(request)} could not be sent: ${code}`
  return new NotActed({ message, next: `Check that ${request.url.origin} can be reached.`, cause: error })
}

function inDoubt(message: string, { isRead }: Sent, cause?: unknown): TerminalError {
  if (isRead) return new HttpUnanswered({ message, next: 'Ask again later.', cause })
  return new EffectUnknown({ message, next: 'Look at the other side before it is asked again.', cause })
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
