/**
 * Runs branches of a Parallel or iterations of a Map, each in a frame of its own. The first failure stops the others.
 * Knows no events but those of iterations.
 */
import type { Json } from '../../schema/json.ts'
import { Frame, type MapItem } from '../frame.ts'
import type { Machine } from '../program.ts'
import { runMachine } from '../run-machine.ts'
import { Aborted, StateError } from '../state-error.ts'

export interface Branch {
  readonly index: number
  readonly machine: Machine
  readonly item?: MapItem
  /** The input, found out when the branch starts, in its frame. */
  input(frame: Frame): Json | Promise<Json>
}

interface Branching {
  readonly frame: Frame
  /** Event that the branches start from. */
  readonly startedBy: number
  /** Branches at a time. */
  readonly width: number
  readonly isMap: boolean
}

/** @returns the outputs, in order. @throws StateError of the branch that failed first; Aborted. */
export async function runBranches(branches: readonly Branch[], branching: Branching): Promise<Json[]> {
  const { frame, startedBy, width } = branching
  const { recorder } = frame.execution
  const group = linkedController(frame.signal)
  const outputs: (Json | undefined)[] = branches.map(() => undefined)
  let failure: unknown
  let next = 0
  const lane = async () => {
    for (let i = next++; i < branches.length; i = next++) {
      const branch = branches[i] as Branch
      // After a restart, whatever had started before the failure is gone through again.
      if (group.signal.aborted && !recorder.hasFrame({ startedBy, index: branch.index })) continue
      try {
        outputs[i] = await runBranch(branch, branching, group.signal)
      } catch (error) {
        if (!(error instanceof Aborted)) failure ??= error
        group.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, branches.length) }, lane))
  group.unlink()
  if (failure !== undefined) throw failure
  if (outputs.includes(undefined)) throw new Aborted()
  return outputs as Json[]
}

async function runBranch(branch: Branch, { frame: parent, startedBy, isMap }: Branching, signal: AbortSignal) {
  const { index, item, machine } = branch
  const origin = { startedBy, index }
  const frame = new Frame({ execution: parent.execution, signal, parent, origin, ...(item && { item }) })
  try {
    if (isMap) frame.record('MapIterationStarted', { index })
    const output = await runMachine(frame, machine, await branch.input(frame))
    if (isMap) frame.record('MapIterationSucceeded', { index })
    return output
  } catch (error) {
    const failed = error instanceof StateError && (!signal.aborted || frame.endsWith('MapIterationFailed'))
    if (isMap)
      frame.recordEnd(failed && !frame.endsWith('MapIterationAborted') ? 'MapIterationFailed' : 'MapIterationAborted', {
        index,
      })
    frame.recordAborted()
    throw failed || !(error instanceof StateError) ? error : new Aborted()
  } finally {
    frame.close()
  }
}

export interface LinkedController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  unlink(): void
}

/** Aborted with its parent, for the same reason, and on its own. */
export function linkedController(parent: AbortSignal): LinkedController {
  const controller = new AbortController()
  const onAbort = () => controller.abort(parent.reason)
  if (parent.aborted) onAbort()
  parent.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    abort: (reason: unknown = new Aborted()) => controller.abort(reason),
    unlink: () => parent.removeEventListener('abort', onAbort),
  }
}
