/** One text and one hash for a JSON value, whoever wrote it: RFC 8785 (JCS) and SHA-256. Knows nothing of rows. */
import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { InvalidRequest } from '../errors.ts'
import type { Sha256 } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'

/**
 * Lone surrogates, which UTF-8 and RFC 8785 cannot hold, become U+FFFD, as in everything that is stored.
 * @throws InvalidRequest for what is no JSON: NaN, infinities, cycles.
 */
export function canonicalJson(value: Json): string {
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

/** The same value with U+FFFD in place of each lone surrogate, in keys too. */
export function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toWellFormed(), wellFormed(part)]))
}

/** One-shot: several times faster than createHash for the short texts of a chain. */
export function sha256(data: string | Uint8Array): Sha256 {
  return hash('sha256', data, 'hex') as Sha256
}

export function jsonSha256(value: Json): Sha256 {
  return sha256(canonicalJson(value))
}
