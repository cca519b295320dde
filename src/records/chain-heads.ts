/** How every chain of a run ends, for whoever vouches for them or adds up what they used. Verifies none. */
import { setImmediate } from 'node:timers/promises'
import type { RunId, Sha256, StepId } from '../schema/ids.ts'
import type { StepUsage } from '../schema/step.ts'
import type { Journal } from './journal.ts'
import { attemptPrefix, journalPartition, numbersOf, storedFields } from './journal-item.ts'
import type { Records } from './records.ts'
import type { StoredFields } from './row-codec.ts'
import { addUsage, usageOfRows } from './step-usage.ts'

export interface ChainHead {
  readonly stepId: StepId
  readonly attempt: number
  readonly rows: number
  readonly head: Sha256
}

export interface ChainEnd extends ChainHead {
  /** The last row. */
  readonly last: StoredFields
}

/** Queries under way at once, and between two turns of the event loop. */
const WIDTH = 128

/** By step id and attempt. One small read a chain. */
export async function chainEnds(records: Records, journal: Journal, runId: RunId): Promise<readonly ChainEnd[]> {
  const chains: Chain[] = []
  for await (const chain of journal.listChains(runId)) chains.push(chain)
  const ends: ChainEnd[] = []
  for (let from = 0; from < chains.length; from += WIDTH) {
    const some = chains.slice(from, from + WIDTH).map((chain) => endOf(records, runId, chain))
    for (const end of await Promise.all(some)) if (end !== undefined) ends.push(end)
    await setImmediate()
  }
  return ends
}

/** What the steps used together: the total of each one's outcome; only a step without one is read whole. */
export async function usageOf(ends: readonly ChainEnd[], journal: Journal, runId: RunId): Promise<StepUsage> {
  const lasts = new Map(ends.map((end) => [end.stepId, end.last] as const))
  let sum = usageOfRows([])
  for (const [stepId, last] of lasts) {
    const total = last.event === 'outcome' ? last.total : undefined
    sum = addUsage(sum, total ?? (await readUsage(journal, runId, stepId)))
  }
  return sum
}

interface Chain {
  readonly stepId: StepId
  readonly attempt: number
}

async function endOf(records: Records, runId: RunId, { stepId, attempt }: Chain): Promise<ChainEnd | undefined> {
  const options = { prefix: attemptPrefix(attempt), reverse: true, limit: 1 }
  const item = (await records.query(journalPartition(runId, stepId), options)).items[0]
  if (item === undefined) return undefined
  const last = storedFields(item)
  return { stepId, attempt, rows: numbersOf(item)[1] + 1, head: last.hash, last }
}

async function readUsage(journal: Journal, runId: RunId, stepId: StepId): Promise<StepUsage> {
  const { records } = await journal.readStep(runId, stepId)
  return usageOfRows(records.map(({ row }) => row))
}
