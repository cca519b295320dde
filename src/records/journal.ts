/**
 * The journal on top of the records: a step's rows, read, claimed and appended. What the rows mean is fold.ts's business,
 * what goes into them is the caller's.
 */
import { type ChainVerdict, genesis, verifyChain } from '../audit/chain.ts'
import type { Clock } from '../clock.ts'
import { Conflict, RecordsCorrupt } from '../errors.ts'
import type { RunId, Sha256, StepId } from '../schema/ids.ts'
import type { Actor, JournalEntry, JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { Artifacts } from './artifacts.ts'
import {
  attemptPrefix,
  type JournalRecord,
  journalPartition,
  numbersOf,
  recordOfItem,
  type StepPlace,
} from './journal-item.ts'
import { type JournalWriter, openJournalWriter } from './journal-writer.ts'
import type { Item, Records } from './records.ts'

export interface JournalOptions {
  readonly records: Records
  /** Bodies over 200 KB go there. */
  readonly artifacts: Artifacts
  readonly clock: Clock
}

export interface StepJournal {
  /** Every row of every attempt, in order, with bodies. */
  readonly records: readonly JournalRecord[]
  readonly chains: readonly StepChain[]
  /** The attempt to claim next. */
  readonly nextAttempt: number
  /** Head of the last attempt: the cause of the next one. */
  readonly head: Sha256 | undefined
}

export interface StepChain {
  readonly attempt: number
  readonly records: readonly JournalRecord[]
  readonly verdict: ChainVerdict
}

export interface AttemptClaim {
  readonly runId: RunId
  readonly stepId: StepId
  /** `nextAttempt` of what was read. */
  readonly attempt: number
  readonly actor: Actor
  /** Which execution of the run it belongs to. */
  readonly execution?: number
  readonly cause?: Sha256 | undefined
  readonly hashes?: JournalEntry['hashes']
  readonly policyVersion?: string
  readonly reason?: string
  readonly body?: Json
}

export interface AttemptWriter extends JournalWriter {
  /** The row that the claim wrote. */
  readonly start: JournalRow
  /** Whether a later attempt has begun. It may not know what this one has recorded since, so nothing may follow from that. */
  isPassed(): Promise<boolean>
}

export interface Journal {
  /** @throws RecordsCorrupt where a chain does not verify or a body is not its row's: nothing may go on from it. */
  readStep(runId: RunId, stepId: StepId): Promise<StepJournal>
  /** The same without judging, for whoever verifies. */
  readChains(runId: RunId, stepId: StepId): Promise<readonly StepChain[]>
  /** One writer for each attempt: a Conflict, as a value, says that another has it. */
  claimAttempt(claim: AttemptClaim): Promise<AttemptWriter | Conflict>
  /** Every chain of a run, by step and attempt. May lag a moment behind the last claim. */
  listChains(runId: RunId): AsyncIterable<{ readonly stepId: StepId; readonly attempt: number }>
}

export function openJournal(options: JournalOptions): Journal {
  const { records, artifacts, clock } = options

  async function readChains(runId: RunId, stepId: StepId): Promise<readonly StepChain[]> {
    const items: Item[] = []
    let after: string | undefined
    do {
      const page = await records.query(journalPartition(runId, stepId), after === undefined ? {} : { after })
      items.push(...page.items)
      after = page.next
    } while (after !== undefined)
    return items.length === 0 ? [] : chainsOf({ runId, stepId }, items)
  }

  return {
    readChains,
    async readStep(runId, stepId) {
      const chains = await readChains(runId, stepId)
      for (const chain of chains) assertTrue(runId, stepId, chain)
      const found = chains.flatMap((chain) => chain.records)
      const isWhole = found.every(({ bodyReference }) => bodyReference === undefined)
      const all = isWhole ? found : await Promise.all(found.map((record) => withBody(artifacts, record)))
      const last = chains.at(-1)
      return {
        records: all,
        chains,
        nextAttempt: (last?.attempt ?? 0) + 1,
        head: last?.records.at(-1)?.row.hash,
      }
    },
    async claimAttempt({ runId, stepId, attempt, actor, execution, cause, hashes, policyVersion, reason, body }) {
      const id = { runId, stepId, attempt }
      const writer = openJournalWriter({ ...options, id, prev: genesis(id, cause) })
      const entry: JournalEntry = {
        event: 'start',
        at: clock.now().toISOString(),
        actor,
        ...(execution === undefined ? {} : { execution }),
        ...(cause === undefined ? {} : { cause }),
        ...(hashes === undefined ? {} : { hashes }),
        ...(policyVersion === undefined ? {} : { policyVersion }),
        ...(reason === undefined ? {} : { reason }),
      }
      const started = await writer.append(entry, body)
      if (started instanceof Conflict) return started
      async function isPassed(): Promise<boolean> {
        const prefix = attemptPrefix(attempt + 1)
        const { items } = await records.query(journalPartition(runId, stepId), { prefix, limit: 1 })
        return items.length > 0
      }
      return Object.assign(writer, { start: started, isPassed })
    },
    async *listChains(runId) {
      const chains: { readonly stepId: StepId; readonly attempt: number }[] = []
      const partition = journalPartition(runId, '' as StepId)
      let after: string | undefined
      do {
        const page = await records.queryIndex(`RUN#${runId}`, after === undefined ? {} : { after })
        for (const item of page.items) {
          chains.push({ stepId: item.partition.slice(partition.length) as StepId, attempt: numbersOf(item)[0] })
        }
        after = page.next
      } while (after !== undefined)
      yield* chains.sort((a, b) => (a.stepId < b.stepId ? -1 : a.stepId > b.stepId ? 1 : a.attempt - b.attempt))
    },
  }
}

/** `prev` is not stored: each row's is the hash stored with the row before it. Verification then recomputes both. */
function chainsOf(step: StepPlace, items: readonly Item[]): StepChain[] {
  const byAttempt = new Map<number, JournalRecord[]>()
  for (const item of items) {
    const record = recordOfItem(step, item, (place, cause) => {
      return byAttempt.get(place.attempt)?.at(-1)?.row.hash ?? genesis(place, cause)
    })
    const rows = byAttempt.get(record.row.attempt)
    if (rows === undefined) byAttempt.set(record.row.attempt, [record])
    else rows.push(record)
  }
  return [...byAttempt].map(([attempt, records]) => {
    const rows = records.map((record) => record.row)
    return { attempt, records, verdict: verifyChain({ ...step, attempt }, rows) }
  })
}

function assertTrue(runId: RunId, stepId: StepId, { attempt, verdict }: StepChain): void {
  if (verdict.status === 'intact') return
  throw new RecordsCorrupt({
    message: `the journal of step ${stepId} of run ${runId} was changed: attempt ${attempt} is broken at row ${verdict.seq}: ${verdict.what}`,
    next: 'Restore the data folder from a copy, or start a new run; this one cannot go on from it.',
  })
}

async function withBody(artifacts: Artifacts, record: JournalRecord): Promise<JournalRecord> {
  if (record.bodyReference === undefined) return record
  return { ...record, body: await artifacts.get(record.row.runId, record.bodyReference) }
}
