/**
 * The output check "every quote exists": wherever an output holds `{ file, startLine, endLine, quote }`, the quote must
 * stand at those lines of that file of the run's documents. White space does not count, nor does inline markup: a quote
 * may leave out back-quotes, emphasis and link targets. Whether a quote bears out a claim is a critic's business.
 */
import type { OutputCheck } from '../define/agent.ts'
import { BatonError } from '../errors.ts'
import { plainText } from '../text/blocks.ts'
import { type Corpus, openCorpus } from './corpus.ts'
import { DocumentSettings } from './document-tools.ts'

interface Citation {
  readonly path: string
  readonly file: string
  readonly startLine: number
  readonly endLine: number
  readonly quote: string
}

const MOST_CITATIONS = 500
const MOST_PROBLEMS = 20
const MOST_QUOTED_LINES = 60
const DEEPEST = 12

export const quotesExist: OutputCheck = {
  name: 'quotes_exist',
  description: 'Every quote stands in its file at the lines given.',
  run: async (output, { settings }) => {
    const citations = citationsIn(output)
    if (citations.length === 0) return { verdict: 'accept' }
    if (citations.length > MOST_CITATIONS) {
      const problem = `${citations.length} citations are more than can be checked; give at most ${MOST_CITATIONS}`
      return { verdict: 'reject', problems: [problem] }
    }
    const parsed = DocumentSettings.safeParse(settings)
    if (!parsed.success) {
      return { verdict: 'reject', problems: ['the run has no setting "documents": a quote cannot be looked up'] }
    }
    const corpus = await openCorpus(parsed.data.documents)
    const problems: string[] = []
    for (const citation of citations) {
      const problem = await problemOf(corpus, citation)
      if (problem) problems.push(`${citation.path}: ${problem}`)
      if (problems.length >= MOST_PROBLEMS) break
    }
    return problems.length === 0 ? { verdict: 'accept' } : { verdict: 'reject', problems }
  },
}

async function problemOf(corpus: Corpus, { file, startLine, endLine, quote }: Citation): Promise<string | undefined> {
  const form = forms(quote)
  if (form.exact === '') return 'the quote is empty; quote the words of the source'
  if (endLine < startLine) return `endLine ${endLine} comes before startLine ${startLine}`
  if (endLine - startLine >= MOST_QUOTED_LINES)
    return `give the lines of the quote itself, at most ${MOST_QUOTED_LINES}`
  let lines: readonly string[]
  try {
    lines = (await corpus.read(file)).lines
  } catch (error) {
    if (error instanceof BatonError) return `${error.message} ${error.next}`
    throw error
  }
  if (startLine > lines.length) return `${file} has only ${lines.length} lines`
  if (holds(lines.slice(startLine - 1, endLine), form)) return undefined
  const elsewhere = findLines(lines, form)
  return elsewhere
    ? `the quote stands at lines ${elsewhere.join(' to ')} of ${file}, not at ${startLine} to ${endLine}`
    : `the quote does not stand in ${file}; copy the words from the source exactly, or leave the claim out`
}

interface Forms {
  readonly exact: string
  readonly plain: string
}

function forms(text: string): Forms {
  const joined = text.replace(/(^|\n)[ \t]*(?:>[ \t]?)+/g, '$1')
  return { exact: joined.replace(/\s+/g, ' ').trim(), plain: plainText(joined) }
}

function holds(lines: readonly string[], quote: Forms): boolean {
  const source = forms(lines.join('\n'))
  return source.exact.includes(quote.exact) || (quote.plain !== '' && source.plain.includes(quote.plain))
}

/** Where a quote really stands, for a model that miscounted: the last line it needs, then the first. */
function findLines(lines: readonly string[], quote: Forms): [number, number] | undefined {
  if (!holds(lines, quote)) return undefined
  const end = smallest(1, lines.length, (last) => holds(lines.slice(0, last), quote))
  const cut = smallest(1, end, (left) => holds(lines.slice(end - left, end), quote))
  return [end - cut + 1, end]
}

/** The smallest number from `low` to `high` that passes, given that `high` does and that a larger one never fails. */
function smallest(low: number, high: number, passes: (candidate: number) => boolean): number {
  let [from, to] = [low, high]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    if (passes(middle)) to = middle
    else from = middle + 1
  }
  return to
}

function citationsIn(value: unknown, path = '', depth = 0): Citation[] {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return []
  const { file, startLine, endLine, quote } = value as Record<string, unknown>
  const own: Citation[] =
    typeof file === 'string' &&
    typeof quote === 'string' &&
    typeof startLine === 'number' &&
    typeof endLine === 'number'
      ? [{ path: path || '(root)', file, startLine, endLine, quote }]
      : []
  const parts = Object.entries(value).flatMap(([key, part]) =>
    citationsIn(part, path ? `${path}.${key}` : key, depth + 1),
  )
  return [...own, ...parts]
}
