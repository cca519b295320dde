/** What a value carries with it wherever it goes: where it came from, and so where it may go. */
import * as z from 'zod'

/** What strangers wrote: web pages, mails, uploads. */
export const UNTRUSTED = 'untrusted'
/** Data that must not leave. */
export const PRIVATE = 'private'

/** One of the two above, or a team's own. */
export const Label = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a label starts with a lower-case letter and has at most 32 characters of a-z 0-9 -')
export type Label = z.infer<typeof Label>

export const MOST_LABELS = 16

/** In order, each once. */
export const Labels = z
  .array(Label)
  .max(MOST_LABELS)
  .transform((labels) => [...new Set(labels)].sort())
