/**
 * `teamBundle`: a team's two assets: `agents` for what asks models and runs tools, `control` for what runs around them. What
 * few starts need (S3's client, the offline model) lies in files of its own, loaded when it is needed. Made once a process;
 * the same team gives the same bytes, so that nothing is deployed again without need.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync, type Metafile } from 'esbuild'
import { InvalidDefinition, InvalidRequest } from '../src/errors.ts'
import type { PriceList } from '../src/models/prices.ts'

export interface TeamBundleProps {
  /** The file whose default export is the team. */
  readonly teamFile: string
  readonly prices: PriceList
  /** Folders that the agents read, by the name under which they find them. @default none */
  readonly folders?: Readonly<Record<string, string>> | undefined
}

export interface TeamBundle {
  readonly agents: Bundle
  readonly control: Bundle
}

export interface Bundle {
  /** What is uploaded. Gone when the process ends. */
  readonly folder: string
  /** Of the code that every start loads. */
  readonly bytes: number
  /** What went into which file. */
  readonly metafile: Metafile
}

/** `require` for packages that are no ES modules. */
const BANNER = "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);"
const ENTRY = 'index.mjs'
const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

const MADE = new Map<string, TeamBundle>()

/** @throws InvalidRequest for a file or folder that is not there; InvalidDefinition for a team that cannot be bundled. */
export function teamBundle({ teamFile, prices, folders = {} }: TeamBundleProps): TeamBundle {
  const file = resolve(teamFile)
  requirePath(file, 'isFile', 'Name the file that ends with `export default defineTeam(…)`.')
  for (const [name, folder] of Object.entries(folders)) requireFolder(name, folder)
  const key = JSON.stringify([file, prices, folders])
  const known = MADE.get(key)
  if (known !== undefined) return known
  const target = temporaryFolder()
  const made = {
    agents: bundle(file, join(target, 'agents'), [
      `export const agent = agentHandler({ team, prices: ${JSON.stringify(prices)} })`,
      'export const tool = toolHandler({ team })',
    ]),
    control: bundle(file, join(target, 'control'), [
      'export const api = apiHandler({ team })',
      'export const control = controlHandler({ team })',
      'export const start = startHandler({ team })',
      'export const runEnded = runEndedHandler({ team })',
      'export const release = releaseHandler({ team })',
      'export const seal = sealHandler({ team })',
    ]),
  }
  for (const [name, folder] of Object.entries(folders)) {
    cpSync(folder, join(target, 'agents', name), { recursive: true, dereference: true })
  }
  MADE.set(key, made)
  return made
}

function bundle(teamFile: string, folder: string, exports: readonly string[]): Bundle {
  const handlers = exports.map((line) => /\w+Handler/.exec(line)?.[0])
  const contents = [
    `import team from ${JSON.stringify(`./${basename(teamFile)}`)}`,
    `import { ${handlers.join(', ')} } from ${JSON.stringify(FUNCTIONS)}`,
    ...exports,
  ].join('\n')
  const resolveDir = dirname(teamFile)
  const { outputFiles, metafile } = build(teamFile, { contents, resolveDir, sourcefile: 'index.ts', loader: 'ts' })
  // What only the other bundle's handlers would load is left out.
  const names = new Set(filesFrom(metafile, ['import-statement', 'dynamic-import']).map((path) => basename(path)))
  mkdirSync(folder, { recursive: true })
  for (const { path, contents } of outputFiles) {
    const name = basename(path)
    if (names.has(name.replace(/\.map$/, ''))) writeFileSync(join(folder, name), contents)
  }
  const first = filesFrom(metafile, ['import-statement'])
  return { folder, bytes: first.reduce((sum, path) => sum + (metafile.outputs[path]?.bytes ?? 0), 0), metafile }
}

/** The entry, and the files that it comes to load by imports of these kinds. */
export function filesFrom({ outputs }: Metafile, kinds: readonly string[]): readonly string[] {
  const found = new Set(Object.keys(outputs).filter((path) => basename(path) === ENTRY))
  for (const path of found) {
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
      if (external !== true && kinds.includes(kind)) found.add(next)
    }
  }
  return [...found]
}

function build(teamFile: string, stdin: { contents: string; resolveDir: string; sourcefile: string; loader: 'ts' }) {
  try {
    return buildSync({
      stdin,
      bundle: true,
      write: false,
      // Where it would lie: paths in the source map are told from there, and stay the same on every machine.
      outdir: stdin.resolveDir,
      entryNames: 'index',
      outExtension: { '.js': '.mjs' },
      splitting: true,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      conditions: CONDITIONS,
      minify: true,
      sourcemap: 'linked',
      sourcesContent: false,
      banner: { js: BANNER },
      logLevel: 'silent',
    })
  } catch (error) {
    throw notBundled(teamFile, error)
  }
}

/** From its sources this package is bundled from its sources, from its build from its build: never half and half. */
const IS_SOURCE = import.meta.url.endsWith('.ts')
/** `module` is one only as long as no other is named. */
const CONDITIONS = IS_SOURCE ? ['baton-source', 'module'] : ['module']
const FUNCTIONS = functionsModule()

/** This package's own functions, wherever the team's file lies. */
function functionsModule(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  return IS_SOURCE ? join(here, '../functions/index.ts') : join(here, 'functions.js')
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-bundle-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function requireFolder(name: string, folder: string): void {
  if (!FOLDER_NAME.test(name)) {
    throw new InvalidRequest({
      message: `folders: ${JSON.stringify(name)} cannot be the name of a folder beside the code`,
      next: 'Give a name of letters, digits, _ and -, e.g. { documents: "docs" }.',
    })
  }
  requirePath(resolve(folder), 'isDirectory', `Correct folders.${name}, or leave it out.`)
}

function requirePath(path: string, kind: 'isFile' | 'isDirectory', next: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.[kind]()) return
  throw new InvalidRequest({ message: `there is no ${kind === 'isFile' ? 'file' : 'folder'} ${path}`, next })
}

interface BuildError {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number } | null
}

function notBundled(teamFile: string, error: unknown): InvalidDefinition {
  const errors = (error as { readonly errors?: readonly BuildError[] }).errors ?? []
  const remedy = 'correct it; a package that the team imports must be installed beside it'
  const issues = errors.map(({ text, location }) => ({
    path: location === null ? basename(teamFile) : `${location.file}:${location.line}`,
    message: text,
    remedy,
  }))
  const whole = { path: basename(teamFile), message: String((error as Error).message ?? error), remedy }
  return new InvalidDefinition(`the bundle of ${teamFile}`, issues.length > 0 ? issues : [whole])
}
