/** A project's files, what a set of changes makes of them, and the difference as people read it. */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidRequest } from 'baton'
import * as z from 'zod'

const PATH = /^(?!\.)(?!.*(?:^|\/)\.)[A-Za-z0-9_./-]{1,200}$/
const TEST = /(^|\/)test\/|\.test\.[a-z]+$/
const MOST_FILES = 200
const MOST_BYTES = 2 * 1024 * 1024

export const Change = z.strictObject({
  file: z.string().regex(PATH, 'a path within the project, e.g. src/index.js'),
  text: z.string().max(100_000).describe('the whole file as it will be'),
})
export type Change = z.infer<typeof Change>
export const Changes = z.array(Change).max(20)

/** A file that changes, as it was found; null: it is new. What is no longer so is not written over. */
export const Before = z.strictObject({ file: z.string(), sha256: z.string().nullable() })

export function isTest(file: string): boolean {
  return TEST.test(file)
}

/** @returns text by path. Installed packages, hidden files and links are left out. @throws InvalidRequest */
export function readProject(folder: string): Map<string, string> {
  const files = new Map<string, string>()
  const waiting = ['']
  let bytes = 0
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    for (const entry of readdirSync(join(realpathSync(folder), at), { withFileTypes: true })) {
      const name = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      if (entry.isDirectory()) waiting.push(name)
      if (!entry.isFile()) continue
      bytes += lstatSync(join(folder, name)).size
      if (files.size >= MOST_FILES || bytes > MOST_BYTES) {
        const message = `${folder} has more than ${MOST_FILES} files or ${MOST_BYTES} bytes`
        throw new InvalidRequest({ message, next: 'Name the folder of one small project.' })
      }
      files.set(name, readFileSync(join(folder, name), 'utf8'))
    }
  }
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function withChanges(files: ReadonlyMap<string, string>, changes: readonly Change[]): Map<string, string> {
  return new Map([...files, ...changes.map(({ file, text }) => [file, text] as const)])
}

export function sha256Of(value: unknown): string {
  return createHash('sha256')
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex')
}

export function beforeOf(files: ReadonlyMap<string, string>, changes: readonly Change[]): z.infer<typeof Before>[] {
  return changes.map(({ file }) => {
    const text = files.get(file)
    return { file, sha256: text === undefined ? null : sha256Of(text) }
  })
}

/** Lines that stay around what changes. */
const AROUND = 3

/** Unified, as `diff -u` gives it. */
export function diffOf(files: ReadonlyMap<string, string>, changes: readonly Change[]): string {
  return changes.map(({ file, text }) => diffFile(file, files.get(file), text)).join('')
}

function diffFile(file: string, before: string | undefined, after: string): string {
  if (before === after) return ''
  const lines = compared(linesOf(before ?? ''), linesOf(after))
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((l) => l.mark !== ' '))
  const parts: string[] = [`--- ${before === undefined ? '/dev/null' : `a/${file}`}\n+++ b/${file}\n`]
  let [old, now] = [1, 1]
  for (let at = 0; at < lines.length; ) {
    let end = at
    while (end < lines.length && near[end] === near[at]) end += 1
    const hunk = lines.slice(at, end)
    const [olds, news] = ['+', '-'].map((other) => hunk.filter(({ mark }) => mark !== other).length) as [number, number]
    if (near[at])
      parts.push(
        `@@ -${olds === 0 ? old - 1 : old},${olds} +${now},${news} @@\n`,
        ...hunk.map(({ mark, text }) => `${mark}${text}\n`),
      )
    old += olds
    now += news
    at = end
  }
  return parts.join('')
}

interface Line {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

/** By the longest common subsequence of what is left between equal beginnings and ends. */
function compared(before: readonly string[], after: readonly string[]): Line[] {
  let from = 0
  while (from < before.length && from < after.length && before[from] === after[from]) from += 1
  let till = 0
  while (till < Math.min(before.length, after.length) - from && before.at(-1 - till) === after.at(-1 - till)) till += 1
  const [a, b] = [before.slice(from, before.length - till), after.slice(from, after.length - till)]
  const same = (text: string): Line => ({ mark: ' ', text })
  return [...before.slice(0, from).map(same), ...between(a, b), ...before.slice(before.length - till).map(same)]
}

function between(a: readonly string[], b: readonly string[]): Line[] {
  const longest = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = longest[i]
    if (row === undefined) continue
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: ' ', text: a[i] ?? '' })
      i += 1
      j += 1
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      lines.push({ mark: '-', text: a[i++] ?? '' })
    else lines.push({ mark: '+', text: b[j++] ?? '' })
  }
  return lines
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}
