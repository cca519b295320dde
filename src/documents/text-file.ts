/** Reads one file as lines of text, or says that it is no text. Bounds and paths are the corpus' business. */
import { readFile } from 'node:fs/promises'
import { sha256 } from '../schema/sha256.ts'

export interface TextFile {
  readonly lines: readonly string[]
  /** Of the file's bytes, hexadecimal. */
  readonly sha256: string
  readonly bytes: number
}

/** Bytes looked at to tell text from binary data. */
const SNIFFED = 8_192
/** Share of undecodable characters above which data counts as binary. */
const MOST_REPLACED = 0.02

/** @throws what the file system says of an unreadable file. */
export async function readTextFile(absolute: string): Promise<TextFile | undefined> {
  const data = await readFile(absolute)
  const text = decode(data)
  if (text === undefined) return undefined
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return { lines, sha256: sha256(data), bytes: data.length }
}

function decode(data: Buffer): string | undefined {
  if (data[0] === 0xff && data[1] === 0xfe) return new TextDecoder('utf-16le').decode(data)
  if (data[0] === 0xfe && data[1] === 0xff) return new TextDecoder('utf-16be').decode(data)
  const head = data.subarray(0, SNIFFED)
  if (head.includes(0)) return undefined
  const sample = head.toString('utf8')
  const replaced = sample.split('\uFFFD').length - 1
  if (replaced > 1 && replaced > sample.length * MOST_REPLACED) return undefined
  return data.toString('utf8').replace(/^\uFEFF/, '')
}
