/**
 * Schemas of an OpenAPI document as zod: references resolved, what 3.0 says otherwise than JSON Schema rewritten. What
 * cannot be kept is refused by name; nothing is left out silently.
 */
import * as z from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'

/** A part of a document that cannot be used, in words: what, and what to do. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

/** Values that one operation may expand to: references in references can grow without bound. */
const MOST_NODES = 20_000

export type Resolve = (value: Json | undefined) => Json | undefined

/** @returns what a reference leads to, all references within it resolved too. @throws Unsupported */
export function resolver(document: JsonObject): Resolve {
  let nodes = 0
  const follow = (value: Json, open: readonly string[]): Json => {
    nodes += 1
    if (nodes > MOST_NODES) throw new Unsupported(`over ${MOST_NODES} parts`, 'declare a smaller tool by defineTool')
    if (Array.isArray(value)) return value.map((item) => follow(item, open))
    if (!isJsonObject(value)) return value
    const reference = value['$ref']
    if (typeof reference !== 'string') {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, follow(part, open)]))
    }
    if (open.includes(reference)) {
      throw new Unsupported(`${reference} refers to itself`, 'declare the tool by defineTool, with a depth of your own')
    }
    return follow(lookUp(document, reference), [...open, reference])
  }
  return (value) => {
    nodes = 0
    return value === undefined ? undefined : follow(value, [])
  }
}

function lookUp(document: JsonObject, reference: string): Json {
  if (!reference.startsWith('#/')) {
    throw new Unsupported(`${reference} leads out of the document`, 'bundle the document into one file first')
  }
  const keys = reference
    .slice(2)
    .split('/')
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'))
  let at: Json | undefined = document
  for (const key of keys) at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  if (at === undefined) throw new Unsupported(`${reference} leads nowhere`, 'correct the document')
  return at
}

/** @param schema Without references. @throws Unsupported */
export function zodOf(schema: Json): z.ZodType {
  try {
    return z.fromJSONSchema(modern(schema) as Parameters<typeof z.fromJSONSchema>[0])
  } catch (error) {
    if (error instanceof Unsupported) throw error
    throw new Unsupported((error as Error).message, 'leave the operation out, or declare its tool by defineTool')
  }
}

/** Said of a schema for people and generators, not for whoever checks a value. */
const REMARKS = new Set(['example', 'examples', 'xml', 'externalDocs', 'discriminator', 'deprecated', 'readOnly'])

/** OpenAPI 3.0 → JSON Schema 2020-12. What 3.1 has is left as it is. */
function modern(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(modern)
  if (!isJsonObject(schema)) return schema
  const { nullable, exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } = schema
  const kept = Object.entries(rest).flatMap(([key, part]): [string, Json][] => {
    if (REMARKS.has(key) || key.startsWith('x-')) return []
    if (key === 'properties' && isJsonObject(part)) {
      return [[key, Object.fromEntries(Object.entries(part).map(([name, of]) => [name, modern(of)]))]]
    }
    return [[key, key === 'enum' || key === 'const' || key === 'default' ? part : modern(part)]]
  })
  const typed: Record<string, Json> = {
    ...Object.fromEntries(kept),
    ...bound('minimum', 'exclusiveMinimum', minimum, exclusiveMinimum),
    ...bound('maximum', 'exclusiveMaximum', maximum, exclusiveMaximum),
  }
  if (typed['type'] === undefined && typed['properties'] !== undefined) typed['type'] = 'object'
  return nullable === true ? { anyOf: [typed, { type: 'null' }] } : typed
}

function bound(at: string, beyond: string, limit: Json | undefined, exclusive: Json | undefined): Record<string, Json> {
  if (exclusive === true && limit !== undefined) return { [beyond]: limit }
  return {
    ...(limit !== undefined && { [at]: limit }),
    ...(exclusive !== undefined && typeof exclusive !== 'boolean' && { [beyond]: exclusive }),
  }
}
