/** Cursors of lists as clients hold them: opaque, so that nobody builds on what is in them. */
import { RefusedRequest } from './problem.ts'

/** Start and id of a run: what the list of runs is sorted by. */
const CURSOR = /^\d{4}-\d\d-\d\dT[\d:.]+Z#[A-Za-z0-9][A-Za-z0-9_-]{1,39}$/

/** What an adapter adds after a NUL, to tell entries of one sort key apart, is left out: no two runs share one. */
export function toCursor(next: string): string {
  return Buffer.from(next.split('\0', 1)[0] ?? '').toString('base64url')
}

/** @throws RefusedRequest for what is no cursor that was given out. */
export function fromCursor(cursor: string): string {
  const next = Buffer.from(cursor, 'base64url').toString()
  if (CURSOR.test(next) && toCursor(next) === cursor) return next
  const message = 'it is no `next` of a page'
  throw new RefusedRequest({
    message: `The query cannot be used: after: ${message}`,
    next: 'Begin again without `after`.',
    issues: [{ path: 'after', message }],
  })
}
