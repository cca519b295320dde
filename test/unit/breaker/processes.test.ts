/** Real processes over one file of records. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { COOL_DOWN_MS, JITTER, PROBE_LEASE_MS } from '../../../src/breaker/breaker-state.ts'

const CHILD = join(import.meta.dirname, 'guard-child.ts')
const PROCESSES = 8
const PAST_COOL_DOWN_MS = COOL_DOWN_MS * (1 + JITTER)

function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'baton-breaker-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  interface Child {
    readonly skewMs?: number
    readonly milliseconds?: number
    readonly model?: 'up' | 'down'
    readonly crashAt?: string
  }
  /** @returns what it said */
  return ({ skewMs = 0, milliseconds = 0, model = 'down', crashAt }: Child = {}) =>
    new Promise<{ readonly said: readonly string[]; readonly signal: string | null }>((resolve, reject) => {
      const words = [join(folder, 'records.db'), skewMs, milliseconds, model].map(String)
      const child = spawn(process.execPath, ['--conditions=baton-source', CHILD, ...words], {
        env: { PATH: process.env['PATH'], ...(crashAt === undefined ? {} : { BATON_CRASH_AT: crashAt }) },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      child.on('error', reject)
      child.on('close', (_, signal) => resolve({ said: said.split('\n').filter(Boolean), signal }))
    })
}

it('keeps several off a dead model', async () => {
  const child = bench()
  const all = await Promise.all(Array.from({ length: PROCESSES }, () => child({ milliseconds: 3_000 })))
  const calls = all.flatMap(({ said }) => said.filter((word) => word !== 'breaker.open'))
  const refusals = all.flatMap(({ said }) => said.filter((word) => word === 'breaker.open'))
  process.stdout.write(`breaker: ${PROCESSES} processes, ${calls.length} calls, ${refusals.length} kept back in 3 s\n`)
  expect(calls.length).toBeGreaterThanOrEqual(5)
  expect(calls.length).toBeLessThanOrEqual(2 * PROCESSES)
  expect(refusals.length).toBeGreaterThan(100)
}, 30_000)

it('lets another probe through once the lease of one that died is over, wherever it died', async () => {
  const child = bench()
  await child({ milliseconds: 300 })
  const skewMs = PAST_COOL_DOWN_MS
  expect(await child({ skewMs, crashAt: 'breaker.write.before' })).toEqual({ said: [], signal: 'SIGKILL' })
  expect(await child({ skewMs, crashAt: 'breaker.write.after' })).toEqual({ said: [], signal: 'SIGKILL' })
  expect((await child({ skewMs: skewMs + 2_000 })).said).toEqual(['breaker.open'])
  const later = skewMs + PROBE_LEASE_MS + 10_000
  expect(await child({ skewMs: later, crashAt: 'breaker.write.after:2' })).toEqual({
    said: ['probe'],
    signal: 'SIGKILL',
  })
  // That one died after it had told that the model is still down: for twice as long.
  expect((await child({ skewMs: later + PAST_COOL_DOWN_MS, model: 'up' })).said).toEqual(['breaker.open'])
  expect((await child({ skewMs: later + 2 * PAST_COOL_DOWN_MS + 10_000, model: 'up' })).said).toEqual(['probe'])
  expect((await child({ model: 'up' })).said).toEqual(['call'])
}, 60_000)
