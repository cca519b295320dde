/** Many starts with one idempotency key, from several processes at the same moment. */
import { rmSync } from 'node:fs'
import { inProcesses } from './in-processes.ts'
import { scratchFolder } from './scratch-folder.ts'
import type { Started, StartsOrder } from './starts-worker.ts'

export interface Starts {
  readonly starts: number
  /** Different runs that they were told. */
  readonly runs: number
  /** Of those, starts that were told that theirs is new. */
  readonly isNew: number
  readonly refused: readonly string[]
  /** Model calls of all runs together: one for the only run there is. */
  readonly modelCalls: number
}

export async function simultaneousStarts(processes: number, startsEach: number): Promise<Starts> {
  const folder = scratchFolder()
  try {
    const order: StartsOrder = { folder, starts: startsEach, key: 'one-key' }
    const told = (
      await inProcesses<Started>(
        new URL('starts-worker.ts', import.meta.url),
        Array.from({ length: processes }, () => order),
      )
    ).flat()
    return {
      starts: processes * startsEach,
      runs: new Set(told.flatMap(({ runIds }) => runIds)).size,
      isNew: told.reduce((sum, { isNew }) => sum + isNew, 0),
      refused: told.flatMap(({ refused }) => refused),
      modelCalls: told.reduce((sum, { modelCalls }) => sum + modelCalls, 0),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
