import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DURABLE_OUTPUT } from './support/durable-machine.ts'

const PROGRAM = join(import.meta.dirname, 'support/run-durable.ts')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-kill-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly signal: string | null | undefined
  readonly output: string
}

function run(name: string, crashAt?: string): Promise<Ended> {
  const args = [PROGRAM, join(folder, `${name}.db`), join(folder, `${name}.log`)]
  const env = { PATH: '', ...(crashAt && { BATON_CRASH_AT: crashAt }) }
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout) => resolve({ signal: error?.signal, output: stdout }))
  })
}

function callsOf(name: string): string[] {
  return readFileSync(join(folder, `${name}.log`), 'utf8')
    .trim()
    .split('\n')
}

describe('kill -9', () => {
  it.concurrent.each([
    'engine.commit.before:2',
    'engine.commit.after:4',
    'engine.commit.before:7',
    'engine.commit.after:14',
  ])(
    'at %s: another process continues to the same end',
    async (crashAt) => {
      const name = crashAt.replaceAll(/[.:]/g, '-')
      const killed = await run(name, crashAt)
      expect(killed.signal).toBe('SIGKILL')
      const resumed = await run(name)
      expect(JSON.parse(resumed.output)).toEqual({ status: 'SUCCEEDED', output: DURABLE_OUTPUT })
      // At most what was under way when the process died is called again: two functions at a time.
      const calls = callsOf(name)
      expect(new Set(calls).size).toBe(14)
      expect(calls.length - 14).toBeLessThanOrEqual(2)
      const finished = await run(name)
      expect(JSON.parse(finished.output)).toEqual({ status: 'SUCCEEDED', output: DURABLE_OUTPUT })
      expect(callsOf(name)).toEqual(calls)
    },
    20_000,
  )
})
