/**
 * A folder of text documents to search and read: what `openCorpus` gives. The index is built on the first search, once in
 * a process, and never outlives it. Not responsible for who may read what: the folder is the operator's choice.
 */
import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { InvalidRequest } from '../errors.ts'
import { passagesOf } from './passages.ts'
import { type PassageHit, SearchIndex } from './search-index.ts'
import { readTextFile, type TextFile } from './text-file.ts'
import {
  type DocumentLimits,
  defaultDocumentLimits,
  type FoundDocument,
  relativeTo,
  type SkippedDocument,
  type Walk,
  walkDocuments,
} from './walk.ts'

export interface DocumentHit extends Omit<PassageHit, 'document'> {
  readonly file: string
}

export interface DocumentSearch {
  /** Best first. */
  readonly hits: readonly DocumentHit[]
  /** For each word of the query, stemmed: the passages that hold it. */
  readonly passagesWith: Readonly<Record<string, number>>
  /** Passages in all. */
  readonly passages: number
}

/** Bytes of documents kept in memory after reading, least recently used dropped first. */
const KEPT_BYTES = 32 * 1024 * 1024
const READ_AT_ONCE = 16
/** Milliseconds of index building after which others get their turn. */
const TURN_MS = 12

export class Corpus {
  readonly root: string
  readonly documents: readonly FoundDocument[]
  readonly #limits: DocumentLimits
  readonly #skipped: SkippedDocument[]
  readonly #names: ReadonlySet<string>
  readonly #kept = new Map<string, TextFile & { readonly modifiedMs: number }>()
  #keptBytes = 0
  #index: Promise<SearchIndex> | undefined

  constructor(walk: Walk, limits: DocumentLimits) {
    this.root = walk.root
    this.documents = walk.documents
    this.#names = new Set(walk.documents.map(({ file }) => file))
    this.#skipped = [...walk.skipped]
    this.#limits = limits
  }

  /** Grows while the index is built: whether a file is text shows when it is read. */
  get skipped(): readonly SkippedDocument[] {
    return this.#skipped
  }

  /** The first call builds the index; calls meanwhile wait for the same one. */
  async search(query: string, limit: number): Promise<DocumentSearch> {
    this.#index ??= this.#build()
    const index = await this.#index
    const { hits, passagesWith } = index.search(query, limit)
    const named = hits.map(({ document, ...hit }) => ({ ...hit, file: this.documents[document]?.file ?? '' }))
    return { hits: named, passagesWith, passages: index.passages }
  }

  /** @throws InvalidRequest where the file is none of `documents`, or no longer a readable text. */
  async read(file: string): Promise<TextFile> {
    const fault = (what: string) =>
      new InvalidRequest({
        message: `${JSON.stringify(file.slice(0, 200))} ${what}.`,
        next: 'Name a file as a search result gives it, relative to the folder of documents.',
      })
    const absolute = await realpath(path.resolve(this.root, file)).catch(() => undefined)
    // One message for all, so that nobody learns which other files exist. A link to a document is that document.
    if (!absolute || !this.#names.has(relativeTo(this.root, absolute))) throw fault('is no document of this folder')
    const facts = await stat(absolute)
    if (!facts.isFile()) throw fault('is not a file')
    if (facts.size > this.#limits.maxFileBytes) throw fault(`has ${facts.size} bytes, more than a document may have`)
    const kept = this.#kept.get(absolute)
    if (kept && kept.modifiedMs === facts.mtimeMs && kept.bytes === facts.size) return kept
    const read = await readTextFile(absolute).catch(() => undefined)
    if (!read) throw fault('cannot be read as text')
    this.#keep(absolute, { ...read, modifiedMs: facts.mtimeMs })
    return read
  }

  async #build(): Promise<SearchIndex> {
    const index = new SearchIndex()
    let turn = performance.now()
    for (let start = 0; start < this.documents.length; start += READ_AT_ONCE) {
      const group = this.documents.slice(start, start + READ_AT_ONCE)
      const texts = await Promise.all(group.map(({ file }) => this.#readForIndex(file)))
      for (const [offset, text] of texts.entries()) {
        const file = group[offset]?.file
        if (text && file) index.add(start + offset, file, passagesOf(text.lines))
        if (performance.now() - turn < TURN_MS) continue
        await yieldToOthers()
        turn = performance.now()
      }
    }
    return index
  }

  async #readForIndex(file: string): Promise<TextFile | undefined> {
    try {
      const text = await readTextFile(path.join(this.root, file))
      if (!text) this.#skipped.push({ file, reason: 'not text' })
      return text
    } catch {
      this.#skipped.push({ file, reason: 'unreadable' })
      return undefined
    }
  }

  #keep(absolute: string, text: TextFile & { readonly modifiedMs: number }): void {
    this.#keptBytes += text.bytes - (this.#kept.get(absolute)?.bytes ?? 0)
    this.#kept.delete(absolute)
    this.#kept.set(absolute, text)
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break
      this.#kept.delete(oldest)
      this.#keptBytes -= bytes
    }
  }
}

/** Folders whose corpus stays in memory, so that all agents of a process share one index. */
const MOST_OPEN = 4
const open = new Map<string, Promise<Corpus>>()

/**
 * The corpus of a folder, as the folder was when this process first opened it.
 * @throws InvalidRequest where the folder is missing, unreadable, or holds no text document.
 */
export function openCorpus(directory: string, limits: Partial<DocumentLimits> = {}): Promise<Corpus> {
  const all = { ...defaultDocumentLimits, ...limits }
  const key = `${path.resolve(directory)}\n${JSON.stringify(all)}`
  const known = open.get(key)
  if (known) return known
  const opening = directory.trim() === '' ? openFolder('', all) : openFolder(path.resolve(directory), all)
  open.set(key, opening)
  opening.catch(() => open.delete(key))
  for (const oldest of open.keys()) {
    if (open.size <= MOST_OPEN) break
    open.delete(oldest)
  }
  return opening
}

async function openFolder(directory: string, limits: DocumentLimits): Promise<Corpus> {
  const walk = await walkDocuments(directory, limits)
  if (walk.documents.length === 0) {
    const skipped = walk.skipped.length > 0 ? ` (left out: ${summarizeSkipped(walk.skipped)})` : ''
    throw new InvalidRequest({
      message: `The folder ${JSON.stringify(directory)} holds no text documents${skipped}.`,
      next: 'Put text documents (.md, .txt, .rst, .adoc) there and resume, or start a new run over another folder: --documents DIR',
    })
  }
  return new Corpus(walk, limits)
}

/** `2 too large, 1 unreadable`. */
export function summarizeSkipped(skipped: readonly SkippedDocument[]): string {
  const counts = new Map<string, number>()
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ')
}
