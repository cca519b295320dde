/**
 * A server on this machine that speaks Bedrock's Converse and ConverseStream over HTTP/2 without TLS, as the AWS client does
 * with an `http:` endpoint. What it answers is the caller's business; no credentials are checked.
 */
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../clock.ts'
import { isJsonObject, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import { encodeConverseStream } from './converse-bedrock-events.ts'

export interface ConverseCall {
  readonly operation: 'converse' | 'converse-stream'
  readonly modelId: string
  /** The request's JSON as it came. */
  readonly body: JsonObject
  readonly headers: http2.IncomingHttpHeaders
  /** 1 for the first call of this server. */
  readonly ordinal: number
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
}

export type ConverseAnswer =
  | {
      /** @default 200 */
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      /** Sent as JSON, or as it is where it is text: HTML, cut JSON, nothing. As events where a stream was asked for. */
      readonly body: unknown
      /** Milliseconds on the clock before the answer. */
      readonly latencyMs?: number
    }
  /** `hang`: never answers. `cut`: closes the connection. */
  | 'hang'
  | 'cut'

export interface ConverseServer {
  /** For clients on this machine. */
  readonly url: string
  readonly port: number
  /** Every call so far, in the order of arrival. */
  readonly calls: readonly ConverseCall[]
  /** Ends open connections too. */
  close(): Promise<void>
}

export interface ConverseServerOptions {
  /** @default a free port */
  readonly port?: number
  /** `0.0.0.0` lets other machines and containers in (`http://host.docker.internal:<port>`). @default '127.0.0.1' */
  readonly host?: string
  readonly clock?: Clock
  /** Off for long runs: keeping every request takes memory. @default true */
  readonly recordCalls?: boolean
}

/** Beyond what Bedrock takes. */
const LARGEST_REQUEST_BYTES = 32 * 1024 * 1024
const OPERATION = /^\/model\/([^/]+)\/(converse|converse-stream)$/

export async function startConverseServer(
  answer: (call: ConverseCall) => ConverseAnswer | Promise<ConverseAnswer>,
  { port = 0, host = '127.0.0.1', clock = systemClock, recordCalls = true }: ConverseServerOptions = {},
): Promise<ConverseServer> {
  const calls: ConverseCall[] = []
  let ordinal = 0
  const sessions = new Set<http2.ServerHttp2Session>()
  const server = http2.createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    /** A client that aborts resets the stream: nothing to tell anybody. */
    stream.on('error', () => {})
    serve(stream, headers).catch((error) => send(stream, converseError(500, 'InternalServerException', String(error))))
  })

  async function serve(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): Promise<void> {
    const gone = new AbortController()
    stream.on('close', () => gone.abort(new DOMException('the client went away', 'AbortError')))
    const text = await readText(stream)
    const [, id, operation] = OPERATION.exec(headers[':path'] ?? '') ?? []
    if (id === undefined) return send(stream, converseError(404, 'UnknownOperationException', ONLY))
    if (text === undefined) return send(stream, converseError(413, 'ValidationException', 'the request is too large'))
    const parsed = parseJson(text)
    if (!parsed.ok || !isJsonObject(parsed.value)) {
      return send(stream, converseError(400, 'SerializationException', 'the body is no JSON object'))
    }
    const call = {
      ...{ operation: operation as ConverseCall['operation'], modelId: decodeURIComponent(id), body: parsed.value },
      ...{ headers, ordinal: ++ordinal, signal: gone.signal },
    }
    if (recordCalls) calls.push(call)
    const answered = await answer(call)
    if (answered === 'hang') return
    if (answered === 'cut') return stream.session?.destroy()
    if (answered.latencyMs) await clock.sleep(answered.latencyMs)
    const streams = operation === 'converse-stream' && (answered.status ?? 200) === 200
    if (streams && typeof answered.body !== 'string') return sendEvents(stream, answered)
    send(stream, answered)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const taken = (server.address() as AddressInfo).port
  return {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${taken}`,
    port: taken,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.destroy()
      }),
  }
}

const ONLY = 'only Converse and ConverseStream are served here'

interface ConverseTokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
}

interface ReplyParts {
  /** @default 'end_turn' */
  readonly stopReason?: string
  readonly usage?: ConverseTokens
  readonly additionalModelResponseFields?: Readonly<Record<string, unknown>>
}

/** A whole answer of a model: `content` in Converse's own blocks. */
export function converseReply(
  content: readonly Readonly<Record<string, unknown>>[],
  { stopReason = 'end_turn', usage = { inputTokens: 10, outputTokens: 5 }, ...more }: ReplyParts = {},
): Exclude<ConverseAnswer, string> {
  const { inputTokens, outputTokens, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = usage
  const totalTokens = inputTokens + outputTokens + cacheReadInputTokens + cacheWriteInputTokens
  const message = { role: 'assistant', content }
  return {
    body: { output: { message }, stopReason, usage: { ...usage, totalTokens }, metrics: { latencyMs: 1 }, ...more },
  }
}

/** An AWS error, by the name that goes into `x-amzn-errortype`. */
export function converseError(
  status: number,
  name: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Exclude<ConverseAnswer, string> {
  return { status, headers: { ...headers, 'x-amzn-errortype': name }, body: { message } }
}

function send(stream: http2.ServerHttp2Stream, { status = 200, headers, body }: Exclude<ConverseAnswer, string>): void {
  if (stream.destroyed || stream.headersSent) return
  stream.respond({ ':status': status, 'content-type': 'application/json', ...headers })
  stream.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function sendEvents(stream: http2.ServerHttp2Stream, { headers, body }: Exclude<ConverseAnswer, string>): void {
  if (stream.destroyed) return
  const events = encodeConverseStream(body)
  stream.respond({ ':status': 200, 'content-type': 'application/vnd.amazon.eventstream', ...headers })
  for (const event of events) stream.write(event)
  stream.end()
}

/** @returns undefined where there is too much of it. */
async function readText(stream: http2.ServerHttp2Stream): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length
    if (bytes <= LARGEST_REQUEST_BYTES) chunks.push(chunk as Buffer)
  }
  return bytes <= LARGEST_REQUEST_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined
}
