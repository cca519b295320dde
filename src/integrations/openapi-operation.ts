/** One operation of an OpenAPI 3.0 or 3.1 document, as what a request needs to know. Sends nothing. */
import * as z from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { type Resolve, resolver, Unsupported, zodOf } from './openapi-schema.ts'

export interface Parameter {
  /** As the tool's input calls it. */
  readonly field: string
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  /** An array in a query is repeated, `a=1&a=2`, or else joined by commas. */
  readonly isRepeated: boolean
}

export interface Operation {
  /** Upper case. */
  readonly method: string
  /** e.g. `/orders/{id}` */
  readonly path: string
  readonly summary: string
  readonly parameters: readonly Parameter[]
  readonly hasBody: boolean
  readonly input: z.ZodType<Readonly<Record<string, Json>>>
}

const METHODS = ['get', 'head', 'put', 'post', 'delete', 'patch', 'options']
/** Never a model's: they choose who is spoken to, as whom, and how the message is read. */
const OWN_HEADERS = new RegExp(
  `^(${[
    ...['accept', 'authorization', 'connection', 'content-.*', 'cookie', 'expect', 'forwarded', 'host', 'keep-alive'],
    ...['origin', 'proxy-.*', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'x-forwarded-.*', 'x-http-method.*'],
  ].join('|')})$`,
  'i',
)

const WRITE_IT = 'leave the operation out, or declare its tool by defineTool'

/**
 * @param id `operationId`, or e.g. `GET /orders/{id}`
 * @param owned Headers and query parameters that the declaration sets itself, in lower case.
 * @throws Unsupported naming the part that cannot be used.
 */
export function readOperation(document: JsonObject, id: string, owned: ReadonlySet<string>): Operation {
  const { method, path, operation, shared } = find(document, id)
  const resolve = resolver(document)
  const declared = [...listOf(shared), ...listOf(operation['parameters'])].map((one) => asObject(resolve(one)))
  const unique = new Map(declared.map((one) => [`${one['in']} ${one['name']}`, one]))
  const taken = new Set<string>()
  const shape: Record<string, z.ZodType> = {}
  const parameters = [...unique.values()].flatMap((one) => {
    const parameter = readParameter(one, owned, taken)
    if (parameter === undefined) return []
    const schema = zodOf(asObject(one['schema']))
    const told = typeof one['description'] === 'string' ? schema.describe(one['description']) : schema
    shape[parameter.field] = one['required'] === true ? told : told.optional()
    return [parameter]
  })
  for (const [, name] of path.matchAll(/\{([^}]+)\}/g)) {
    if (parameters.some((one) => one.in === 'path' && one.name === name)) continue
    throw new Unsupported(`the path's {${name}} is declared nowhere`, 'correct the document')
  }
  const body = readBody(operation['requestBody'], resolve)
  if (body) shape['body'] = body.isRequired ? body.schema : body.schema.optional()
  const summary = [operation['summary'], operation['description']].filter((text) => typeof text === 'string').join('. ')
  return {
    method: method.toUpperCase(),
    path,
    summary,
    parameters,
    hasBody: body !== undefined,
    input: z.strictObject(shape) as unknown as Operation['input'],
  }
}

interface Found {
  readonly method: string
  readonly path: string
  readonly operation: JsonObject
  readonly shared: Json | undefined
}

function find(document: JsonObject, id: string): Found {
  const all = Object.entries(asObject(document['paths'])).flatMap(([path, given]) => {
    const item = asObject(resolveOnce(document, given))
    return METHODS.flatMap((method): Found[] => {
      const operation = item[method]
      return isJsonObject(operation) ? [{ method, path, operation, shared: item['parameters'] }] : []
    })
  })
  const names = (one: Found) => [one.operation['operationId'], `${one.method.toUpperCase()} ${one.path}`]
  const found = all.find((one) => names(one).includes(id))
  if (found) return found
  const known = all.map((one) => names(one).find((name) => typeof name === 'string')).slice(0, 40)
  throw new Unsupported(`there is no operation ${JSON.stringify(id)}`, `name one of ${known.join(', ')}`)
}

/** A path item may be a reference as a whole; its operations are resolved when they are read. */
function resolveOnce(document: JsonObject, item: Json): Json | undefined {
  return isJsonObject(item) && typeof item['$ref'] === 'string' ? resolver(document)(item) : item
}

function readParameter(one: JsonObject, owned: ReadonlySet<string>, taken: Set<string>): Parameter | undefined {
  const { name, in: place, required, style, explode, schema } = one
  if (typeof name !== 'string') throw new Unsupported('a parameter has no name', 'correct the document')
  if (place !== 'path' && owned.has(`${place} ${name.toLowerCase()}`)) return undefined
  const left = place === 'cookie' || (place === 'header' && OWN_HEADERS.test(name))
  if (left && (required !== true || place === 'header')) return undefined
  if (place !== 'path' && place !== 'query' && place !== 'header') {
    throw new Unsupported(`parameter ${name} is in ${JSON.stringify(place)}`, WRITE_IT)
  }
  const usual = place === 'query' ? 'form' : 'simple'
  if (style !== undefined && style !== usual) throw new Unsupported(`parameter ${name} has style ${style}`, WRITE_IT)
  if (!isJsonObject(schema)) throw new Unsupported(`parameter ${name} has no schema`, WRITE_IT)
  if (schema['type'] === 'object' || schema['properties'] !== undefined) {
    throw new Unsupported(`parameter ${name} is an object`, WRITE_IT)
  }
  const free = !taken.has(name) && name !== 'body'
  const field = free ? name : `${place}_${name}`
  taken.add(field)
  return { field, name, in: place, isRepeated: place === 'query' && explode !== false }
}

function readBody(
  given: Json | undefined,
  resolve: Resolve,
): { readonly schema: z.ZodType; readonly isRequired: boolean } | undefined {
  if (given === undefined) return undefined
  const body = asObject(resolve(given))
  const content = asObject(body['content'])
  const json = Object.entries(content).find(([type]) => /^application\/([\w.-]+\+)?json\b/i.test(type))
  const isRequired = body['required'] === true
  if (json === undefined) {
    if (!isRequired) return undefined
    throw new Unsupported(`the body is ${Object.keys(content).join(', ') || 'of no type'}, not JSON`, WRITE_IT)
  }
  return { schema: zodOf(asObject(json[1])['schema'] ?? {}), isRequired }
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
