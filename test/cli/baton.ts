/** The CLI as a process of its own, run from source, in a folder of its own. For tests; asserts nothing. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { followRun } from '../../src/api/follow-run.ts'
import { systemClock } from '../../src/clock.ts'
import { openStores } from '../../src/engine/host-stores.ts'
import type { RunEvent } from '../../src/schema/run-event.ts'

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when the text has been written to standard output or standard error. */
  saw(text: string): Promise<void>
}

interface Options {
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
}

const ROOT = resolve(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'src/cli/main.ts')
export const WORK_TEAM = join(import.meta.dirname, 'teams/work.team.ts')

export function start(words: readonly string[], { environment = {}, cwd = ROOT }: Options = {}): Started {
  const child = spawn(process.execPath, ['--conditions=baton-source', MAIN, ...words], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: tmpdir(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const told = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      told[name] += text
      for (const look of watchers) look()
    })
  }
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => done({ code, signal, ...told }))
  })
  return {
    child,
    ended,
    saw: (text) =>
      new Promise((seen, fail) => {
        const look = () => {
          if (`${told.stdout}${told.stderr}`.includes(text)) seen()
        }
        watchers.add(look)
        look()
        ended.then((end) => fail(new Error(`it ended without saying ${text}: ${JSON.stringify(end)}`)), fail)
      }),
  }
}

export function baton(words: readonly string[], options?: Options): Promise<Ended> {
  return start(words, options).ended
}

/** A folder that goes away with the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function writeJson(folder: string, name: string, value: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(value))
  return path
}

/** Of the newest run, as `baton events` tells them, without the cost of another process. */
export async function eventsOf(data: string): Promise<RunEvent[]> {
  const stores = openStores({ folder: data, synchronous: 'NORMAL', clock: systemClock })
  try {
    const [newest] = (await stores.runs.list({ limit: 1 })).runs
    if (newest === undefined) return []
    const events: RunEvent[] = []
    const reading = { ...stores, isHeld: async () => false, now: () => new Date() }
    for await (const event of followRun(newest.runId, reading)) events.push(event)
    return events
  } finally {
    stores.close()
  }
}

export function jsonLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

/** Works through a list, two at a time: this is what the smallest machine has. */
export async function twoAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  async function lane(): Promise<void> {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index] as T)
    }
  }
  await Promise.all([lane(), lane()])
  return results
}
