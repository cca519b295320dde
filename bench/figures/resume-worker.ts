/** A process of `resumeAfterKill`: starts a run of many steps, or goes on with it, and says when something happens in it. */
import type { Run } from '../../src/schema/run.ts'
import { benchModel, inputOf, inSequence } from '../team.ts'
import { hostHere } from './host-here.ts'
import { begun } from './in-processes.ts'

export interface ResumeOrder {
  readonly folder: string
  readonly steps: number
  readonly latencyMs: number
  /** Absent: a new run. */
  readonly runId?: string
}

export interface Happened {
  /** With the start of the run. */
  readonly runId?: string
  readonly type: string
}

const { folder, steps, latencyMs, runId } = await begun<ResumeOrder>()
const { host, close } = hostHere(folder, inSequence(steps), benchModel(latencyMs))
host.subscribe((event) => {
  const told: Happened = event.type === 'run.started' ? { type: event.type, runId: event.runId } : { type: event.type }
  process.send?.(told)
})
const hosted =
  runId === undefined
    ? await host.start({ workflow: 'in-sequence' as Run['workflow'], input: inputOf(1), settings: {} })
    : await host.resume(runId as Run['runId'])
await hosted.ended
await close()
process.disconnect()
