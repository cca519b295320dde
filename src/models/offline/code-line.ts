/** Shows the line of code that a sentence leads to: how-to questions are answered there. */
import type { Block } from '../../text/blocks.ts'
import { relatedTo } from '../../text/related-words.ts'
import { contentWords, indexTerms } from '../../text/words.ts'
import type { Evidence } from './evidence.ts'

const LONGEST_LINE = 140
/** Lines below the sentence that a citation may reach. */
const FARTHEST = 30
const SCAFFOLDING = /^(?:import |from |declare |export |package |using |[`~]{3}|[)}\]]|\/\/|\/\*|\*|#|<!--|\.\.\.)/

/** The same evidence, its text ended by the fitting line of code, its place reaching down to that line. */
export function withCode(evidence: Evidence, question: string): Evidence {
  const { code, text, endLine } = evidence
  const line = code && fittingLine(code, question, evidence)
  if (!line || line.number - endLine > FARTHEST) return evidence
  return { ...evidence, text: `${text.replace(/[.:]$/, '')}: \`${line.text}\``, endLine: line.number, code: undefined }
}

function fittingLine(code: Block, question: string, { words }: Evidence): { number: number; text: string } | undefined {
  const asked = contentWords(question)
  const wanted = new Set([...asked, ...asked.flatMap((word) => relatedTo(word))])
  const said = new Set(words)
  let best: { number: number; text: string; score: number } | undefined
  for (const [index, raw] of code.lines.entries()) {
    const text = raw.trim()
    if (text.length < 8 || text.length > LONGEST_LINE || SCAFFOLDING.test(text) || text.includes('`')) continue
    const terms = new Set(indexTerms(text.replace(/\/\/.*$/, '')))
    let score = /\w\(/.test(text) ? 0.5 : 0
    for (const term of terms) score += (wanted.has(term) ? 1 : 0) + (said.has(term) ? 0.5 : 0)
    const least = /[(=]/.test(text) ? 1 : 2
    if (score >= least && score > (best?.score ?? 0))
      best = { number: code.startLine + index, text: closed(text), score }
  }
  return best
}

/** A statement that goes on below is shown as such. */
function closed(text: string): string {
  return /[{([,]$/.test(text) ? `${text} …` : text
}
