/**
 * Reading JSON Schemas far enough to tell that a value cannot fit: fields that are not there, required fields that are
 * missing, primitives of another type. What a schema does not say fits anything.
 */
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'

/** A schema with the document that its `$ref`s point into. */
export interface Shape {
  readonly schema: JsonObject
  readonly document: JsonObject
  /** The value may be absent. */
  readonly optional: boolean
}

/** Nothing is known: fits, and has, anything. */
export const UNKNOWN: Shape = { schema: {}, document: {}, optional: false }
const MAX_DEPTH = 20

export function shape(schema: JsonObject): Shape {
  return { schema, document: schema, optional: false }
}

/** The alternatives of a schema, references followed. */
export function alternatives(from: Shape, depth = 0): readonly Shape[] {
  const { schema, document } = from
  if (depth > MAX_DEPTH) return [UNKNOWN]
  if (typeof schema.$ref === 'string') {
    const target = pointer(document, schema.$ref)
    return target ? alternatives({ ...from, schema: target }, depth + 1) : [UNKNOWN]
  }
  const union = schema.anyOf ?? schema.oneOf
  if (Array.isArray(union)) {
    return union.flatMap((one: Json) => (isJsonObject(one) ? alternatives(within(from, one), depth + 1) : [UNKNOWN]))
  }
  if (Array.isArray(schema.type)) {
    return schema.type.map((type: Json) => ({ ...from, schema: { ...schema, type } }))
  }
  return [from]
}

/** The schema of one of several: each keeps the document it came from. */
export function unionOf(shapes: readonly Shape[]): Shape {
  const [only, ...others] = shapes
  if (only === undefined) return UNKNOWN
  if (others.length === 0) return only
  const schema = { anyOf: shapes.map((one) => ({ ...one.schema, 'x-document': one.document })) }
  return { schema, document: schema, optional: shapes.some((one) => one.optional) }
}

/** A schema within another one, with the document that it says it came from. */
export function within(from: Shape, schema: JsonObject): Shape {
  const own = schema['x-document']
  return { schema, document: isJsonObject(own) ? own : from.document, optional: false }
}

/** What a path into a value leads to; undefined where no alternative has such a field. */
export function fieldOf(from: Shape, key: string | number): Shape | undefined {
  const all = alternatives(from)
  const found = all.map((one) => fieldOfOne(one, key)).filter((one) => one !== undefined)
  if (found.length === 0) return undefined
  const union = unionOf(found)
  return { ...union, optional: from.optional || union.optional || found.length < all.length }
}

function fieldOfOne(from: Shape, key: string | number): Shape | undefined {
  const { schema } = from
  if (typeof key === 'number') {
    if (schema.type !== undefined && schema.type !== 'array') return undefined
    // Whether a list is long enough no schema tells.
    return isJsonObject(schema.items) ? within(from, schema.items) : UNKNOWN
  }
  if (schema.type === undefined && schema.properties === undefined) return UNKNOWN
  if (schema.type !== 'object') return undefined
  const property = isJsonObject(schema.properties) ? schema.properties[key] : undefined
  if (isJsonObject(property)) {
    const required = Array.isArray(schema.required) && schema.required.includes(key)
    return { ...within(from, property), optional: !required && property.default === undefined }
  }
  if (isJsonObject(schema.additionalProperties)) return { ...within(from, schema.additionalProperties), optional: true }
  if (isJsonObject(schema.properties) && schema.additionalProperties !== true) return undefined
  return { ...UNKNOWN, optional: true }
}

/** The schema of a value that is known. */
export function shapeOfValue(value: Json): Shape {
  return shape(schemaOfValue(value))
}

function schemaOfValue(value: Json): JsonObject {
  if (value === null) return { type: 'null' }
  if (Array.isArray(value)) return { type: 'array', items: value.length > 0 ? { anyOf: value.map(schemaOfValue) } : {} }
  if (isJsonObject(value)) {
    const properties = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, schemaOfValue(part)]))
    return { type: 'object', properties, required: Object.keys(value) }
  }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number', const: value }
  return { type: typeof value, const: value }
}

/** The document of a `$ref` of the forms that zod writes: `#` and `#/$defs/name`. */
function pointer(document: JsonObject, ref: string): JsonObject | undefined {
  const keys = ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((key) => key !== '')
  let at: Json | undefined = document
  for (const key of keys) at = isJsonObject(at) ? at[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  return isJsonObject(at) ? at : undefined
}
