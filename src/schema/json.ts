import * as z from 'zod'

/** Any value that survives a round trip through JSON text. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

export const Json: z.ZodType<Json> = z.json()
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), Json)

/** A JSON Schema document (draft 2020-12), as `z.toJSONSchema` makes it. */
export type JsonSchema = JsonObject

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** As every record is read: zod gives no field named `__proto__`, so none is written, and a step resumed sees what it saw. */
export function withoutProto<Value>(value: Value): Value {
  const text = JSON.stringify(value)
  if (!text.includes('"__proto__"')) return value
  return JSON.parse(text, (key, part) => (key === '__proto__' ? undefined : part))
}
