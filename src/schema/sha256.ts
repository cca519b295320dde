import { hash } from 'node:crypto'
import type { Sha256 } from './ids.ts'

/** SHA-256 of a text's UTF-8 bytes, lower-case hexadecimal. */
export function sha256(text: string): Sha256 {
  return hash('sha256', text, 'hex') as Sha256
}
