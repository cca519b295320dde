/** The head and the length of every chain of a run, for whoever vouches for them. Verifies none. */
import type { RunId, Sha256, StepId } from '../schema/ids.ts'
import { isJsonObject } from '../schema/json.ts'
import type { Journal } from './journal.ts'
import { attemptPrefix, journalPartition } from './journal-item.ts'
import type { Records } from './records.ts'
import { unpackRow } from './row-codec.ts'

export interface ChainHead {
  readonly stepId: StepId
  readonly attempt: number
  readonly rows: number
  readonly head: Sha256
}

/** Queries under way at once. */
const WIDTH = 32

/** By step id and attempt. */
export async function chainHeads(records: Records, journal: Journal, runId: RunId): Promise<readonly ChainHead[]> {
  const chains: { readonly stepId: StepId; readonly attempt: number }[] = []
  for await (const chain of journal.listChains(runId)) chains.push(chain)
  const heads: ChainHead[] = []
  for (let from = 0; from < chains.length; from += WIDTH) {
    const some = chains.slice(from, from + WIDTH).map((chain) => headOf(records, runId, chain.stepId, chain.attempt))
    heads.push(...(await Promise.all(some)).filter((head) => head !== undefined))
  }
  return heads
}

async function headOf(records: Records, runId: RunId, stepId: StepId, attempt: number): Promise<ChainHead | undefined> {
  const options = { prefix: attemptPrefix(attempt), reverse: true, limit: 1 }
  const last = (await records.query(journalPartition(runId, stepId), options)).items[0]
  const row = last?.attributes['r']
  if (last === undefined || !isJsonObject(row)) return undefined
  return {
    stepId,
    attempt,
    rows: Number(last.sort.slice(attemptPrefix(attempt).length)) + 1,
    head: unpackRow(row).hash,
  }
}
