/**
 * Finds the text documents below a folder, bounded and never outside it. Says of every document that it leaves out why.
 * Reads directory entries only; whether a file's content is text is found out when it is read.
 */
import type { Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { InvalidRequest } from '../errors.ts'

export interface DocumentLimits {
  /** Documents beyond this many are left out. */
  readonly maxDocuments: number
  /** A larger file is left out, unread. */
  readonly maxFileBytes: number
  /** Documents beyond this sum are left out. */
  readonly maxTotalBytes: number
  /** Directory entries looked at, of whatever kind. */
  readonly maxEntries: number
  readonly maxDepth: number
}

export const defaultDocumentLimits: DocumentLimits = {
  maxDocuments: 20_000,
  maxFileBytes: 4 * 1024 * 1024,
  maxTotalBytes: 64 * 1024 * 1024,
  maxEntries: 500_000,
  maxDepth: 32,
}

export type SkipReason =
  | 'too large'
  | 'not text'
  | 'unreadable'
  | 'link out of the folder'
  | 'over the limit of documents'
  | 'licence, change log or translation'

export interface SkippedDocument {
  /** Path below the folder, with `/`. */
  readonly file: string
  readonly reason: SkipReason
}

export interface FoundDocument {
  readonly file: string
  readonly bytes: number
}

export interface Walk {
  /** The folder, every link in its path resolved. */
  readonly root: string
  /** Sorted by path, so that equal folders give equal answers. */
  readonly documents: readonly FoundDocument[]
  readonly skipped: readonly SkippedDocument[]
}

const DOCUMENT = /\.(?:md|mdx|markdown|txt|text|rst|adoc|asciidoc|org)$/i
const NO_DOCUMENTATION =
  /^(?:changelog|changes|history|releases?|licen[cs]es?|copying|notice|authors|contributors|contributing|code[-_]of[-_]conduct|security|third[-_ ]?party.*|readme\.(?!md$)[a-z]{2}(?:-[a-z]{2})?)\.(?:md|txt|rst|markdown)$/i
const NO_FOLDERS = new Set(['node_modules', '__pycache__', 'cdk.out'])

interface Candidates {
  readonly files: string[]
  readonly skipped: SkippedDocument[]
}

/** Directory and file questions asked of the file system at a time. */
const AT_ONCE = 32

/** @throws InvalidRequest where there is no such folder, or it cannot be read. */
export async function walkDocuments(directory: string, limits: DocumentLimits): Promise<Walk> {
  const root = await rootOf(directory)
  const { files, skipped } = await candidatesIn(root, limits)
  files.sort()
  const documents: FoundDocument[] = []
  let total = 0
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const names = files.slice(start, start + AT_ONCE)
    const facts = await Promise.all(names.map((file) => stat(path.join(root, file)).catch(() => undefined)))
    for (const [index, file] of names.entries()) {
      const fact = facts[index]
      const bytes = fact?.size ?? 0
      const reason = skipReason(file, fact, documents.length, total, limits)
      if (reason) skipped.push({ file, reason })
      else {
        total += bytes
        documents.push({ file, bytes })
      }
    }
  }
  return { root, documents, skipped }
}

/** Breadth first, a few folders at a time, in an order that does not depend on which answer comes first. */
async function candidatesIn(root: string, limits: DocumentLimits): Promise<Candidates> {
  const files: string[] = []
  const skipped: SkippedDocument[] = []
  let entries = 0
  let level = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    const below: string[] = []
    for (let start = 0; start < level.length; start += AT_ONCE) {
      const folders = level.slice(start, start + AT_ONCE)
      const listings = await Promise.all(
        folders.map((folder) => readdir(folder, { withFileTypes: true }).catch(() => undefined)),
      )
      for (const [index, folder] of folders.entries()) {
        const children = listings[index]
        if (!children) skipped.push({ file: relativeTo(root, folder), reason: 'unreadable' })
        for (const child of children ?? []) {
          entries += 1
          const absolute = path.join(folder, child.name)
          if (child.isDirectory()) {
            if (isWanted(child.name)) below.push(absolute)
          } else if (child.isSymbolicLink()) {
            // Never followed: what it names inside the folder is found under its own name, and loops cannot be.
            const reason = await linkReason(root, absolute, child.name)
            if (reason) skipped.push({ file: relativeTo(root, absolute), reason })
          } else if (DOCUMENT.test(child.name)) files.push(relativeTo(root, absolute))
        }
      }
      if (entries > limits.maxEntries) return { files, skipped }
    }
    if (depth >= limits.maxDepth) return { files, skipped }
    level = below
  }
  return { files, skipped }
}

function skipReason(
  file: string,
  facts: Stats | undefined,
  documents: number,
  bytes: number,
  limits: DocumentLimits,
): SkipReason | undefined {
  if (NO_DOCUMENTATION.test(path.posix.basename(file))) return 'licence, change log or translation'
  if (!facts) return 'unreadable'
  if (!facts.isFile()) return 'not text'
  if (facts.size > limits.maxFileBytes) return 'too large'
  const full = documents >= limits.maxDocuments || bytes + facts.size > limits.maxTotalBytes
  return full ? 'over the limit of documents' : undefined
}

function isInside(root: string, absolute: string): boolean {
  const relative = path.relative(root, absolute)
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative))
}

async function rootOf(directory: string): Promise<string> {
  const next =
    'Put text documents (.md, .txt, .rst, .adoc) there and resume, or start a new run over another folder: --documents DIR'
  if (directory.trim() === '') throw new InvalidRequest({ message: 'No folder of documents was given.', next })
  let root: string
  try {
    root = await realpath(directory)
    if ((await stat(root)).isDirectory()) {
      await readdir(root)
      return root
    }
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const fault = missing ? 'does not exist' : `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`
    throw new InvalidRequest({ message: `The folder of documents ${JSON.stringify(directory)} ${fault}.`, next, cause })
  }
  throw new InvalidRequest({ message: `${JSON.stringify(directory)} is a file; a folder is expected.`, next })
}

async function linkReason(root: string, absolute: string, name: string): Promise<SkipReason | undefined> {
  const target = await realpath(absolute).catch(() => undefined)
  if (!target) return DOCUMENT.test(name) ? 'unreadable' : undefined
  if (isInside(root, target)) return undefined
  const facts = await stat(target).catch(() => undefined)
  return facts?.isDirectory() || DOCUMENT.test(name) ? 'link out of the folder' : undefined
}

function isWanted(folder: string): boolean {
  return !folder.startsWith('.') && !NO_FOLDERS.has(folder)
}

/** With `/` between its parts, as in `FoundDocument`. */
export function relativeTo(root: string, absolute: string): string {
  return path.relative(root, absolute).split(path.sep).join('/')
}
