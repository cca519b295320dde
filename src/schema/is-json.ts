import type { Json } from './json.ts'

/** Deeper than any sensible value; a parser's recursion bears it. */
const DEPTH = 100

/** What the `Json` schema says, without copying the value: many times faster on large ones. */
export function isJson(value: unknown, depth = DEPTH): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth === 0) return false
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const key in value) if (!isJson((value as Record<string, unknown>)[key], depth - 1)) return false
  return true
}
