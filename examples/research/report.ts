/** The report of the research team, as data and as text to read. Checks and prints; the agents of team.ts write it. */
import type { OutputCheck } from 'baton'
import { plainText } from 'baton/documents'
import * as z from 'zod'

/** A place in a document and the words that stand there. */
export const Citation = z.strictObject({
  file: z.string().min(1).describe('path of the document, as the tools give it'),
  startLine: z.int().positive().describe('first line of the quote'),
  endLine: z.int().positive().describe('last line of the quote'),
  quote: z.string().min(1).max(1_500).describe('the words of the document, copied exactly'),
})

/** Passed on from the search to the reader: an answer from half of the documents should say so. */
export const LeftOut = z.string().max(500).nullable().describe('leftOut as it was given; null if nothing was')

export const Report = z.strictObject({
  title: z.string().min(1).max(300),
  summary: z.string().min(1).max(2_000).describe('the answer in two to five sentences, with marks such as [1]'),
  sections: z
    .array(
      z.strictObject({
        heading: z.string().min(1).max(300),
        points: z
          .array(
            z.strictObject({
              text: z.string().min(1).max(1_000).describe('one statement, without marks'),
              citations: z
                .array(z.int().positive())
                .min(1)
                .max(5)
                .describe('numbers of the citations that bear it out'),
            }),
          )
          .min(1)
          .max(8),
      }),
    )
    .max(8),
  citations: z.array(z.strictObject({ number: z.int().positive(), ...Citation.shape })).max(60),
  gaps: z.array(z.string().min(1).max(600)).max(20).describe('what the documents leave open'),
  leftOut: LeftOut,
})
export type Report = z.infer<typeof Report>

/** Every mark names a citation, and every citation is used. */
export const marksResolve: OutputCheck<Report> = {
  name: 'marks_resolve',
  description: 'Every mark of a citation names one of the list, once each.',
  run: async ({ summary, sections, citations }) => {
    const listed = citations.map(({ number }) => number)
    const marks = [...summary.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]))
    const points = sections.flatMap((section, at) =>
      section.points.map(({ citations: cited }, index) => ({ path: `sections.${at}.points.${index}`, cited })),
    )
    const problems = [
      ...listed.filter((number, index) => listed.indexOf(number) !== index).map((n) => `citation ${n} is listed twice`),
      ...marks.filter((n) => !listed.includes(n)).map((n) => `summary: [${n}] names no citation of the list`),
      ...points.flatMap(({ path, cited }) =>
        cited.filter((n) => !listed.includes(n)).map((n) => `${path}: citation ${n} is not in the list`),
      ),
    ]
    return problems.length === 0 ? { verdict: 'accept' } : { verdict: 'reject', problems: problems.slice(0, 20) }
  },
}

/** Markdown that reads well in a terminal too. */
export function renderReport(report: Report): string {
  const { title, summary, sections, citations, gaps, leftOut } = report
  const lines = [`# ${title}`, '', wrap(summary, '', ''), '']
  for (const { heading, points } of sections) {
    lines.push(`## ${heading}`, '')
    for (const { text, citations: cited } of points) {
      lines.push(wrap(`${text} ${cited.map((number) => `[${number}]`).join('')}`, '- ', '  '))
    }
    lines.push('')
  }
  if (gaps.length > 0) lines.push('## Left open', '', ...gaps.map((gap) => wrap(gap, '- ', '  ')), '')
  if (leftOut !== null) lines.push(wrap(`Documents that could not be searched: ${leftOut}.`, '', ''), '')
  if (citations.length > 0) lines.push('## Sources', '')
  for (const { number, file, startLine, endLine, quote } of citations) {
    const place = `${file}:${startLine === endLine ? startLine : `${startLine}-${endLine}`}`
    const indent = ' '.repeat(`[${number}] `.length)
    lines.push(`[${number}] ${place}`, wrap(`“${plainText(quote)}”`, indent, indent))
  }
  return `${lines.join('\n').trimEnd()}\n`
}

const WIDTH = 100

function wrap(text: string, first: string, rest: string): string {
  const lines: string[] = []
  let line = first
  let empty = true
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = rest
      empty = true
    }
    line += empty ? word : ` ${word}`
    empty = false
  }
  return [...lines, line].join('\n')
}
