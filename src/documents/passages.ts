/** Cuts a document into passages for searching: a section, or a part of a long one, with its headings and lines. */
import { type Block, blocksOf, plainText } from '../text/blocks.ts'

export interface Passage {
  /** 1-based, inclusive. */
  readonly startLine: number
  readonly endLine: number
  /** Title of the document and headings down to this passage. */
  readonly headings: readonly string[]
  /** Prose, list items and tables as a reader sees them. */
  readonly prose: string
  readonly code: string
}

/** Characters of prose and code after which a section is cut, at a block's end. */
const PASSAGE_CHARACTERS = 1_200
const MOST_HEADINGS = 4
/** Tails so short are no passage of their own. */
const LEAST_CHARACTERS = 12

export function passagesOf(lines: readonly string[]): Passage[] {
  const passages: Passage[] = []
  let headings: { depth: number; text: string }[] = []
  let blocks: Block[] = []
  let characters = 0

  const close = () => {
    const passage = passageOf(headings, blocks)
    if (passage) passages.push(passage)
    blocks = []
    characters = 0
  }

  for (const block of blocksOf(lines)) {
    if (block.kind === 'heading') {
      close()
      headings = [
        ...headings.filter(({ depth }) => depth < block.depth),
        { depth: block.depth, text: plainText(block.lines.join(' ')) },
      ].slice(-MOST_HEADINGS)
    }
    if (characters > PASSAGE_CHARACTERS && block.kind !== 'item' && block.kind !== 'table') close()
    if (characters > PASSAGE_CHARACTERS * 3) close()
    blocks.push(block)
    characters += block.lines.reduce((sum, line) => sum + line.length, 0)
  }
  close()
  return passages
}

function passageOf(headings: readonly { text: string }[], blocks: readonly Block[]): Passage | undefined {
  const [first] = blocks
  const last = blocks.at(-1)
  if (!first || !last) return undefined
  const text = (kinds: readonly string[]) =>
    blocks
      .filter(({ kind }) => kinds.includes(kind))
      .map((block) => block.lines.join(' '))
      .join('\n')
  const prose = plainText(text(['prose', 'item', 'table']))
  const code = text(['code'])
  if (prose.length + code.length < LEAST_CHARACTERS) return undefined
  return {
    startLine: first.startLine,
    endLine: last.endLine,
    headings: headings.map((heading) => heading.text),
    prose,
    code,
  }
}
