/** Reads a batch: the CSV and JSON files of one folder, each row with the line on which it begins. Judges no value. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidRequest } from 'baton'
import * as z from 'zod'
import type { Rates } from './order.ts'

export interface Row {
  readonly line: number
  readonly values: Readonly<Record<string, unknown>>
}

export interface BatchFile {
  readonly file: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** Lines that are no row at all. */
  readonly broken: readonly { readonly line: number; readonly problem: string }[]
}

export interface Batch {
  readonly name: string
  /** Of all bytes that the outcome depends on. */
  readonly sha256: string
  readonly files: readonly BatchFile[]
  readonly customers: ReadonlySet<string>
  readonly rates: Rates
}

/** A folder's name, so that nobody names another place. */
export const BatchName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$/, 'name a folder of the data, e.g. 2026-03-02')
  .describe('a folder of the data')

const MOST_FILES = 20
const MOST_BYTES = 8 * 1024 * 1024

/**
 * @param data Holds `reference/customers.csv`, `reference/rates.json` and a folder for each batch.
 * @throws InvalidRequest where something is not there, is too large, or is no CSV or JSON.
 */
export function readBatch(data: string, name: string): Batch {
  const hash = createHash('sha256')
  const read = (file: string) => {
    const path = join(data, file)
    if (!existsSync(path)) throw refused(`${path} is not there`, 'Name the folder of the data with --batches DIR.')
    if (statSync(path).size > MOST_BYTES) throw refused(`${file} is larger than ${MOST_BYTES} bytes`, 'Split it.')
    const bytes = readFileSync(path)
    hash.update(`${file}\0${bytes.length}\0`).update(bytes)
    return bytes.toString('utf8').replace(/^\uFEFF/, '')
  }
  const folder = join(data, BatchName.parse(name))
  if (!existsSync(folder)) throw refused(`there is no batch ${folder}`, 'Name a batch that is there.')
  const names = readdirSync(folder).filter((file) => /\.(csv|json)$/.test(file))
  if (names.length === 0 || names.length > MOST_FILES) {
    throw refused(`${folder} holds ${names.length} files, not 1 to ${MOST_FILES}`, 'Put CSV and JSON files there.')
  }
  const rates = z.record(z.string(), z.number().positive()).parse(JSON.parse(read('reference/rates.json')))
  const { rows } = csvOf('customers.csv', read('reference/customers.csv'))
  const customers = new Set(rows.map(({ values }) => String(values['customer'])))
  const files = names.toSorted().map((file) => {
    const text = read(`${name}/${file}`)
    return file.endsWith('.csv') ? csvOf(file, text) : jsonOf(file, text)
  })
  return { name, files, rates, customers, sha256: hash.digest('hex') }
}

/** The mark between values is the one of `;`, `,` and tab that the first line has most of. */
function csvOf(file: string, text: string): BatchFile {
  const [first = '', ...lines] = text.split(/\r?\n/)
  const mark = [';', ',', '\t'].toSorted((a, b) => first.split(b).length - first.split(a).length)[0] ?? ','
  const columns = cellsOf(first, mark)
  if (columns.length < 2) throw refused(`the first line of ${file} names no columns`, 'Give it a line of names.')
  const rows: Row[] = []
  const broken: { line: number; problem: string }[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const cells = cellsOf(line, mark)
    const place = index + 2
    if (cells.length === columns.length) {
      rows.push({ line: place, values: Object.fromEntries(columns.map((column, at) => [column, cells[at]])) })
    } else broken.push({ line: place, problem: `the line has ${cells.length} values for ${columns.length} columns` })
  }
  return { file, columns, rows, broken }
}

/** A value may stand in quotes, which it doubles within. */
function cellsOf(line: string, mark: string): string[] {
  const cells: string[] = []
  let cell = ''
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? ''
    if (letter === '"' && isQuoted && line[at + 1] === '"') {
      cell += '"'
      at += 1
    } else if (letter === '"') isQuoted = !isQuoted
    else if (letter === mark && !isQuoted) {
      cells.push(cell.trim())
      cell = ''
    } else cell += letter
  }
  return [...cells, cell.trim()]
}

/** A list of objects. */
function jsonOf(file: string, text: string): BatchFile {
  const list = z.array(z.unknown()).safeParse(parsed(file, text))
  if (!list.success) throw refused(`${file} is no list`, 'Give it a list of objects: [{ … }, { … }].')
  const lines = linesOfItems(text)
  const rows: Row[] = []
  const broken: { line: number; problem: string }[] = []
  for (const [index, item] of list.data.entries()) {
    const line = lines[index] ?? 1
    const values = z.record(z.string(), z.unknown()).safeParse(item)
    if (values.success) rows.push({ line, values: values.data })
    else broken.push({ line, problem: `${JSON.stringify(item).slice(0, 60)} is no object` })
  }
  return { file, columns: [...new Set(rows.flatMap(({ values }) => Object.keys(values)))], rows, broken }
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw refused(`${file} is no JSON: ${(error as Error).message}`, 'Have it written again.')
  }
}

/** On which line each item of the outermost list begins, of text that is JSON. */
function linesOfItems(text: string): number[] {
  const lines: number[] = []
  let [line, depth, isText, isNext] = [1, 0, false, false]
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? ''
    if (letter === '\n') line += 1
    if (isText) {
      if (letter === '\\') at += 1
      else if (letter === '"') isText = false
      continue
    }
    if (isNext && depth === 1 && !/[\s\]]/.test(letter)) {
      lines.push(line)
      isNext = false
    }
    if (letter === '"') isText = true
    else if (letter === '[' || letter === '{') {
      depth += 1
      isNext ||= depth === 1
    } else if (letter === ']' || letter === '}') depth -= 1
    else if (letter === ',' && depth === 1) isNext = true
  }
  return lines
}

function refused(message: string, next: string): InvalidRequest {
  return new InvalidRequest({ message, next })
}
