/** Cuts prose into sentences that are quoted as they stand, each with its lines. Code, tables and markup are left out. */
import { type Block, blocksOf, plainText } from '../../text/blocks.ts'
import { contentWords } from '../../text/words.ts'

export interface Sentence {
  /** As it stands in the source, lines joined by single spaces. */
  readonly quote: string
  /** As a reader sees it. */
  readonly text: string
  readonly startLine: number
  readonly endLine: number
  /** Headings above it, as far as the text at hand shows them. */
  readonly heading: string
  readonly words: readonly string[]
  /** The code right below it, if there is any; its first line is `code.startLine`. */
  readonly code: Block | undefined
  /** 0 to 1: how well it reads on its own. */
  readonly form: number
}

const BOUNDARY = /(?<=[.!?]["'’”)\]*_`]*)\s+(?=["'“‘([*_`]*[\p{Lu}\p{N}`])/u
const ABBREVIATION = /(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig|inc|dr|mr|mrs|st)\.|\b[A-Z]\.)["')\]]*$/i
const LONGEST = 480
const SHORTEST = 24
const LEAST_WORDS = 3

/** `lines[0]` is line `firstLine` of its document. */
export function sentencesOf(lines: readonly string[], firstLine: number, above = ''): Sentence[] {
  const sentences: Sentence[] = []
  let heading = above
  const blocks = blocksOf(lines, firstLine)
  for (const [index, block] of blocks.entries()) {
    if (block.kind === 'heading') heading = plainText(block.lines.join(' '))
    if (block.kind !== 'prose' && block.kind !== 'item') continue
    const next = blocks[index + 1]
    for (const sentence of inBlock(block, heading, next?.kind === 'code' ? next : undefined)) sentences.push(sentence)
  }
  return sentences
}

function inBlock(block: Block, heading: string, codeBelow: Block | undefined): Sentence[] {
  const starts: number[] = []
  let text = ''
  for (const line of block.lines) {
    const clean = line.replace(/\s+/g, ' ').trim()
    if (text !== '' && clean !== '') text += ' '
    starts.push(text.length)
    text += clean
  }
  const lineAt = (place: number) => {
    let line = 0
    while (line + 1 < starts.length && (starts[line + 1] ?? 0) <= place) line += 1
    return block.startLine + line
  }
  const sentences: Sentence[] = []
  let from = 0
  const pieces = joinAbbreviations(text.split(BOUNDARY))
  for (const [index, quote] of pieces.entries()) {
    const start = text.indexOf(quote, from)
    from = start + quote.length
    const code = index === pieces.length - 1 ? codeBelow : undefined
    const readable = readableText(quote)
    const words = contentWords(readable)
    const leadsNowhere = quote.endsWith(':') && !code
    const form = formOf(quote, readable, words.length, block.kind === 'item') * (leadsNowhere ? 0.45 : 1)
    if (form === 0) continue
    const place = { startLine: lineAt(start), endLine: lineAt(from - 1) }
    sentences.push({ quote, text: readable, ...place, heading, words, code, form })
  }
  return sentences
}

function joinAbbreviations(pieces: readonly string[]): string[] {
  const joined: string[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (last !== undefined && ABBREVIATION.test(last)) joined[joined.length - 1] = `${last} ${piece}`
    else joined.push(piece)
  }
  return joined.filter((piece) => piece !== '')
}

function readableText(quote: string): string {
  return plainText(quote)
    .replace(/^(?:[^\p{L}\p{N}("'“]+\s+)?(?:(?:Note|Important|Warning|Tip)\s*:\s*)?/iu, '')
    .replace(/\s*:$/, '.')
}

function formOf(quote: string, text: string, words: number, isItem: boolean): number {
  if (text.length < SHORTEST || text.length > LONGEST || words < LEAST_WORDS) return 0
  const letters = (text.match(/\p{L}/gu) ?? []).length
  if (letters < text.length * 0.6) return 0
  if (/[{};]\s*$|=>|^\s*(?:const|let|import|export|return|new)\s/.test(text)) return 0
  if (/^\[[^\]]*\]\([^)]*\)[.:]?$/.test(quote.trim())) return 0
  // A fragment of a list of contents, no statement.
  if (isItem && words < 6 && !/[.:!]$|`/.test(quote)) return 0
  if ((text.match(/["'“”()[\]]/g) ?? []).length > 12) return 0
  let form = 1
  if (
    /^(?:for (?:more|further|additional)|see |refer to|read more|learn more|more information|visit|click|check out|\(?see also)/i.test(
      text,
    )
  )
    form *= 0.25
  if (/\b(?:for more (?:information|details)|see the|see also|refer to the)\b/i.test(text)) form *= 0.55
  if (
    /^(?:this|these|those|that|it|they|he|she|such|the (?:above|following|example|code|snippet)|here|then|also|however|but|and|or|so)\b/i.test(
      text,
    )
  )
    form *= 0.7
  if (/^(?:for example|for instance|in (?:this|the following) example|example)\b/i.test(text)) form *= 0.6
  if (/https?:\/\//.test(text)) form *= 0.5
  if (/\]\(/.test(quote)) form *= 0.9
  if (text.endsWith('?')) form *= 0.4
  if (/\b(?:contribut|licen[cs]e|pull request|deprecated|changelog|experimental module)/i.test(text)) form *= 0.6
  if (/[^.!?)”"’'…:]$/.test(text)) form *= isItem ? 0.8 : 0.6
  if (text.length > 300) form *= 0.85
  if (text.length < 50) form *= 0.85
  if (words < 5) form *= 0.7
  return form
}
