/**
 * Reads the JSON Schemas that agents and tools bring: resolves references, tells whether a value fits. As much of draft
 * 2020-12 as `z.toJSONSchema` writes; an unknown keyword forbids nothing.
 */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'

const MOST_REFERENCES = 16
const DEEPEST = 48

/** A schema with references resolved and `allOf` merged, one level deep. `false` fits nothing. */
export function resolveSchema(schema: Json | undefined, root: JsonObject): JsonObject | false {
  let current: Json | undefined = schema
  for (let hop = 0; hop < MOST_REFERENCES; hop += 1) {
    if (current === false) return false
    if (!isJsonObject(current)) return {}
    const reference = current['$ref']
    if (typeof reference !== 'string') break
    const { $ref: _, ...rest }: JsonObject = current
    const target: Json | undefined = pointTo(reference, root)
    current = isJsonObject(target) ? { ...target, ...rest } : rest
  }
  if (!isJsonObject(current)) return {}
  const parts = current['allOf']
  return Array.isArray(parts) ? mergeAll(current, parts, root) : current
}

export function typesOf(schema: JsonObject): readonly string[] {
  const type = schema['type']
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.filter((one): one is string => typeof one === 'string')
  if (isJsonObject(schema['properties'])) return ['object']
  if (schema['items'] !== undefined || schema['prefixItems'] !== undefined) return ['array']
  return []
}

export function alternativesOf(schema: JsonObject): readonly Json[] | undefined {
  const alternatives = schema['anyOf'] ?? schema['oneOf']
  return Array.isArray(alternatives) ? alternatives : undefined
}

export function propertiesOf(schema: JsonObject): readonly (readonly [string, Json])[] {
  return isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : []
}

export function requiredOf(schema: JsonObject): ReadonlySet<string> {
  const required = schema['required']
  return new Set(Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [])
}

export function numberOf(schema: JsonObject, keyword: string): number | undefined {
  const value = schema[keyword]
  return typeof value === 'number' ? value : undefined
}

/** Whether a value fits a schema. */
export function conforms(value: Json, schema: Json | undefined, root: JsonObject, depth = 0): boolean {
  const resolved = resolveSchema(schema, root)
  if (resolved === false) return false
  if (depth > DEEPEST) return true
  const alternatives = alternativesOf(resolved)
  if (alternatives && !alternatives.some((one) => conforms(value, one, root, depth + 1))) return false
  if (isJsonObject(resolved['not']) && conforms(value, resolved['not'], root, depth + 1)) return false
  if (resolved['const'] !== undefined && !same(resolved['const'], value)) return false
  const { enum: allowed } = resolved
  if (Array.isArray(allowed) && !allowed.some((one) => same(one, value))) return false
  const types = typesOf(resolved)
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return false
  if (typeof value === 'string') return stringFits(value, resolved)
  if (typeof value === 'number') return numberFits(value, resolved)
  if (Array.isArray(value)) return arrayFits(value, resolved, root, depth)
  return isJsonObject(value) ? objectFits(value, resolved, root, depth) : true
}

export function stringFits(value: string, schema: JsonObject): boolean {
  const length = [...value].length
  if (value.length < (numberOf(schema, 'minLength') ?? 0)) return false
  if (length > (numberOf(schema, 'maxLength') ?? Number.POSITIVE_INFINITY)) return false
  if (value.length > (numberOf(schema, 'maxLength') ?? Number.POSITIVE_INFINITY)) return false
  const pattern = schema['pattern']
  if (typeof pattern !== 'string') return true
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return new RegExp(pattern).test(value)
  }
}

export function numberFits(value: number, schema: JsonObject): boolean {
  const step = numberOf(schema, 'multipleOf')
  return (
    value >= (numberOf(schema, 'minimum') ?? Number.NEGATIVE_INFINITY) &&
    value <= (numberOf(schema, 'maximum') ?? Number.POSITIVE_INFINITY) &&
    value > (numberOf(schema, 'exclusiveMinimum') ?? Number.NEGATIVE_INFINITY) &&
    value < (numberOf(schema, 'exclusiveMaximum') ?? Number.POSITIVE_INFINITY) &&
    (step === undefined || Math.abs(value / step - Math.round(value / step)) < 1e-9)
  )
}

function arrayFits(value: readonly Json[], schema: JsonObject, root: JsonObject, depth: number): boolean {
  if (value.length < (numberOf(schema, 'minItems') ?? 0)) return false
  if (value.length > (numberOf(schema, 'maxItems') ?? Number.POSITIVE_INFINITY)) return false
  if (schema['uniqueItems'] === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length) {
    return false
  }
  const prefix = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []
  return value.every((item, index) => conforms(item, prefix[index] ?? schema['items'] ?? {}, root, depth + 1))
}

function objectFits(value: JsonObject, schema: JsonObject, root: JsonObject, depth: number): boolean {
  for (const name of requiredOf(schema)) if (!Object.hasOwn(value, name)) return false
  const properties = new Map(propertiesOf(schema))
  return Object.entries(value).every(([name, part]) => {
    const names = schema['propertyNames']
    if (isJsonObject(names) && !conforms(name, names, root, depth + 1)) return false
    return conforms(part, properties.get(name) ?? schema['additionalProperties'] ?? {}, root, depth + 1)
  })
}

function isOfType(value: Json, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isJsonObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

function same(left: Json, right: Json): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right)
}

function pointTo(reference: string, root: JsonObject): Json | undefined {
  if (!reference.startsWith('#')) return undefined
  let target: Json | undefined = root
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(target)) target = (target as readonly Json[])[Number(name)]
    else target = isJsonObject(target) ? target[name] : undefined
  }
  return target
}

function mergeAll(schema: JsonObject, parts: readonly Json[], root: JsonObject): JsonObject {
  const { allOf: _, ...own } = schema
  let merged: JsonObject = own
  for (const part of parts) {
    const resolved = resolveSchema(part, root)
    if (resolved === false) continue
    merged = {
      ...merged,
      ...resolved,
      ...bounds(merged, resolved),
      properties: { ...Object.fromEntries(propertiesOf(merged)), ...Object.fromEntries(propertiesOf(resolved)) },
      required: [...new Set([...requiredOf(merged), ...requiredOf(resolved)])],
    }
  }
  const isObject = typesOf(merged).includes('object') || propertiesOf(merged).length > 0
  if (isObject) return merged
  const { properties: _properties, required: _required, ...scalar } = merged
  return scalar
}

/** The narrower of both. */
function bounds(left: JsonObject, right: JsonObject): JsonObject {
  const narrower: Record<string, number> = {}
  const pick = (keywords: readonly string[], choose: (a: number, b: number) => number) => {
    for (const keyword of keywords) {
      const [a, b] = [numberOf(left, keyword), numberOf(right, keyword)]
      if (a !== undefined && b !== undefined) narrower[keyword] = choose(a, b)
    }
  }
  pick(['minimum', 'exclusiveMinimum', 'minLength', 'minItems'], Math.max)
  pick(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'], Math.min)
  return narrower
}
