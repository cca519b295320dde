import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { expect, it, onTestFinished } from 'vitest'
import { isDead, thisProcess } from '../../../src/engine/host-owner.ts'

it('takes a process for dead only where that is certain', () => {
  const alive = thisProcess()
  expect(isDead(alive)).toBe(false)
  expect(isDead({ ...alive, host: 'another', pid: 2 ** 22 + 1 })).toBe(false)
  expect(isDead({ ...alive, pid: 2 ** 22 + 1 })).toBe(true)
  expect(isDead({ pid: 'x' })).toBe(false)
})

it('takes a process for dead that has ended and was never asked how, where the system tells', async () => {
  // Its child ends at once; `sleep`, which it becomes, never asks.
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))))
  await expect.poll(() => isDead({ host: hostname(), pid, started: null })).toBe(existsSync('/proc/self/stat'))
})
