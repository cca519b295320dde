/** Requests of AWS's clients as they go over the wire: which call of which service, signed by whom; and a refusal in its answer. */

import type { AwsCall } from '../src/permissions/aws-requests.ts'
import { isJsonObject, type Json, type JsonObject } from '../src/schema/json.ts'
import { parseJson } from '../src/schema/parse-json.ts'

/** What of a request of AWS's clients is read. */
export interface WireRequest {
  readonly method: string
  readonly hostname: string
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface Signed extends AwsCall {
  readonly accessKeyId: string
  readonly region: string
}

/** @returns undefined where nobody signed it: it is no call of AWS's. */
export function signedCall(request: WireRequest): Signed | undefined {
  const [, accessKeyId = '', region = '', service = ''] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/.exec(headerOf(request, 'authorization') ?? '') ?? []
  if (accessKeyId === '') return undefined
  return { accessKeyId, region, service, ...callOf(service, request) }
}

type Call = Omit<AwsCall, 'service'>

const UNKNOWN: Call = { operation: 'Unknown', input: {} }

function callOf(service: string, request: WireRequest): Call {
  switch (service) {
    case 's3':
      return s3Call(request)
    case 'lambda':
      return lambdaCall(request)
    case 'bedrock':
      return bedrockCall(request)
    case 'sts':
      return queryCall(request)
    default:
      return targetCall(request)
  }
}

/** `x-amz-target: DynamoDB_20120810.GetItem`, and JSON. */
function targetCall(request: WireRequest): Call {
  const [, operation] = (headerOf(request, 'x-amz-target') ?? '').split('.')
  const parsed = parseJson(textOf(request.body))
  return operation === undefined || !parsed.ok || !isJsonObject(parsed.value)
    ? UNKNOWN
    : { operation, input: parsed.value }
}

function lambdaCall({ method, path, query = {} }: WireRequest): Call {
  const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path) ?? []
  if (method !== 'POST' || name === undefined) return UNKNOWN
  const { Qualifier } = query
  const qualified = typeof Qualifier === 'string' ? { Qualifier } : {}
  return { operation: 'Invoke', input: { FunctionName: decodeURIComponent(name), ...qualified } }
}

const BEDROCK: Readonly<Record<string, string>> = {
  converse: 'Converse',
  'converse-stream': 'ConverseStream',
  invoke: 'InvokeModel',
  'invoke-with-response-stream': 'InvokeModelWithResponseStream',
}

function bedrockCall({ path }: WireRequest): Call {
  const [, id, verb = ''] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(path) ?? []
  const operation = BEDROCK[verb]
  return id === undefined || operation === undefined
    ? UNKNOWN
    : { operation, input: { modelId: decodeURIComponent(id) } }
}

/** `Action=AssumeRole&Tags.member.1.Key=…` */
function queryCall({ body }: WireRequest): Call {
  const fields = new URLSearchParams(textOf(body))
  const Tags: JsonObject[] = []
  for (let n = 1; fields.has(`Tags.member.${n}.Key`); n += 1) {
    Tags.push({ Key: fields.get(`Tags.member.${n}.Key`) ?? '', Value: fields.get(`Tags.member.${n}.Value`) ?? '' })
  }
  const named = ['RoleArn', 'RoleSessionName'].flatMap((name) => {
    const value = fields.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return { operation: fields.get('Action') ?? 'Unknown', input: { ...Object.fromEntries(named), Tags } }
}

/** The bucket is in the name of the host, or comes first in the path. */
function s3Call({ method, hostname, path, query = {}, body }: WireRequest): Call {
  const [, virtual] = /^(.+?)\.(?:s3[.-]|localhost)/.exec(hostname) ?? []
  const parts = path.split('/').slice(1)
  const Bucket = virtual ?? parts.shift() ?? ''
  const Key = parts.map(decodeURIComponent).join('/')
  if (Key !== '') {
    const operation = { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method]
    return operation === undefined ? UNKNOWN : { operation, input: { Bucket, Key } }
  }
  if (method === 'POST' && 'delete' in query) {
    const keys = [...textOf(body).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, found = '']): Json => ({ Key: found }))
    return { operation: 'DeleteObjects', input: { Bucket, Delete: { Objects: keys } } }
  }
  return method === 'GET' ? { operation: 'ListObjectsV2', input: { Bucket } } : UNKNOWN
}

export interface WireRefusal {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: string
}

/** As the service itself would put it, so that its client makes of it what it always does. */
export function refusalOf(service: string, message: string): WireRefusal {
  if (service === 's3' || service === 'sts') {
    const told = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    const error = `<Error><Code>AccessDenied</Code><Message>${told}</Message></Error>`
    const body = service === 's3' ? error : `<ErrorResponse>${error}</ErrorResponse>`
    return { statusCode: 403, headers: { 'content-type': 'application/xml' }, body }
  }
  const isJson = service !== 'lambda' && service !== 'bedrock'
  return {
    statusCode: isJson ? 400 : 403,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'AccessDeniedException' },
    body: JSON.stringify({ __type: 'AccessDeniedException', message, Message: message }),
  }
}

function headerOf({ headers }: WireRequest, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
}
