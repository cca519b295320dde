/** One text and one hash for a JSON value, whoever wrote it: RFC 8785 (JCS) and SHA-256. Knows nothing of rows. */
import canonicalize from 'canonicalize'
import { InvalidRequest } from '../errors.ts'
import type { Sha256 } from '../schema/ids.ts'
import { type Json, type JsonObject, withoutProto } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'

/**
 * Lone surrogates, which UTF-8 and RFC 8785 cannot hold, become U+FFFD, as in everything that is stored.
 * @throws InvalidRequest for what is no JSON: NaN, infinities, cycles.
 */
export function canonicalJson(value: Json): string {
  const text = quickText(value)
  if (text !== undefined) return text
  try {
    return canonicalize(value) ?? 'null'
  } catch {
    try {
      return canonicalize(wellFormed(value)) ?? 'null'
    } catch (error) {
      throw new InvalidRequest({
        message: `a value cannot be written as JSON: ${(error as Error).message}`,
        next: 'Give plain JSON: finite numbers, strings, booleans, null, arrays and objects without cycles.',
        cause: error,
      })
    }
  }
}

/** Deeper values, and cycles, go to the library, which needs no stack. */
const QUICK_DEPTH = 64

/**
 * The same text several times faster for ordinary values: RFC 8785 is JSON.stringify of sorted keys. undefined where
 * that may not hold: keys that objects do not keep in order (digits), what is no plain JSON, lone surrogates.
 */
function quickText(value: Json): string | undefined {
  const sorted = ordered(value, QUICK_DEPTH)
  if (sorted === undefined) return undefined
  const text = JSON.stringify(sorted)
  // JSON.stringify writes lone surrogates, and nothing else, as \uD8xx to \uDFxx.
  return text.includes('\\ud') ? undefined : text
}

/** The value with sorted keys: itself, where they are already. */
function ordered(value: Json, depth: number): Json | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object' || depth === 0) return undefined
  return Array.isArray(value) ? orderedList(value, depth) : orderedFields(value as JsonObject, depth)
}

function orderedList(value: readonly Json[], depth: number): Json | undefined {
  let copy: Json[] | undefined
  for (let index = 0; index < value.length; index++) {
    const part = value[index]
    const sorted = part === undefined ? undefined : ordered(part, depth - 1)
    if (sorted === undefined) return undefined
    if (sorted !== part) copy ??= value.slice()
    if (copy !== undefined) copy[index] = sorted
  }
  return copy ?? value
}

function orderedFields(value: JsonObject, depth: number): Json | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  const keys = Object.keys(value)
  let inOrder = true
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    if (key === '__proto__' || (key >= '0' && key < ':')) return undefined
    if (index > 0 && (keys[index - 1] as string) > key) inOrder = false
  }
  if (!inOrder) keys.sort()
  let copy: Record<string, Json> | undefined = inOrder ? undefined : {}
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const part = value[key]
    if (part === undefined) continue
    const sorted = ordered(part, depth - 1)
    if (sorted === undefined) return undefined
    if (sorted !== part && copy === undefined) copy = copyOf(value, keys, index)
    if (copy !== undefined) copy[key] = sorted
  }
  return copy ?? value
}

function copyOf(value: JsonObject, keys: readonly string[], count: number): Record<string, Json> {
  const copy: Record<string, Json> = {}
  for (const key of keys.slice(0, count)) {
    const part = value[key]
    if (part !== undefined) copy[key] = part
  }
  return copy
}

/** The same value with U+FFFD in place of each lone surrogate, in keys too. */
export function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toWellFormed(), wellFormed(part)]))
}

/** As a record holds it: well-formed, and without what no reader would give back. */
export function recordable(value: Json): Json {
  return withoutProto(wellFormed(value))
}

export function jsonSha256(value: Json): Sha256 {
  return sha256(canonicalJson(value))
}
