/**
 * The request of one call. The declaration chooses scheme, host, path and headers; a model gives values, and each
 * stays in the one place that it was declared for.
 */
import type { Json } from '../schema/json.ts'
import type { HttpAuth } from './http-auth.ts'
import type { Operation } from './openapi-operation.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  /** Without what auth adds: for records and messages. */
  readonly shownUrl: string
  readonly headers: Headers
  readonly body?: string
}

interface Given {
  readonly operation: Operation
  readonly base: URL
  readonly input: Readonly<Record<string, Json>>
  /** Set by the declaration, e.g. the idempotency key. */
  readonly headers: Readonly<Record<string, string>>
}

/** A value that would lead out of its place. */
export class BadArgument extends Error {
  override readonly name = 'BadArgument'
}

/** @throws BadArgument */
export function buildRequest({ operation, base, input, headers: set }: Given): HttpRequest {
  const headers = new Headers({ accept: 'application/json, text/*;q=0.9, */*;q=0.1' })
  const query = new URLSearchParams()
  let path = operation.path
  for (const { field, name, in: place, isRepeated } of operation.parameters) {
    const value = input[field]
    if (value === undefined || value === null) {
      if (place === 'path') throw new BadArgument(`${field} is missing`)
      continue
    }
    const values = (Array.isArray(value) ? value : [value]).map(textOf)
    if (place === 'path') path = path.replaceAll(`{${name}}`, () => pathPart(field, values.join(',')))
    else if (place === 'header') headers.set(name, headerValue(field, values.join(',')))
    else for (const one of isRepeated ? values : [values.join(',')]) query.append(name, one)
  }
  for (const [name, value] of Object.entries(set)) headers.set(name, value)
  const url = new URL(base)
  const whole = `${base.pathname.replace(/\/+$/, '')}${path}`
  url.pathname = whole
  // Whatever a parser made of it: it is the path that was declared, or nothing is sent.
  if (url.origin !== base.origin || url.pathname.split('/').length !== whole.split('/').length) {
    throw new BadArgument('the arguments lead to another path')
  }
  url.search = query.toString()
  const body = operation.hasBody && input['body'] !== undefined ? JSON.stringify(input['body']) : undefined
  if (body !== undefined) headers.set('content-type', 'application/json')
  const shownUrl = url.href
  return { method: operation.method, url, shownUrl, headers, ...(body !== undefined && { body }) }
}

/** @returns the same request, with what says who asks. */
export async function authorized(
  request: HttpRequest,
  auth: HttpAuth | undefined,
  secret: (name: string) => Promise<string>,
): Promise<HttpRequest> {
  if (auth === undefined) return request
  const value = await auth.value(secret)
  if (auth.owns.in === 'query') {
    const url = new URL(request.url)
    url.searchParams.set(auth.owns.name, value)
    return { ...request, url }
  }
  const headers = new Headers(request.headers)
  headers.set(auth.owns.name, headerValue(`the secret ${auth.secrets.join(', ')}`, value))
  return { ...request, headers }
}

function textOf(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Encoded, so that it is one part of a path to us; refused where another side could read it as several. */
function pathPart(field: string, value: string): string {
  const isUp = value.split(/[/\\]/).some((part) => part === '.' || part === '..')
  if (value === '' || isUp || hasControl(value)) {
    throw new BadArgument(`${field} must be one part of a path, not ${JSON.stringify(value.slice(0, 100))}`)
  }
  return encodeURIComponent(value.toWellFormed())
}

function headerValue(field: string, value: string): string {
  if (hasControl(value) || /[^\x20-\xff]/.test(value)) throw new BadArgument(`${field} cannot stand in a header`)
  return value
}

function hasControl(value: string): boolean {
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}
