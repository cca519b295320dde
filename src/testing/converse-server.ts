/**
 * A server on this machine that speaks Bedrock's Converse wire format over HTTP/2 without TLS, as the AWS client does with
 * an `http:` endpoint. What it answers is the caller's business; no credentials are checked.
 */
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../clock.ts'

export interface ConverseCall {
  readonly modelId: string
  /** The request's JSON as it came. */
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: http2.IncomingHttpHeaders
  /** 1 for the first call of this server. */
  readonly ordinal: number
}

export type ConverseAnswer =
  | {
      /** @default 200 */
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      /** Sent as JSON, or as it is where it is text: HTML, cut JSON, nothing. */
      readonly body: unknown
      /** Milliseconds on the clock before the answer. */
      readonly latencyMs?: number
    }
  /** `hang`: never answers. `cut`: closes the connection. */
  | 'hang'
  | 'cut'

export interface ConverseServer {
  readonly url: string
  /** Every call so far, in the order of arrival. */
  readonly calls: readonly ConverseCall[]
  /** Ends open connections too. */
  close(): Promise<void>
}

interface ConverseServerOptions {
  /** @default a free port */
  readonly port?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  readonly clock?: Clock
}

export async function startConverseServer(
  answer: (call: ConverseCall) => ConverseAnswer | Promise<ConverseAnswer>,
  { port = 0, host = '127.0.0.1', clock = systemClock }: ConverseServerOptions = {},
): Promise<ConverseServer> {
  const calls: ConverseCall[] = []
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
    const text = await readText(stream)
    const modelId = /^\/model\/([^/]+)\/converse$/.exec(headers[':path'] ?? '')?.[1]
    if (modelId === undefined) return send(stream, converseError(404, 'UnknownOperationException', 'only Converse'))
    const call = { modelId: decodeURIComponent(modelId), body: JSON.parse(text), headers, ordinal: calls.length + 1 }
    calls.push(call)
    const answered = await answer(call)
    if (answered === 'hang') return
    if (answered === 'cut') return stream.session?.destroy()
    if (answered.latencyMs) await clock.sleep(answered.latencyMs)
    send(stream, answered)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.destroy()
      }),
  }
}

interface ConverseTokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
}

/** A whole answer of a model: `content` in Converse's own blocks. */
export function converseReply(
  content: readonly Readonly<Record<string, unknown>>[],
  { stopReason = 'end_turn', usage = { inputTokens: 10, outputTokens: 5 } as ConverseTokens } = {},
): Exclude<ConverseAnswer, string> {
  const { inputTokens, outputTokens, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = usage
  const totalTokens = inputTokens + outputTokens + cacheReadInputTokens + cacheWriteInputTokens
  const message = { role: 'assistant', content }
  return { body: { output: { message }, stopReason, usage: { ...usage, totalTokens }, metrics: { latencyMs: 1 } } }
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
  if (stream.destroyed) return
  stream.respond({ ':status': status, 'content-type': 'application/json', ...headers })
  stream.end(typeof body === 'string' ? body : JSON.stringify(body))
}

async function readText(stream: http2.ServerHttp2Stream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
