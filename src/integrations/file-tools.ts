/**
 * `fileTools`: text files of one folder. Reading is in lines and bounded; changes happen once for a call and never
 * leave half a file. In an account a function has no disk that lasts: name a folder of the bundle to read, or /tmp for
 * scratch.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { defineTool, type Tool, type ToolApproval, type ToolContext } from '../define/tool.ts'
import { InvalidRequest } from '../errors.ts'
import { sha256 } from '../schema/sha256.ts'
import { changeFile, type FileChange } from './file-changes.ts'
import { OWN_FOLDER, placeIn, rootOf } from './file-root.ts'
import { type IntegrationRate, rateOf } from './rate-of.ts'

export interface FileTools {
  /** Tools are named `<name>_list`, `<name>_read`, … */
  readonly name: string
  /** A folder, or the setting by which the operator names one for a run. */
  readonly root: { readonly folder: string } | { readonly setting: string }
  /** Further tools: `write`, `append`, `delete`. @default none: files are read only */
  readonly write?: {
    readonly approval?: ToolApproval<{ readonly file: string }>
    /** Bytes that a file may have. @default 1 MiB */
    readonly mostBytes?: number
  }
  readonly rateLimit?: IntegrationRate
  /** Whether strangers write there: uploads, mails. @default false */
  readonly untrusted?: boolean
}

type ReadingTools = { readonly list: Tool; readonly read: Tool }
type WritingTools = { readonly write: Tool; readonly append: Tool; readonly delete: Tool }

const MOST_ENTRIES = 500
const MOST_FILE_BYTES = 4 * 1024 * 1024
const MOST_LINES = 400
const MOST_CHARACTERS = 24_000
const WRITE_BYTES = 1024 * 1024

const File = z.string().min(1).max(1_000).describe('path within the folder, with /')
const Changed = z.strictObject({ file: z.string(), bytes: z.int(), sha256: z.string().nullable() })

export function fileTools<Options extends FileTools>(
  options: Options,
): Options extends { readonly write: object } ? ReadingTools & WritingTools : ReadingTools {
  const tools = { ...readingTools(options), ...(options.write && writingTools(options, options.write)) }
  return tools as Options extends { readonly write: object } ? ReadingTools & WritingTools : ReadingTools
}

function commonOf({ root, name, rateLimit, untrusted }: FileTools) {
  const settings =
    'setting' in root
      ? z.looseObject({
          [root.setting]: z
            .string()
            .min(1)
            .meta({ format: 'path', description: `Folder of ${name}` }),
        })
      : z.looseObject({})
  return { settings, ...rateOf(name, rateLimit), ...(untrusted && { untrusted }) }
}

function folderOf({ root }: FileTools, { settings }: ToolContext<unknown>): string {
  const folder = 'folder' in root ? root.folder : (settings as Readonly<Record<string, unknown>>)[root.setting]
  return rootOf(String(folder))
}

function readingTools(options: FileTools): ReadingTools {
  const common = commonOf(options)
  return {
    list: defineTool({
      ...common,
      name: `${options.name}_list`,
      description: `Lists the files of a folder and of the folders within, at most ${MOST_ENTRIES}.`,
      input: z.strictObject({ folder: z.string().max(1_000).default('.').describe('path within; ".": all') }),
      output: z.strictObject({
        files: z.array(z.strictObject({ file: z.string(), bytes: z.int() })),
        isCut: z.boolean(),
      }),
      effect: 'read',
      run: async ({ folder }, context) => listFiles(folderOf(options, context), folder),
    }),
    read: defineTool({
      ...common,
      name: `${options.name}_read`,
      description: `Reads lines of a text file, at most ${MOST_LINES} a call. Lines are counted from 1.`,
      input: z.strictObject({
        file: File,
        startLine: z.int().positive().default(1),
        endLine: z.int().positive().default(MOST_LINES).describe('last line, included'),
      }),
      output: z.strictObject({
        file: z.string(),
        startLine: z.int(),
        endLine: z.int(),
        lastLineOfFile: z.int(),
        text: z.string(),
        sha256: z.string().describe('of the whole file'),
      }),
      effect: 'read',
      run: async (input, context) => {
        const found = readLines(folderOf(options, context), input)
        const { file: uri, startLine, endLine, sha256 } = found
        context.reads({ uri, sha256, ...(endLine >= startLine && { lines: [startLine, endLine] }) })
        return found
      },
    }),
  }
}

function writingTools(
  options: FileTools,
  { approval, mostBytes = WRITE_BYTES }: NonNullable<FileTools['write']>,
): WritingTools {
  const common = { ...commonOf(options), output: Changed, effect: 'keyed' as const, ...(approval && { approval }) }
  const change = (file: string, context: ToolContext<unknown>, change: FileChange) => {
    const { callId, fence } = context
    return changeFile({ root: folderOf(options, context), callId, fence, now: context.now(), mostBytes }, file, change)
  }
  const Text = z.string().max(mostBytes)
  return {
    write: defineTool({
      ...common,
      name: `${options.name}_write`,
      description: 'Writes a whole text file, in the place of what was there. Folders are made.',
      input: z.strictObject({
        file: File,
        text: Text,
        ifSha256: z
          .string()
          .nullable()
          .optional()
          .describe('writes only if the file is as it was read; null: only if there is none'),
      }),
      run: async ({ file, text, ifSha256 }, context) => change(file, context, { kind: 'write', text, ifSha256 }),
    }),
    append: defineTool({
      ...common,
      name: `${options.name}_append`,
      description: 'Adds text at the end of a file, or makes it.',
      input: z.strictObject({ file: File, text: Text }),
      run: async ({ file, text }, context) => change(file, context, { kind: 'append', text }),
    }),
    delete: defineTool({
      ...common,
      name: `${options.name}_delete`,
      description: 'Deletes a file.',
      input: z.strictObject({ file: File }),
      run: async ({ file }, context) => change(file, context, { kind: 'delete' }),
    }),
  }
}

function listFiles(root: string, folder: string): { files: { file: string; bytes: number }[]; isCut: boolean } {
  const files: { file: string; bytes: number }[] = []
  const waiting = [placeIn(root, folder)]
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    if (!lstatSync(at.path, { throwIfNoEntry: false })?.isDirectory()) throw noSuch(at.name, 'folder')
    const entries = readdirSync(at.path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (at.path === root && entry.name === OWN_FOLDER) continue
      const name = at.name === '.' ? entry.name : `${at.name}/${entry.name}`
      const path = join(at.path, entry.name)
      if (files.length + waiting.length >= MOST_ENTRIES) return { files, isCut: true }
      if (entry.isDirectory()) waiting.push({ name, path })
      else if (entry.isFile()) files.push({ file: name, bytes: lstatSync(path).size })
    }
  }
  return { files, isCut: false }
}

interface Asked {
  readonly file: string
  readonly startLine: number
  readonly endLine: number
}

function readLines(root: string, { file, startLine, endLine }: Asked) {
  const { name, path } = placeIn(root, file)
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (!status?.isFile()) throw noSuch(name, 'file')
  if (status.size > MOST_FILE_BYTES) throw tooMuch(`${name} has ${status.size} bytes of ${MOST_FILE_BYTES}`)
  const bytes = readFileSync(path)
  if (bytes.subarray(0, 8_192).includes(0)) throw tooMuch(`${name} is no text`)
  const lines = bytes.toString('utf8').split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  if (startLine > Math.max(1, lines.length) || endLine < startLine) {
    throw tooMuch(`lines ${startLine} to ${endLine} were asked for; ${name} has ${lines.length}`)
  }
  const taken: string[] = []
  let characters = 0
  for (const line of lines.slice(startLine - 1, Math.min(endLine, startLine - 1 + MOST_LINES))) {
    characters += line.length
    if (characters > MOST_CHARACTERS && taken.length > 0) break
    taken.push(line.slice(0, MOST_CHARACTERS))
  }
  const last = startLine - 1 + taken.length
  const text = taken.join('\n')
  return { file: name, startLine, endLine: last, lastLineOfFile: lines.length, text, sha256: sha256(bytes) as string }
}

function noSuch(name: string, kind: 'file' | 'folder'): InvalidRequest {
  return new InvalidRequest({ message: `there is no ${kind} ${name}`, next: 'List the files.' })
}

function tooMuch(message: string): InvalidRequest {
  return new InvalidRequest({ message, next: 'Ask for another file, or other lines.' })
}
