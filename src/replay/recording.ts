/**
 * A run as it can be taken elsewhere and run again: its head, its journal with what lies beside the rows, what people were
 * asked, and the artifacts that its steps refer to. Reads no records: take-recording.ts does.
 */
import * as z from 'zod'
import { jsonSha256 } from '../audit/canonical.ts'
import { verifyChain } from '../audit/chain.ts'
import { RecordsCorrupt } from '../errors.ts'
import type { JournalRecord } from '../records/journal-item.ts'
import { ApprovalRequest } from '../schema/approval.ts'
import type { StepId } from '../schema/ids.ts'
import { JournalRow } from '../schema/journal-row.ts'
import { Json } from '../schema/json.ts'
import { Run } from '../schema/run.ts'

/** What a function threw in place of an answer: the journal has no row of that. */
export const RecordedFailure = z.strictObject({
  stepId: z.string(),
  error: z.string(),
  cause: z.string(),
  /** ISO-8601 instant. */
  at: z.string().optional(),
})
export type RecordedFailure = z.infer<typeof RecordedFailure>

export const Recording = z.strictObject({
  version: z.literal(1),
  run: Run,
  /** Of each chain in order. */
  rows: z.array(JournalRow),
  /** Content beside the rows, by hash. What was erased is not there. */
  bodies: z.record(z.string(), Json),
  /** By hash. */
  artifacts: z.record(z.string(), Json),
  requests: z.array(ApprovalRequest),
  failures: z.array(RecordedFailure),
})
export type Recording = z.infer<typeof Recording>

/** By step, then by attempt and place, as the journal gives them. */
export type RecordedSteps = ReadonlyMap<StepId, readonly JournalRecord[]>

/** @throws RecordsCorrupt where a chain does not verify or content is not what its row says: nothing may follow from it. */
export function stepsOf({ run, rows, bodies }: Pick<Recording, 'run' | 'rows' | 'bodies'>): RecordedSteps {
  const chains = Map.groupBy(rows, ({ stepId, attempt }) => `${stepId} ${attempt}`)
  for (const chain of chains.values()) {
    const { stepId, attempt } = chain[0] as JournalRow
    const verdict = verifyChain({ runId: run.runId, stepId, attempt }, chain)
    if (verdict.status === 'broken') throw corrupt(run, `step ${stepId}, attempt ${attempt}: ${verdict.what}`)
  }
  refuseMissingChains(run, rows)
  for (const [hash, body] of Object.entries(bodies)) {
    if (jsonSha256(body) !== hash) throw corrupt(run, `content ${hash} is not what its row says`)
  }
  const steps = Map.groupBy(rows, ({ stepId }) => stepId)
  return new Map([...steps].map(([stepId, all]) => [stepId, all.map((row) => recordOf(row, bodies))]))
}

/** The end of a run lists what there was: a chain that is gone, or shorter, shows against it. */
function refuseMissingChains(run: Run, rows: readonly JournalRow[]): void {
  const hashes = new Map(rows.map((row) => [`${row.stepId} ${row.attempt} ${row.seq}`, row.hash]))
  const execution = rows.filter(({ event }) => event === 'end').at(-1)?.attempt
  const ends = rows.filter(({ event, attempt }) => event === 'end' && attempt === execution)
  for (const { stepId, attempt, rows: count, head } of ends.flatMap(({ chains = [] }) => chains)) {
    // Whoever was thought dead may have appended since.
    if (hashes.get(`${stepId} ${attempt} ${count - 1}`) === head) continue
    throw corrupt(run, `step ${stepId}, attempt ${attempt} is missing, or not as it was when the run ended`)
  }
}

function recordOf(row: JournalRow, bodies: Recording['bodies']): JournalRecord {
  const body = row.bodySha256 === undefined ? undefined : bodies[row.bodySha256]
  return body === undefined ? { row } : { row, body }
}

function corrupt({ runId }: Run, what: string): RecordsCorrupt {
  return new RecordsCorrupt({
    message: `the journal of run ${runId} does not verify: ${what}`,
    next: 'Restore the data folder, or the recording, from a copy: nothing can be run again from this one.',
  })
}
