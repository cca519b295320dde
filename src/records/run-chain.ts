/**
 * The run's own chain: its start, what people had done with it, its end, as evidence; an attempt for each. No step can have
 * its id, as the name of a step starts with a letter.
 */
import { jsonSha256 } from '../audit/canonical.ts'
import { Conflict } from '../errors.ts'
import type { AgentName, StepId } from '../schema/ids.ts'
import type { Actor } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import type { ChainHead } from './chain-heads.ts'
import type { AttemptClaim, Journal, StepJournal } from './journal.ts'
import type { NewEntry } from './journal-writer.ts'

export const RUN_CHAIN = ':run' as StepId

/** Chains that one `end` row lists, so that it stays well within an item's 400 KB. */
const CHAINS_A_ROW = 1000

export function runActor({ workflow, workflowVersion, teamSha256 }: Run): Actor {
  return { agent: workflow as string as AgentName, version: workflowVersion, sha256: teamSha256, role: 'run' }
}

/**
 * To write in the run's chain. The first row, whoever writes it, has what the run was started with, by hash, its release,
 * and for whom.
 * @param by Who has it done, as the host authenticated them.
 */
export function runClaim(
  run: Run,
  { nextAttempt: attempt, head: cause }: Pick<StepJournal, 'nextAttempt' | 'head'>,
  by?: string,
): AttemptClaim {
  const { runId, execution, input, settings, lock, release } = run
  const onBehalfOf = by ?? (attempt === 1 ? run.caller : undefined)
  const actor = { ...runActor(run), ...(onBehalfOf !== undefined && { onBehalfOf }) }
  const place = { runId, stepId: RUN_CHAIN, attempt, execution, actor, cause }
  if (attempt > 1) return place
  const hashOf = (value: unknown) => jsonSha256(value as Json)
  const hashes = { input: hashOf(input), settings: hashOf(settings), lock: hashOf(lock) }
  return { ...place, hashes, ...(release && { reason: `release ${release.sequence}, ${release.arm}` }) }
}

/** Against others that write in the chain of the same run. */
const ROUNDS = 8

/**
 * What somebody has done with a run, written down before it is done.
 * @throws Conflict where others wrote in each of several rounds: nothing is written.
 */
export async function recordOnRun(
  journal: Pick<Journal, 'readStep' | 'claimAttempt'>,
  run: Run,
  entry: NewEntry,
  by?: string,
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const writer = await journal.claimAttempt(runClaim(run, await journal.readStep(run.runId, RUN_CHAIN), by))
    if (writer instanceof Conflict) continue
    if (!((await writer.append(entry)) instanceof Conflict)) return
  }
  throw new Conflict({
    message: `run ${run.runId} changed ${ROUNDS} times while ${entry.rule ?? entry.event} was to be written down`,
    next: `Look at it, then try again: baton show ${run.runId}`,
  })
}

/** Where branches of a run came together. */
export interface Join {
  /** e.g. `topics`, `refine=2/checks`, `child/topics` */
  readonly place: string
  readonly branches: number
  /** Of all steps within its branches. */
  readonly chains: readonly ChainHead[]
}

/** A row for each join, or several of one with many chains: what the steps after it stand on. */
export function joinEntries(joins: readonly Join[]): readonly NewEntry[] {
  return joins.flatMap(({ place, branches, chains }) => {
    const entries: NewEntry[] = []
    for (let from = 0; from < chains.length; from += CHAINS_A_ROW) {
      const some = chains.slice(from, from + CHAINS_A_ROW).map(chainOf)
      entries.push({ event: 'decision', rule: 'join', reason: `${place}: ${branches} branches`, chains: some })
    }
    return entries
  })
}

function chainOf({ stepId, attempt, rows, head }: ChainHead) {
  return { stepId, attempt, rows, head }
}

/** @param heads Of its steps. @returns `end` rows that list every chain; only the last one has the status. */
export function endEntries(run: Run, heads: readonly ChainHead[]): { first: readonly NewEntry[]; last: NewEntry } {
  const chains = heads.map(chainOf)
  const pieces: NewEntry[] = []
  for (let from = 0; from === 0 || from < chains.length; from += CHAINS_A_ROW) {
    pieces.push({ event: 'end', chains: chains.slice(from, from + CHAINS_A_ROW) })
  }
  const { status, usage, error, output } = run
  const reason = error === undefined ? {} : { rule: error.name, reason: error.message }
  const last: NewEntry = {
    event: 'end',
    ...pieces.pop(),
    status,
    ...(usage ? { total: usage } : {}),
    ...(output === undefined ? {} : { hashes: { output: jsonSha256(output) } }),
    ...reason,
  }
  return { first: pieces, last }
}
