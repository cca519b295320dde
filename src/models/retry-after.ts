/** Largest wait that is believed, milliseconds: beyond an hour the other side is down, not slow. */
const LONGEST_MS = 3_600_000

/** Reads a Retry-After header (RFC 9110: seconds, or a date) as milliseconds from now. */
export function retryAfterMs(header: string | null | undefined, now: Date): number | undefined {
  if (header === null || header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - now.getTime() : seconds * 1000
  if (Number.isNaN(milliseconds)) return undefined
  return Math.min(Math.max(Math.ceil(milliseconds), 0), LONGEST_MS)
}
