/** The run's own chain: its end, as evidence. No step can have its id, as the name of a step starts with a letter. */
import type { AgentName, StepId } from '../schema/ids.ts'
import type { Actor } from '../schema/journal-row.ts'
import type { Run } from '../schema/run.ts'
import type { ChainHead } from './chain-heads.ts'
import type { NewEntry } from './journal-writer.ts'

export const RUN_CHAIN = ':run' as StepId

/** Chains that one `end` row lists, so that it stays well within an item's 400 KB. */
const CHAINS_A_ROW = 1000

export function runActor({ workflow, workflowVersion, teamSha256 }: Run): Actor {
  return { agent: workflow as string as AgentName, version: workflowVersion, sha256: teamSha256, role: 'run' }
}

/** @param heads Of its steps. @returns `end` rows that list every chain; only the last one has the status. */
export function endEntries(run: Run, heads: readonly ChainHead[]): { first: readonly NewEntry[]; last: NewEntry } {
  const chains = heads.map(({ stepId, attempt, rows, head }) => ({ stepId, attempt, rows, head }))
  const pieces: NewEntry[] = []
  for (let from = 0; from === 0 || from < chains.length; from += CHAINS_A_ROW) {
    pieces.push({ event: 'end', chains: chains.slice(from, from + CHAINS_A_ROW) })
  }
  const { status, usage, error } = run
  const reason = error === undefined ? {} : { rule: error.name, reason: error.message }
  const last: NewEntry = { event: 'end', ...pieces.pop(), status, ...(usage ? { total: usage } : {}), ...reason }
  return { first: pieces, last }
}
