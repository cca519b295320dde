import { randomInt } from 'node:crypto'

const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** Sorts by time, can be read aloud: `20261122-190501-k7mq2a`. */
export function newRunId(now = new Date()): string {
  const [date = '', time = ''] = now.toISOString().split('T')
  const random = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${random}`
}
