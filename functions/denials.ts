/** Calls of this environment that were denied, until the step that made them writes them down. Bounded. */
import type { PermissionDenied } from '../src/errors.ts'

const KEPT = 16
const denials: PermissionDenied[] = []

/** Told at once as well: not every function has a row to write. */
export function keepDenial(denied: PermissionDenied): void {
  const { name, message } = denied
  console.warn(JSON.stringify({ level: 'WARN', message: 'a call was denied', error: name, reason: message }))
  if (denials.length < KEPT) denials.push(denied)
}

export function takeDenials(): readonly PermissionDenied[] {
  return denials.splice(0)
}
