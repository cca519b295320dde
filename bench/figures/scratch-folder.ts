import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whoever makes it removes it. */
export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'baton-figures-'))
}
