/** Timestamps as Wait takes them: ISO 8601 with T and an offset, fractions up to nanoseconds. */

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/

/** Milliseconds since the epoch, rounded up; undefined where it is no such timestamp. */
export function parseTimestamp(text: string): number | undefined {
  const [, seconds, fraction = '', offset] = TIMESTAMP.exec(text) ?? []
  if (seconds === undefined || offset === undefined) return undefined
  const whole = Date.parse(`${seconds}${offset}`)
  if (Number.isNaN(whole)) return undefined
  return whole + (fraction === '' ? 0 : Math.ceil(Number(`0.${fraction}`) * 1_000))
}
