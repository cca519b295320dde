/** How a ticket ended, as data and as text to read. */
import * as z from 'zod'
import { Refunded, TicketId } from './desk.ts'
import { euros } from './letters.ts'
import { Refund } from './policy.ts'

/** A place in the knowledge base and the words that stand there. */
export const Citation = z.strictObject({
  file: z.string().min(1).describe('path of the document, as the tools give it'),
  startLine: z.int().positive().describe('first line of the quote'),
  endLine: z.int().positive().describe('last line of the quote'),
  quote: z.string().min(1).max(1_500).describe('the words of the document, copied exactly'),
})

export const Answer = z.strictObject({
  ticket: TicketId,
  desk: z.string(),
  urgency: z.string(),
  language: z.string(),
  refund: Refund.nullable(),
  refunded: Refunded.nullable(),
  letter: z.string().nullable().describe('null: nobody has answered yet'),
  sources: z.array(Citation).nullable(),
  by: z.enum(['team', 'person', 'nobody']),
})
export type Answer = z.infer<typeof Answer>

export function renderAnswer(answer: Answer): string {
  const { ticket, desk, urgency, language, refund, refunded, letter, sources, by } = answer
  const money =
    refund === null
      ? []
      : [refunded ? `refunded: ${euros(refunded.cents)} for ${refunded.order}` : `not refunded: ${refund.why}`]
  const lines = [`# ${ticket}: ${desk}, ${urgency} urgency, ${language}; answered by ${by}`, '', ...money, '']
  lines.push(letter ?? 'Nobody has answered: a person must.')
  if (sources && sources.length > 0) lines.push('', 'From the knowledge base:')
  for (const { file, startLine, quote } of sources ?? []) lines.push(`- ${file}:${startLine} “${quote}”`)
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`
}
