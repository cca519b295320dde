/** The texts that a task has at hand, from its input and from tool results, cut into quotable sentences with places. */
import type { Json, JsonObject } from '../../schema/json.ts'
import { type Block, plainText } from '../../text/blocks.ts'
import { contentWords, indexTerms } from '../../text/words.ts'
import { flat, roleOf } from './field-roles.ts'
import { isAgainst } from './polarity.ts'
import type { Candidate } from './rank.ts'
import { sentencesOf } from './sentences.ts'
import { objectsIn, type Task } from './task.ts'

/** A text with its place, whole lines. */
export interface Source {
  readonly file: string | undefined
  readonly startLine: number
  readonly endLine: number
  readonly lines: readonly string[]
  readonly heading: string
  /** Lines are those of the document, not an excerpt whose inner lines are unknown. */
  readonly exact: boolean
  readonly prior: number
}

export interface Evidence extends Candidate {
  readonly quote: string
  readonly file: string | undefined
  readonly heading: string
  readonly startLine: number
  readonly endLine: number
  /** The code right below the quote. */
  readonly code: Block | undefined
  /** The object of the input that it was given as, already worked out by somebody before. */
  readonly record: JsonObject | undefined
}

const TEXT_FIELD =
  /^(text|content|body|lines|passage|snippet|excerpt|summary|abstract|description|answer|result|output|page)$/
const NUMBERED = /^\s*(\d{1,7})(?:\||:|\t) ?(.*)$/
const LEAST_TEXT = 24
const MOST_SOURCES = 200
const MOST_EVIDENCE = 3_000

/** Claims with quotes that the input brings, in its order, without those that were turned down. */
export function evidenceIn(input: Json): Evidence[] {
  return objectsIn(input).flatMap((record) => {
    const evidence = evidenceOf(record)
    return evidence && !isAgainst(record) ? [evidence] : []
  })
}

/** The evidence that an object is, if it has a text with a quote or a place. */
export function evidenceOf(record: JsonObject): Evidence | undefined {
  const by = fieldsByRole(record)
  const quote = by('quote')
  const claim = by('claim') ?? by('summary') ?? quote
  const file = by('file')
  if (typeof claim !== 'string' || claim.trim() === '' || (quote === undefined && file === undefined)) return undefined
  const start = by('startLine')
  const end = by('endLine')
  const text = claim.trim()
  return {
    quote: typeof quote === 'string' ? quote : text,
    text,
    words: contentWords(text),
    heading: '',
    around: [],
    code: undefined,
    form: 1,
    prior: 1,
    file: typeof file === 'string' ? file : undefined,
    startLine: typeof start === 'number' ? start : 1,
    endLine: typeof end === 'number' ? end : typeof start === 'number' ? start : 1,
    record,
  }
}

/** What tools have given; where documents were read, search snippets no longer count. */
export function sourcesOf(task: Task): Source[] {
  const records = task.calls
    .filter(({ status }) => status === 'ok')
    .flatMap(({ content }) => (typeof content === 'string' ? wordsOnly(content) : objectsIn(content)))
    .slice(0, MOST_SOURCES * 4)
  const hits = hitsOf(task)
  const sources = records.flatMap((record) => sourceOf(record, hits) ?? []).slice(0, MOST_SOURCES)
  return sources.some(({ exact }) => exact) ? sources.filter(({ exact }) => exact) : sources
}

/** A text that begins like JSON and is none was cut off on its way: nothing to quote. */
function wordsOnly(content: string): JsonObject[] {
  return /^\s*[[{]/.test(content) ? [] : [{ text: content }]
}

export function evidenceFrom(sources: readonly Source[]): Evidence[] {
  const seen = new Set<string>()
  const evidence: Evidence[] = []
  for (const source of sources) {
    const { file, heading, prior, exact } = source
    for (const sentence of sentencesOf(source.lines, source.startLine, heading)) {
      const key = sentence.words.join(' ')
      if (seen.has(key) || evidence.length >= MOST_EVIDENCE) continue
      seen.add(key)
      const place = exact ? sentence : source
      const headings = heading.includes(sentence.heading) ? heading : `${heading} > ${sentence.heading}`
      const code = exact ? sentence.code : undefined
      evidence.push({
        ...sentence,
        heading: headings,
        around: [...contentWords(headings), ...indexTerms(code?.lines.join(' ') ?? '')],
        code,
        startLine: place.startLine,
        endLine: place.endLine,
        file,
        prior,
        record: undefined,
      })
    }
  }
  return evidence
}

/** Looks a field of an object up by what it is for. */
export function fieldsByRole(record: JsonObject): (role: ReturnType<typeof roleOf>) => Json | undefined {
  const byRole = new Map<string, Json>()
  for (const [name, value] of Object.entries(record)) {
    const role = roleOf(name)
    if (!byRole.has(role) && value !== null) byRole.set(role, value)
  }
  return (role) => byRole.get(role)
}

interface Hit {
  readonly record: JsonObject
  /** 0 to 1: found first, and by several searches. */
  readonly prior: number
}

/** Search results by their fused reciprocal rank, best first. */
function hitsOf(task: Task): Hit[] {
  const hits = new Map<string, { record: JsonObject; score: number }>()
  for (const { status, content } of task.calls) {
    if (status !== 'ok' || typeof content === 'string') continue
    const records = objectsIn(content).filter((record) => typeof record['heading'] === 'string')
    for (const [rank, record] of records.entries()) {
      const by = fieldsByRole(record)
      const key = JSON.stringify([by('file'), by('startLine')])
      const known = hits.get(key)
      hits.set(key, { record, score: (known?.score ?? 0) + 1 / (rank + 2) })
    }
  }
  const sorted = [...hits.values()].sort((a, b) => b.score - a.score)
  const best = sorted[0]?.score ?? 1
  return sorted.map(({ record, score }) => ({ record, prior: score / best }))
}

function sourceOf(record: JsonObject, hits: readonly Hit[]): Source | undefined {
  const lines = textLinesOf(record)
  if (!lines) return undefined
  const by = fieldsByRole(record)
  const file = by('file')
  const start = by('startLine')
  const end = by('endLine')
  const numbered = numberedLines(lines)
  const first = numbered?.first ?? (typeof start === 'number' ? start : 1)
  const last = numbered ? first + numbered.lines.length - 1 : typeof end === 'number' ? end : first + lines.length - 1
  const exact = numbered !== undefined || last - first + 1 === lines.length
  const name = typeof file === 'string' ? file : undefined
  const hit = hits.find((other) => other.record !== record && covers(other.record, name, first, last))
  const found = hit?.record ?? record
  const heading = found['heading'] ?? found['title'] ?? found['section']
  return {
    file: name,
    startLine: first,
    endLine: last,
    lines: numbered?.lines ?? lines,
    heading: typeof heading === 'string' ? plainText(heading) : '',
    exact,
    prior: hit?.prior ?? 0.5,
  }
}

function textLinesOf(record: JsonObject): readonly string[] | undefined {
  for (const [name, value] of Object.entries(record)) {
    if (!TEXT_FIELD.test(flat(name))) continue
    if (typeof value === 'string' && value.length >= LEAST_TEXT) return value.split(/\r\n|\n/)
    if (Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string')) {
      return value as readonly string[]
    }
  }
  return undefined
}

function numberedLines(lines: readonly string[]): { first: number; lines: string[] } | undefined {
  const matches = lines.map((line) => NUMBERED.exec(line))
  const first = Number(matches[0]?.[1])
  if (!matches.every((match, index) => match && Number(match[1]) === first + index)) return undefined
  return { first, lines: matches.map((match) => match?.[2] ?? '') }
}

function covers(hit: JsonObject, file: string | undefined, first: number, last: number): boolean {
  if (file === undefined || typeof hit['heading'] !== 'string') return false
  const by = fieldsByRole(hit)
  const [start, end] = [by('startLine'), by('endLine')]
  if (by('file') !== file || typeof start !== 'number' || typeof end !== 'number') return false
  return start <= last && end >= first
}

/** Text of the sources at a place, for judging what is said to stand there. */
export function textAt(
  sources: readonly Source[],
  file: string,
  startLine: number,
  endLine: number,
): string | undefined {
  const parts = sources
    .filter((source) => source.file === file && source.startLine <= endLine && source.endLine >= startLine)
    .map((source) =>
      source.exact
        ? source.lines.slice(Math.max(0, startLine - source.startLine), endLine - source.startLine + 1).join('\n')
        : source.lines.join('\n'),
    )
  return parts.length > 0 ? parts.join('\n') : undefined
}
