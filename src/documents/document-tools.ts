/**
 * The tools `search_documents` and `read_document` for any agent that works from a folder of text documents. The operator
 * sets the folder (`settings.documents`); no model can leave it.
 */
import * as z from 'zod'
import { defineTool } from '../define/tool.ts'
import { InvalidRequest } from '../errors.ts'
import { blocksOf, plainText } from '../text/blocks.ts'
import { contentWords } from '../text/words.ts'
import { type Corpus, type DocumentHit, openCorpus, summarizeSkipped } from './corpus.ts'

export const DocumentSettings = z.looseObject({
  documents: z
    .string()
    .trim()
    .min(1, 'name a folder with --documents DIR')
    .meta({ format: 'path', description: 'Folder of text documents (.md, .txt, .rst, .adoc) to work from' }),
})

const MOST_HITS = 20
const MOST_LINES = 200
const MOST_CHARACTERS = 24_000
const SNIPPET_CHARACTERS = 320
/** A word found in code says less of the code than one in a sentence says of the sentence. */
const CODE_WEIGHT = 0.5

const Hit = z.strictObject({
  file: z.string().describe('path of the document'),
  startLine: z.int().positive().describe('first line of the passage, counted from 1'),
  endLine: z.int().positive().describe('last line of the passage'),
  heading: z.string(),
  snippet: z.string(),
  score: z.number(),
})

export const searchDocuments = defineTool({
  name: 'search_documents',
  description:
    'Searches the documents by keywords and gives the passages that fit best: file, line range, heading, snippet. ' +
    'Use several short queries with the words the documents would use rather than one long question. ' +
    'It also says how many passages hold each word: for a word that none holds, try another. ' +
    'A snippet is a taste: read the passage with read_document before you rely on it.',
  input: z.strictObject({
    query: z.string().min(1).max(500).describe('keywords to look for'),
    limit: z.int().min(1).max(MOST_HITS).default(8).describe('passages to give at most'),
  }),
  output: z.strictObject({
    hits: z.array(Hit),
    passagesWith: z.record(z.string(), z.int()).describe('how many passages hold each word of the query'),
    passagesSearched: z.int(),
    leftOut: z.string().nullable().describe('how many documents could not be searched, by reason; null: none'),
  }),
  settings: DocumentSettings,
  effect: 'read',
  timeoutSeconds: 120,
  run: async ({ query, limit }, { settings, reads }) => {
    const corpus = await openCorpus(settings.documents)
    const { hits: found, passagesWith, passages } = await corpus.search(query, limit)
    const words = new Set(contentWords(query))
    const hits: z.infer<typeof Hit>[] = []
    for (const hit of found) {
      const text = await corpus.read(hit.file).catch(() => undefined)
      // A document that vanished after it was indexed is no hit.
      if (!text) continue
      reads({ uri: hit.file, sha256: text.sha256, lines: [hit.startLine, hit.endLine] })
      hits.push(hitOf(hit, text.lines, words))
    }
    return { hits, passagesWith: asAsked(query, passagesWith), passagesSearched: passages, leftOut: leftOutOf(corpus) }
  },
})

export const readDocument = defineTool({
  name: 'read_document',
  description:
    'Reads lines of one document. Each line comes with its number, as in "12| text"; the number and the bar are not part ' +
    `of the document. At most ${MOST_LINES} lines a call.`,
  input: z.strictObject({
    file: z.string().min(1).max(1_000).describe('path as search_documents gave it'),
    startLine: z.int().positive().describe('first line, counted from 1'),
    endLine: z.int().positive().describe('last line, included'),
  }),
  output: z.strictObject({
    file: z.string(),
    startLine: z.int(),
    endLine: z.int(),
    lastLineOfDocument: z.int(),
    text: z.string(),
  }),
  settings: DocumentSettings,
  effect: 'read',
  run: async ({ file, startLine, endLine }, { settings, reads }) => {
    const corpus = await openCorpus(settings.documents)
    const { lines, sha256 } = await corpus.read(file)
    if (startLine > lines.length || endLine < startLine) {
      throw new InvalidRequest({
        message: `Lines ${startLine} to ${endLine} were asked for; ${file} has ${lines.length} lines.`,
        next: `Ask for lines between 1 and ${lines.length}, the first one first.`,
      })
    }
    const numbered: string[] = []
    let characters = 0
    const last = Math.min(endLine, lines.length, startLine + MOST_LINES - 1)
    for (let number = startLine; number <= last; number += 1) {
      const line = `${number}| ${(lines[number - 1] ?? '').slice(0, MOST_CHARACTERS)}`
      characters += line.length
      if (characters > MOST_CHARACTERS && numbered.length > 0) break
      numbered.push(line)
    }
    const read = { startLine, endLine: startLine + numbered.length - 1 }
    reads({ uri: file, sha256, lines: [read.startLine, read.endLine] })
    return { file, ...read, lastLineOfDocument: lines.length, text: numbered.join('\n') }
  },
})

/** Licences and change logs are left out on purpose; nobody needs to hear of it. */
function leftOutOf(corpus: Corpus): string | null {
  const missed = corpus.skipped.filter(({ reason }) => reason !== 'licence, change log or translation')
  return missed.length === 0 ? null : summarizeSkipped(missed)
}

/** Counts by the words of the query as they were written, not by their stems. */
function asAsked(query: string, byStem: Readonly<Record<string, number>>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of query.toLowerCase().split(/[^\p{L}\p{M}\p{N}_]+/u)) {
    const count = byStem[contentWords(word)[0] ?? '']
    if (count !== undefined) counts[word] = count
  }
  return counts
}

function hitOf(hit: DocumentHit, lines: readonly string[], words: ReadonlySet<string>): z.infer<typeof Hit> {
  const { file, startLine, endLine, headings, score } = hit
  return {
    file,
    startLine,
    endLine,
    heading: headings.join(' > ').slice(0, 300),
    snippet: snippetOf(lines.slice(startLine - 1, endLine), words),
    score: Math.round(score * 100) / 100,
  }
}

/** The block of the passage that holds most of the query's words. */
function snippetOf(lines: readonly string[], words: ReadonlySet<string>): string {
  let best = { text: '', count: -1 }
  for (const block of blocksOf(lines)) {
    if (block.kind === 'heading' || block.kind === 'markup') continue
    const text = block.kind === 'code' ? block.lines.join('\n') : plainText(block.lines.join(' '))
    const found = new Set(contentWords(text).filter((word) => words.has(word))).size
    const count = block.kind === 'code' ? found * CODE_WEIGHT : found
    if (count > best.count) best = { text, count }
  }
  return best.text.slice(0, SNIPPET_CHARACTERS)
}
