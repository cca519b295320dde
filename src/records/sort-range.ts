/** The span of sort keys that a query means, in byte order of UTF-8. */
import type { QueryOptions } from './records.ts'

export interface SortRange {
  /** Inclusive. */
  readonly low: string
  /** Exclusive; undefined: no bound. */
  readonly high: string | undefined
}

/** Keys hold no NUL, so `<key>\0` is right behind `<key>`. */
const RIGHT_BEHIND = '\0'
const LAST_CODE_POINT = 0x10ffff

/** @param inclusive Whether the key `after` itself belongs to the range. */
export function sortRange({ prefix = '', after, reverse }: QueryOptions, inclusive = false): SortRange {
  const end = prefixEnd(prefix)
  if (after === undefined) return { low: prefix, high: end }
  if (!reverse) return { low: later(prefix, inclusive ? after : after + RIGHT_BEHIND), high: end }
  const before = inclusive ? after + RIGHT_BEHIND : after
  return { low: prefix, high: end === undefined || later(end, before) === end ? before : end }
}

/** The first key behind all that start so. Code points sort as their UTF-8 bytes do. */
function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  while (points.at(-1) === LAST_CODE_POINT) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  const next = last + 1 === 0xd800 ? 0xe000 : last + 1
  return String.fromCodePoint(...points, next)
}

function later(a: string, b: string): string {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) >= 0 ? a : b
}
