/** The name of a space of memory. It is part of a key of the records, and of the rights that are given on it. */
import * as z from 'zod'

export const MemorySpaceName = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_-]{0,47}$/,
    'a space starts with a lower-case letter and has at most 48 characters of A-Z a-z 0-9 _ -',
  )
  .brand<'MemorySpaceName'>()
export type MemorySpaceName = z.infer<typeof MemorySpaceName>

/** The partition of the records that holds its facts. */
export function memoryPartition(team: string, space: string): string {
  return `MEMORY#${team}#${space}`
}
