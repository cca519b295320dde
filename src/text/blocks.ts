/**
 * Takes a text document apart into blocks with line numbers. Not a Markdown renderer: it knows just enough to tell prose
 * from code, tables and markup, and it never changes a character of what it hands on.
 */

export type BlockKind = 'heading' | 'prose' | 'item' | 'code' | 'table' | 'markup'

export interface Block {
  readonly kind: BlockKind
  /** 1-based, inclusive. */
  readonly startLine: number
  readonly endLine: number
  /** The block's lines, without list marks, quote marks and heading marks. */
  readonly lines: readonly string[]
  /** Depth of a heading, else 0. */
  readonly depth: number
}

const FENCE = /^\s*(`{3,}|~{3,})/
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/
const UNDERLINE = /^\s{0,3}(=+|-+|~+)\s*$/
const ASCIIDOC_HEADING = /^(={1,5})\s+(\S.*)$/
const QUOTE_MARK = /^\s{0,3}(?:>\s?)+/
const ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?/
const TABLE = /^\s*\|.*\||^\s*\|?\s*:?-{3,}:?\s*\||^\s*[^|]+\|[^|]+\|[^|]*$/
const MARKUP =
  /^\s*(?:<[!/?a-zA-Z]|!\[|\[!\[|\[[^\]]+\]:\s|:::|---\s*$|\*\*\*\s*$|___\s*$|\.\. |import .* from|export )|^\s*\[!(?:NOTE|TIP|WARNING|IMPORTANT|CAUTION)\]\s*$/
/** Characters of a line from which on it is taken for prose unseen: nothing else is that long. */
const LONGEST_LINE = 4_000
const INDENTED = /^(?: {4}|\t)/

/** `lines[0]` is line `firstLine` of its document. */
export function blocksOf(lines: readonly string[], firstLine = 1): Block[] {
  const blocks: Block[] = []
  let open: { kind: 'prose' | 'item'; start: number; lines: string[] } | undefined
  let fence: { mark: string; start: number } | undefined
  let comment = false
  const add = (kind: BlockKind, start: number, end: number, text: readonly string[], depth = 0) =>
    blocks.push({ kind, startLine: firstLine + start, endLine: firstLine + end, lines: text, depth })
  const close = (end: number) => {
    if (open) add(open.kind, open.start, end, open.lines)
    open = undefined
  }

  for (const [index, line] of lines.entries()) {
    if (line.length > LONGEST_LINE && !fence && !comment) {
      close(index - 1)
      add('prose', index, index, [line.trim()])
      continue
    }
    const mark = FENCE.exec(line)?.[1]
    if (fence) {
      if (mark?.startsWith(fence.mark) && line.trim() === mark) {
        add('code', fence.start, index, lines.slice(fence.start, index + 1))
        fence = undefined
      }
      continue
    }
    if (comment) {
      comment = !line.includes('-->')
      continue
    }
    if (mark) {
      close(index - 1)
      fence = { mark, start: index }
      continue
    }
    const bare = line.replace(QUOTE_MARK, '')
    const heading = HEADING.exec(bare) ?? ASCIIDOC_HEADING.exec(bare)
    if (bare.trim() === '') close(index - 1)
    else if (heading) {
      close(index - 1)
      add('heading', index, index, [heading[2] ?? ''], (heading[1] ?? '').length)
    } else if (open?.kind === 'prose' && open.lines.length === 1 && UNDERLINE.test(bare)) {
      add('heading', open.start, index, open.lines, bare.trim().startsWith('=') ? 1 : 2)
      open = undefined
    } else if (MARKUP.test(bare)) {
      close(index - 1)
      comment = bare.includes('<!--') && !bare.includes('-->')
      add('markup', index, index, [line])
    } else if (TABLE.test(bare)) {
      close(index - 1)
      add('table', index, index, [line])
    } else if (ITEM.test(bare)) {
      close(index - 1)
      open = { kind: 'item', start: index, lines: [bare.replace(ITEM, '').trim()] }
    } else if (!open && INDENTED.test(line)) add('code', index, index, [line])
    else if (open) open.lines.push(bare.trim())
    else open = { kind: 'prose', start: index, lines: [bare.trim()] }
  }
  if (fence) add('code', fence.start, lines.length - 1, lines.slice(fence.start))
  close(lines.length - 1)
  return blocks
}

/** A line or sentence as a reader sees it: links as their text, no emphasis, code or HTML marks, single spaces. */
export function plainText(text: string): string {
  return text
    .replace(/!\[([^\][]{0,300})\]\([^()\s]{0,1000}(?:\s[^()]{0,200})?\)/g, '$1')
    .replace(/\[([^\][]{1,300})\](?:\([^()\s]{0,1000}(?:\s[^()]{0,200})?\)|\[[^\][]{0,100}\])/g, '$1')
    .replace(/<\/?[a-zA-Z][^<>\n]{0,200}>/g, ' ')
    .replace(/(\*\*\*|\*\*|__|`+)/g, '')
    .replace(/(^|[\s(])[*_](?=\S)([^*_\n]{1,300})(?<=\S)[*_](?=[\s).,;:!?]|$)/g, '$1$2')
    .replace(/\\([\\`*_{}[\]()#+.!<>-])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
}
