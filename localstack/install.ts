/** Installs what host mode runs on: pinned Python packages and Java archives, once, in the cache folder. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { whileLocked } from './cache.ts'
import { fetchJars } from './fetch-jars.ts'
import type { Python } from './find-python.ts'
import { LocalStackUnavailable } from './localstack-unavailable.ts'
import { hostModeFile } from './package-folder.ts'
import { runProgram } from './run-program.ts'

export interface Installed {
  readonly python: string
  readonly dynamodbFolder: string
  readonly jsonataFolder: string
  /** Python's compiled modules. */
  readonly bytecodeFolder: string
}

interface Install {
  readonly cache: string
  readonly python: Python
  readonly mavenUrl: string
  /** Gets a line about what goes on. */
  readonly say: (line: string) => void
}

const Jars = z.object({
  'dynamodb-local': z.record(z.string(), z.string()),
  jsonata: z.record(z.string(), z.string()),
})
/** Of a failed program's output. */
const LINES_SHOWN = 15
const PATIENCE_MS = 15 * 60_000

export async function install(options: Install): Promise<Installed> {
  const { cache, python, say } = options
  const requirements = hostModeFile('requirements.txt')
  const jars = await readFile(hostModeFile('jars.json'), 'utf8')
  const pins = [await readFile(requirements, 'utf8'), jars, python.executable, python.version, process.arch].join('\n')
  const folder = join(cache, `localstack-${createHash('sha256').update(pins).digest('hex').slice(0, 12)}`)
  if (existsSync(folder)) return installedIn(folder)
  const waiting = () => say('Another process is installing; waiting for it.')
  await whileLocked(`${folder}.lock`, waiting, async () => {
    if (existsSync(folder)) return
    // Of installs that were killed: whoever holds the lock is alone.
    for (const name of await readdir(cache))
      if (/^localstack-.*\.part-/.test(name)) await rm(join(cache, name), { recursive: true, force: true })
    const aside = `${folder}.part-${process.pid}`
    try {
      await make(aside, Jars.parse(JSON.parse(jars)), requirements, options)
      await rename(aside, folder)
    } finally {
      await rm(aside, { recursive: true, force: true })
    }
  })
  return installedIn(folder)
}

function installedIn(folder: string): Installed {
  return {
    python: join(folder, 'venv', 'bin', 'python'),
    dynamodbFolder: join(folder, 'dynamodb'),
    jsonataFolder: join(folder, 'jsonata'),
    bytecodeFolder: join(folder, 'bytecode'),
  }
}

async function make(aside: string, jars: z.infer<typeof Jars>, requirements: string, options: Install): Promise<void> {
  const { cache, python, mavenUrl, say } = options
  await mkdir(aside, { recursive: true })
  const { dynamodbFolder, jsonataFolder } = installedIn(aside)
  const store = join(cache, 'maven')
  say('Java archives of DynamoDB Local and JSONata (50 MB, once)')
  await fetchJars(jars['dynamodb-local'], { url: mavenUrl, store, folder: dynamodbFolder })
  await fetchJars(jars.jsonata, { url: mavenUrl, store, folder: jsonataFolder })
  say(`Python packages for ${python.executable} (about 1 min, 350 MB, once)`)
  await installPackages(aside, python, requirements)
}

async function installPackages(aside: string, python: Python, requirements: string): Promise<void> {
  const { python: own } = installedIn(aside)
  await mustRun(python.executable, ['-m', 'venv', join(aside, 'venv')])
  // Every package is pinned, so pip need not resolve; what is never imported need not be compiled.
  const quick = ['--no-deps', '--no-compile', '--disable-pip-version-check', '--no-input', '--quiet']
  await mustRun(own, ['-m', 'pip', 'install', ...quick, '-r', requirements])
}

async function mustRun(file: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(file, args, { timeoutMs: PATIENCE_MS })
  if (code === 0) return
  throw new LocalStackUnavailable({
    message: `${file} ${args.join(' ')} failed:\n${output.trim().split('\n').slice(-LINES_SHOWN).join('\n')}`,
    next: "Check the network and pip's settings, then try again; or use Docker (BATON_LOCALSTACK_MODE=docker).",
  })
}
