/** Files and SQLite under `kill -9` at any time, and with two processes that make the same calls. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { scratch } from '../cli/baton.ts'

const PROGRAM = join(import.meta.dirname, 'change-things.ts')
const CALLS = 40
const EXPECTED = Array.from({ length: CALLS }, (_, index) => index + 1)

interface Ended {
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
  readonly stderr: string
}

/** @param killAfterMs From its first call on. */
function change(folder: string, fence: number, killAfterMs?: number): Promise<Ended> {
  const words = ['--conditions=baton-source', PROGRAM, folder, String(CALLS), String(fence)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdout.once('data', () => {
    if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  })
  child.stdout.resume()
  return new Promise((done) => child.on('close', (code, signal) => done({ code, signal, stderr })))
}

function booksIn(folder: string): DatabaseSync {
  return new DatabaseSync(join(folder, 'books.db'))
}

function prepared(): string {
  const folder = scratch()
  const books = booksIn(folder)
  books.exec('CREATE TABLE sums (cents INTEGER); INSERT INTO sums VALUES (0); CREATE TABLE payments (cents INTEGER)')
  books.close()
  return folder
}

function expectOnce(folder: string): void {
  const lines = readFileSync(join(folder, 'log.txt'), 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => Number(line.split(' ')[0])).toSorted((a, b) => a - b)).toEqual(EXPECTED)
  for (const line of lines) expect(line.length - line.indexOf(' ') - 1).toBe((Number.parseInt(line, 10) * 997) % 9_000)
  const books = booksIn(folder)
  const paid = books
    .prepare('SELECT cents FROM payments')
    .all()
    .map(({ cents }) => Number(cents))
  expect(paid.toSorted((a, b) => a - b)).toEqual(EXPECTED)
  expect(books.prepare('SELECT cents FROM sums').get()?.['cents']).toBe((CALLS * (CALLS + 1)) / 2)
  books.close()
}

it('killed at any time and made again: each call once, no line torn', async () => {
  const folder = prepared()
  let died = 0
  for (let round = 1; round <= 6; round += 1) {
    const { signal } = await change(folder, round, (round * 37) % 150)
    if (signal === 'SIGKILL') died += 1
  }
  expect(died).toBeGreaterThan(2)
  expect(await change(folder, 9)).toEqual({ code: 0, signal: null, stderr: '' })
  expectOnce(folder)
}, 60_000)

it('two processes that make the same calls at the same time, one of them killed: each call once', async () => {
  const folder = prepared()
  const [first, second] = await Promise.all([change(folder, 1, 60), change(folder, 2)])
  expect(first.signal).toBe('SIGKILL')
  expect(second).toEqual({ code: 0, signal: null, stderr: '' })
  expectOnce(folder)
}, 60_000)
