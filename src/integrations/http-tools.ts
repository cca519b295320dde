/**
 * `httpTools`: one tool for each operation of an OpenAPI document that is named. Host, scheme, path, method and
 * headers are the declaration's; a model gives the values of declared parameters and nothing else.
 */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { defineTool, type Reconciled, type Tool, type ToolApproval, type ToolContext } from '../define/tool.ts'
import { EffectUnknown, InvalidDefinition, type Issue, NotActed } from '../errors.ts'
import { isJsonObject, Json, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import { redactorOf } from '../schema/redact.ts'
import type { EffectKind } from '../schema/tool-call.ts'
import type { HttpAuth } from './http-auth.ts'
import { exchange, HttpRefused } from './http-exchange.ts'
import { authorized, BadArgument, buildRequest, type HttpRequest } from './http-request.ts'
import { type Operation, readOperation } from './openapi-operation.ts'
import { Unsupported } from './openapi-schema.ts'
import { type IntegrationRate, rateOf } from './rate-of.ts'

export interface HttpOutput {
  readonly status: number
  readonly body: Json
  /** True: the answer was longer than what is given of it. */
  readonly isCut: boolean
}

type Arguments = Readonly<Record<string, Json>>

export interface HttpOperation {
  /** @default the integration's name and the operation's, e.g. `shop_getOrder` */
  readonly name?: string
  /** For the model. @default the document's summary and description */
  readonly description?: string
  /** @default GET and HEAD: `read`; with `idempotencyHeader`: `keyed`; with `reconcile`: `lookup`; else `opaque` */
  readonly effect?: EffectKind
  /** The header by which the other side knows a repeated request, e.g. `Idempotency-Key`: it is given the call's id. */
  readonly idempotencyHeader?: string
  /** A read that tells whether the call was made: its arguments from the call's, and what its answer means. */
  readonly reconcile?: {
    readonly operation: string
    readonly input: (input: Arguments, call: { readonly callId: string }) => Arguments
    readonly happened: (answer: HttpOutput) => Reconciled
  }
  /** The operation that takes a call back. It must bear to be repeated. */
  readonly undo?: {
    readonly operation: string
    readonly input: (call: { readonly input: Arguments; readonly output: HttpOutput }) => Arguments
    readonly idempotencyHeader?: string
  }
  readonly approval?: ToolApproval<Arguments>
  readonly timeoutSeconds?: number
}

export interface HttpTools<Name extends string> {
  /** Of the integration: its tools' names begin with it, and share its rate limit. */
  readonly name: string
  /**
   * An OpenAPI 3.0 or 3.1 document, or a JSON file that holds one. In an account: import it, as no other file is
   * there.
   */
  readonly document: object | string | URL
  /** The operations that become tools, by `operationId` or e.g. `GET /orders/{id}`. No other can be called. */
  readonly operations: readonly Name[] | Readonly<Record<Name, HttpOperation>>
  /** @default the document's first server */
  readonly baseUrl?: string
  readonly auth?: HttpAuth
  readonly rateLimit?: IntegrationRate
  /** @default 30 */
  readonly timeoutSeconds?: number
  /** Whether what it answers was written by strangers. @default false */
  readonly untrusted?: boolean
}

const Output = z.strictObject({ status: z.int(), body: Json, isCut: z.boolean() })

/** @throws InvalidDefinition naming each operation that cannot be a tool, and why. */
export function httpTools<const Name extends string>(options: HttpTools<Name>): { readonly [Key in Name]: Tool } {
  const label = `HTTP tools ${JSON.stringify(options.name)}`
  const document = documentOf(options.document, label)
  const base = baseOf(options.baseUrl ?? firstServer(document), label)
  const issues: Issue[] = []
  const given: Readonly<Record<string, HttpOperation>> = Array.isArray(options.operations)
    ? Object.fromEntries(options.operations.map((id: string) => [id, {}]))
    : (options.operations as Readonly<Record<string, HttpOperation>>)
  const read = (id: string, path: string, own: readonly string[]): Operation | undefined => {
    const owned = new Set(own.map((name) => `header ${name.toLowerCase()}`))
    if (options.auth) owned.add(`${options.auth.owns.in} ${options.auth.owns.name.toLowerCase()}`)
    try {
      return readOperation(document, id, owned)
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error
      issues.push({ path, message: error.message, remedy: error.remedy })
      return undefined
    }
  }
  const tools = Object.entries(given).flatMap(([id, declared]): [string, Tool][] => {
    const path = `operations.${id}`
    const operation = read(id, path, headersOf(declared.idempotencyHeader))
    const reconcile = declared.reconcile && read(declared.reconcile.operation, `${path}.reconcile`, [])
    const undo =
      declared.undo && read(declared.undo.operation, `${path}.undo`, headersOf(declared.undo.idempotencyHeader))
    if (operation === undefined) return []
    const effect = effectOf(operation, declared)
    issues.push(...effectIssues(path, effect, operation, declared, reconcile))
    if (issues.length > 0) return []
    return [[id, toolOf({ id, declared, operation, reconcile, undo, effect, base, options })]]
  })
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  return Object.fromEntries(tools) as { readonly [Key in Name]: Tool }
}

interface Parts {
  readonly id: string
  readonly declared: HttpOperation
  readonly operation: Operation
  readonly reconcile: Operation | undefined
  readonly undo: Operation | undefined
  readonly effect: EffectKind
  readonly base: URL
  readonly options: HttpTools<string>
}

function toolOf({ id, declared, operation, reconcile, undo, effect, base, options }: Parts): Tool {
  const { auth, rateLimit, name: integration } = options
  const timeoutSeconds = declared.timeoutSeconds ?? options.timeoutSeconds
  const call = (operation: Operation, input: Arguments, context: ToolContext<unknown>, header?: string) =>
    send({ operation, input, context, base, auth, header, effect: isSafe(operation) ? 'read' : effect })
  return defineTool({
    name: declared.name ?? `${integration}_${id.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '')}`,
    description: (declared.description ?? (operation.summary || `${operation.method} ${operation.path}`)).slice(
      0,
      4_000,
    ),
    input: operation.input,
    output: Output,
    effect,
    secrets: auth?.secrets ?? [],
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
    ...rateOf(integration, rateLimit),
    ...(declared.approval && { approval: declared.approval }),
    ...(options.untrusted && { untrusted: true }),
    run: (input, context) => call(operation, input, context, declared.idempotencyHeader),
    ...(declared.reconcile &&
      reconcile && {
        reconcile: async (input: Arguments, context: ToolContext<unknown>) => {
          const { input: inputOf, happened } = declared.reconcile as NonNullable<HttpOperation['reconcile']>
          return happened(await asked(call(reconcile, inputOf(input, context), context)))
        },
      }),
    ...(declared.undo &&
      undo && {
        undo: async (made: { input: Arguments; output: HttpOutput }, context: ToolContext<unknown>) => {
          const { input: inputOf, idempotencyHeader } = declared.undo as NonNullable<HttpOperation['undo']>
          await call(undo, inputOf(made), context, idempotencyHeader)
        },
      }),
  })
}

interface Sending {
  readonly operation: Operation
  readonly input: Arguments
  readonly context: ToolContext<unknown>
  readonly base: URL
  readonly auth: HttpAuth | undefined
  readonly header: string | undefined
  readonly effect: EffectKind
}

async function send({ operation, input, context, base, auth, header, effect }: Sending): Promise<HttpOutput> {
  const { signal, fence } = context
  const secrets: string[] = []
  const secret = async (name: string): Promise<string> => {
    const value = await context.secret(name)
    secrets.push(value)
    return value
  }
  const request = await prepared(
    async () => {
      const headers = header === undefined ? {} : { [header]: context.callId }
      return authorized(buildRequest({ operation, base, input, headers }), auth, secret)
    },
    mayHaveActed(effect, fence),
  )
  const isRead = effect === 'read'
  const isRemoval = operation.method === 'DELETE' && effect === 'keyed'
  const { sha256, ...answer } = await exchange({
    request,
    signal,
    isRead,
    fence,
    isRemoval,
    redactor: redactorOf(secrets),
  })
  if (isRead) context.reads({ uri: request.shownUrl, sha256 })
  return answer
}

/** An earlier try of the same call may have been taken by the other side, which nobody asks before the next one. */
function mayHaveActed(effect: EffectKind, fence: number): boolean {
  return fence > 1 && (effect === 'keyed' || effect === 'fenced')
}

/**
 * What goes wrong here does so before anything was sent. Of arguments that no try can send, that is true of earlier
 * ones too.
 */
async function prepared(prepare: () => Promise<HttpRequest>, isInDoubt: boolean): Promise<HttpRequest> {
  try {
    return await prepare()
  } catch (error) {
    const { message, next } = error as Error & { readonly next?: string }
    const isOurs = error instanceof BadArgument || next !== undefined
    const Kind = isInDoubt && !(error instanceof BadArgument) ? EffectUnknown : NotActed
    throw new Kind({
      message: isOurs ? message : 'the request could not be made',
      next: next ?? 'Correct the arguments.',
      cause: error,
    })
  }
}

/** "There is none" is an answer too, to whoever asks whether there is one. */
async function asked(answer: Promise<HttpOutput>): Promise<HttpOutput> {
  return answer.catch((error: unknown) => {
    if (error instanceof HttpRefused && error.status === 404) return { status: 404, body: null, isCut: false }
    throw error
  })
}

function isSafe({ method }: Operation): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

function headersOf(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name]
}

function effectOf(operation: Operation, { effect, idempotencyHeader, reconcile }: HttpOperation): EffectKind {
  if (effect !== undefined) return effect
  if (isSafe(operation)) return 'read'
  if (idempotencyHeader !== undefined) return 'keyed'
  return reconcile === undefined ? 'opaque' : 'lookup'
}

function effectIssues(
  path: string,
  effect: EffectKind,
  { method }: Operation,
  { idempotencyHeader }: HttpOperation,
  reconcile: Operation | undefined,
): Issue[] {
  if (effect === 'table' || effect === 'fenced') {
    return [{ path: `${path}.effect`, message: `HTTP has no effect of the kind ${effect}`, remedy: 'declare another' }]
  }
  if (effect === 'keyed' && idempotencyHeader === undefined && method !== 'PUT' && method !== 'DELETE') {
    const message = `a repeated ${method} is known by nothing`
    return [{ path: `${path}.effect`, message, remedy: "name the other side's idempotencyHeader" }]
  }
  if (reconcile !== undefined && !isSafe(reconcile)) {
    return [{ path: `${path}.reconcile`, message: `${reconcile.method} is no read`, remedy: 'name a GET operation' }]
  }
  return []
}

function documentOf(given: object | string | URL, label: string): JsonObject {
  const document = typeof given === 'string' || given instanceof URL ? parseFile(given, label) : given
  const version = isJsonObject(document) ? document['openapi'] : undefined
  if (isJsonObject(document) && typeof version === 'string' && /^3\.[01]\./.test(version)) return document
  const found = String(version ?? 'one without a version')
  const message = `an OpenAPI document of version 3.0 or 3.1 is expected, not ${found}`
  throw new InvalidDefinition(label, [{ path: 'document', message, remedy: 'convert it first' }])
}

function parseFile(file: string | URL, label: string): unknown {
  let reason: string
  try {
    const parsed = parseJson(readFileSync(file, 'utf8'))
    if (parsed.ok) return parsed.value
    reason = parsed.message
  } catch (error) {
    reason = (error as Error).message
  }
  const remedy = 'name a JSON file, or parse the document (YAML too) and give the object'
  throw new InvalidDefinition(label, [{ path: 'document', message: `${file}: ${reason}`, remedy }])
}

function firstServer(document: JsonObject): unknown {
  const { servers } = document
  return Array.isArray(servers) && isJsonObject(servers[0]) ? servers[0]['url'] : undefined
}

function baseOf(given: unknown, label: string): URL {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash
  if (isPlain && !/[{}]|%7b/i.test(url.href)) return url
  const message = `${JSON.stringify(given ?? null)} is no base URL`
  throw new InvalidDefinition(label, [
    { path: 'baseUrl', message, remedy: 'give baseUrl, e.g. https://api.example.com/v1' },
  ])
}
