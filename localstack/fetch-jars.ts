/** Downloads pinned Java archives from Maven Central: in parallel, each verified, none twice. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LocalStackUnavailable } from './localstack-unavailable.ts'

/** Path in the repository → sha256 of its content. */
export type Pins = Readonly<Record<string, string>>

export interface FetchJars {
  /** The repository: its root address. */
  readonly url: string
  /** Keeps what was downloaded, under the repository's own paths: a cut-off download goes on where it was. */
  readonly store: string
  /** Gets all of them side by side: Java's class path. */
  readonly folder: string
}

const AT_ONCE = 8
const ATTEMPTS = 4
const PATIENCE_MS = 60_000

export async function fetchJars(pins: Pins, where: FetchJars): Promise<void> {
  await mkdir(where.folder, { recursive: true })
  const waiting = Object.entries(pins)
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await place(next, where)
  }
  // Where one fails, the others are still downloaded and kept: the next try has less to do.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker))
  for (const worker of ended) if (worker.status === 'rejected') throw worker.reason
}

async function place([path, sha256]: [string, string], { url, store, folder }: FetchJars): Promise<void> {
  const stored = join(store, path)
  if (!existsSync(stored) || sha256Of(await readFile(stored)) !== sha256) {
    const content = await download(`${url}/${path}`, sha256)
    await mkdir(dirname(stored), { recursive: true })
    const aside = `${stored}.${process.pid}`
    await writeFile(aside, content)
    await rename(aside, stored)
  }
  const placed = join(folder, basename(path))
  await rm(placed, { force: true })
  await link(stored, placed)
}

async function download(url: string, sha256: string): Promise<Buffer> {
  let why = ''
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
      const content = Buffer.from(await response.arrayBuffer())
      const got = sha256Of(content)
      if (response.ok && got === sha256) return content
      why = response.ok ? `its sha256 is ${got}, expected was ${sha256}` : `the server answered ${response.status}`
    } catch (error) {
      why = error instanceof Error ? `${error.message} ${error.cause ?? ''}`.trim() : String(error)
    }
  }
  throw new LocalStackUnavailable({
    message: `${url} could not be downloaded: ${why}.`,
    next: 'Check the network, or set BATON_MAVEN_URL to a mirror of Maven Central; what is downloaded already is kept.',
  })
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
