/** `kill -9` in the middle of a run, then another process that goes on with it: how soon, and whether with all that was done. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import type { Happened, ResumeOrder } from './resume-worker.ts'
import { scratchFolder } from './scratch-folder.ts'

export interface Resumed {
  /** From the start of the process that resumes to the first thing that happens in the run, ms. */
  readonly firstMs: number
  /** Turns that were recorded in both processes together. */
  readonly turns: number
  readonly steps: number
}

const STEPS = 12
const LATENCY_MS = 40
/** Events of the first process before it is killed: in the middle of a step. */
const KILL_AFTER = 10

export async function resumeAfterKill(): Promise<Resumed> {
  const folder = scratchFolder()
  try {
    const order: ResumeOrder = { folder, steps: STEPS, latencyMs: LATENCY_MS }
    const before = await watch(order, KILL_AFTER)
    const runId = before.happened.find((event) => event.runId !== undefined)?.runId ?? ''
    const after = await watch({ ...order, runId })
    const turns = [...before.happened, ...after.happened].filter(({ type }) => type === 'turn').length
    return { firstMs: after.firstMs, turns, steps: STEPS }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param killAfter Events, after which the process is killed. */
async function watch(order: ResumeOrder, killAfter = Number.POSITIVE_INFINITY) {
  const begunAt = performance.now()
  const child = fork(new URL('resume-worker.ts', import.meta.url), [JSON.stringify(order)], {
    execArgv: ['--conditions=baton-source'],
  })
  const ended = once(child, 'exit')
  await once(child, 'message')
  child.send('go')
  const happened: Happened[] = []
  let firstMs = Number.NaN
  child.on('message', (event: Happened) => {
    if (happened.push(event) === 1) firstMs = performance.now() - begunAt
    if (happened.length === killAfter) child.kill('SIGKILL')
  })
  const [code, signal] = await ended
  if (code !== 0 && happened.length < killAfter) throw new Error(`the process ended early: ${signal ?? code}`)
  return { happened, firstMs }
}
