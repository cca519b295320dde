/**
 * `createHttpApp`: the routes over a run service, the same on a laptop and in a function. Authenticates nobody: the host
 * in front does, and says who calls.
 */
import { Hono } from 'hono'
import * as z from 'zod'
import { type Clock, systemClock } from '../../clock.ts'
import { NotFound } from '../../errors.ts'
import type { RunService } from '../run-service.ts'
import { type Answers, answersOf } from './answers.ts'
import { readJsonBody } from './json-body.ts'
import { refuseForeign } from './local-guard.ts'
import { type DocumentOptions, openApiDocument } from './openapi.ts'
import { problemResponse, RefusedRequest, refusedBy } from './problem.ts'
import { ALL_ROUTES, type OperationId, type Route } from './routes.ts'

export interface HttpAppOptions {
  /**
   * What a watcher gets that asks for an event stream: `stream` holds the answer open until the run ends; `page` answers
   * what there is and lets the watcher ask again, for hosts that pay by time. @default 'stream'
   */
  readonly follow?: 'stream' | 'page'
  /** Who calls, as the host authenticated it. @param env What the host gave `app.fetch` beside the request. */
  readonly callerOf?: (request: Request, env: unknown) => string | undefined
  /** Who decides approvals where the host authenticates nobody: `local:<user>`. */
  readonly approver?: string
  /** Of what the client cannot help. The answer holds nothing of it. */
  readonly onError?: (error: unknown, request: { readonly method: string; readonly path: string }) => void
  /** For a server without authorisation on this machine: host names it may be asked by, beside the loopback's own. */
  readonly localNames?: readonly string[]
  /** Of hosts whose answers are bounded: what is larger is told as a problem (413), instead of being lost. @default no bound */
  readonly mostAnswerBytes?: number
  /** For the description of the API. */
  readonly document?: DocumentOptions
  readonly clock?: Clock
  /** Between comments in a stream of events. @default 15 s */
  readonly heartbeatMs?: number
}

const NOTHING = z.strictObject({})

/** Also on what is refused: nothing here is for caches, and nothing is a page. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

export function createHttpApp(service: RunService, options: HttpAppOptions = {}): Hono {
  const { onError, localNames, callerOf, clock = systemClock, heartbeatMs = 15_000 } = options
  const { follow = 'stream', mostAnswerBytes = Number.POSITIVE_INFINITY } = options
  const app = new Hono()
  const faultOf = (request: Request) => (error: unknown) =>
    onError?.(error, { method: request.method, path: new URL(request.url).pathname })
  const answers: Answers = answersOf(service, {
    document: () => openApiDocument(options.document),
    follow,
    clock,
    heartbeatMs,
    mostAnswerBytes,
    approver: options.approver,
  })

  app.use(async (context, next) => {
    if (localNames !== undefined) refuseForeign(context.req.raw, localNames)
    await next()
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value)
  })
  for (const route of ALL_ROUTES) {
    app.on(route.method, pathOf(route), async (context) => {
      const request = context.req.raw
      const caller = callerOf?.(request, context.env)
      const input = {
        ...(await inputOf(route, request, context.req.param())),
        request,
        caller,
        onFault: faultOf(request),
      }
      // Parsed by this very route's schemas.
      return answers[route.operationId as OperationId](input as never)
    })
  }
  for (const path of new Set(ALL_ROUTES.map(pathOf))) app.all(path, (context) => otherMethod(path, context.req.method))
  app.notFound((context) => problemResponse(unknownPath(context.req.path), () => undefined))
  app.onError((error, context) => {
    const response = problemResponse(error, faultOf(context.req.raw))
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value)
    return response
  })
  return app
}

function pathOf({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

async function inputOf(route: Route, request: Request, params: Record<string, string>) {
  const { params: path, query, headers, body } = route
  const parts = {
    params: path && parsed(path, params, 'path'),
    query: parsed(query ?? NOTHING, queryOf(request), 'query'),
    headers: headers && parsed(headers, Object.fromEntries(request.headers), 'headers'),
  }
  if (route.method === 'GET') return parts
  const given = await readJsonBody(request)
  if (body !== undefined) return { ...parts, body: parsed(body.schema, given, 'body') }
  parsed(NOTHING, given ?? {}, 'body')
  return parts
}

function parsed(schema: z.ZodType, value: unknown, where: string): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw refusedBy(result.error, where)
}

function queryOf(request: Request): Record<string, string> {
  const words = [...new URL(request.url).searchParams]
  const names = words.map(([name]) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice === undefined) return Object.fromEntries(words)
  const message = `The query cannot be used: ${JSON.stringify(twice)} is given more than once`
  throw new RefusedRequest({ message, next: 'Give it once.' })
}

function otherMethod(path: string, method: string): Response {
  const methods = ALL_ROUTES.filter((route) => pathOf(route) === path).map((route) => route.method as string)
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } })
  throw new RefusedRequest({
    status: 405,
    message: `${method} is not for this path; it takes ${allow}`,
    next: 'GET /openapi.json describes every path.',
    headers: { allow },
  })
}

function unknownPath(path: string): NotFound {
  const message = `There is nothing at ${path.slice(0, 200)}`
  return new NotFound({ message, next: 'GET /openapi.json describes every path.' })
}
