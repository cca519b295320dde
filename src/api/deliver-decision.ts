/**
 * What a decision leads to: a row in the journal where the workflow itself asked, then the answer to whoever waits.
 * Each is done once, however often this is called; a row is there before anything follows from it.
 */
import type { Approval } from '../approval/approval-state.ts'
import type { Approvals } from '../approval/approvals.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict } from '../errors.ts'
import type { Journal } from '../records/journal.ts'
import { runActor } from '../records/run-chain.ts'
import type { Runs } from '../records/runs.ts'
import type { JournalEntry, JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { TaskTokens } from './ports.ts'

export interface DeliverDependencies {
  readonly approvals: Approvals
  readonly runs: Runs
  readonly journal: Journal
  readonly tokens: TaskTokens
  /** Told each row once it is durable. */
  readonly onRow?: ((row: JournalRow, body?: Json) => void) | undefined
}

/** Nothing happens while it is pending, or where its run has ended. */
export async function deliver(approval: Approval, dependencies: DeliverDependencies): Promise<void> {
  const { decision } = approval
  if (decision === undefined) return
  await recordDecided(approval, dependencies)
  const token = await dependencies.approvals.tokenOf(approval)
  crashPoint('approval.send.before')
  if (token !== undefined) await dependencies.tokens.succeed(token, decision as unknown as Json)
  crashPoint('approval.send.after')
}

/** That a node of the workflow asks. An agent's own rows say so of what it asks. */
export async function recordAsked({ request, node }: Approval, dependencies: DeliverDependencies): Promise<void> {
  if (node === undefined) return
  const { approvalId, kind, summary, subjectSha256 } = request
  await recordOnce(
    request,
    `approval.${kind}`,
    [
      {
        event: 'decision',
        rule: `approval.${kind}`,
        reason: summary.slice(0, REASON_CHARACTERS),
        approval: approvalId,
        hashes: { subject: subjectSha256 },
      },
    ],
    dependencies,
  )
}

const REASON_CHARACTERS = 200
const NO_USAGE = { turns: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }

/** What was decided of what a node of the workflow asks. An agent's own rows say so of what it asks. */
export async function recordDecided(
  { request, node, decision }: Approval,
  dependencies: DeliverDependencies,
): Promise<void> {
  if (node === undefined || decision === undefined) return
  const { approvalId } = request
  const { outcome, expired, by, comment, guidance, subjectSha256 } = decision
  const who = expired ? 'nobody decided in time' : by.join(', ')
  const why = comment ?? guidance
  const reason = [who, ...(why === undefined ? [] : [why])].join(': ').slice(0, REASON_CHARACTERS)
  const rule = `approval.${expired ? 'expired' : outcome}`
  await recordOnce(
    request,
    rule,
    [
      { event: 'decision', rule, reason, status: outcome, approval: approvalId, hashes: { subject: subjectSha256 } },
      { event: 'outcome', status: outcome === 'approved' ? 'completed' : 'denied', reason, total: NO_USAGE },
    ],
    dependencies,
    decision as unknown as Json,
  )
}

/** Rounds against another process that records the same. */
const ROUNDS = 3

async function recordOnce(
  { runId, stepId, approvalId }: Approval['request'],
  rule: string,
  entries: readonly Omit<JournalEntry, 'at'>[],
  { journal, runs, onRow }: DeliverDependencies,
  body?: Json,
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const run = await runs.read(runId)
    const { records, nextAttempt, head } = await journal.readStep(runId, stepId)
    const last = records.findLastIndex(({ row }) => row.rule === rule && row.approval === approvalId)
    // Cut off before its last row: all of it once more.
    const isWhole = last >= 0 && records.length - last >= entries.length
    if (run === undefined || isWhole) return
    const { execution } = run
    const claim = { runId, stepId, attempt: nextAttempt, cause: head, execution, actor: runActor(run) }
    const writer = await journal.claimAttempt(claim)
    if (writer instanceof Conflict) continue
    const written = await writer.appendAll(
      entries.map((entry, index) => ({ entry, body: index === 0 ? body : undefined })),
    )
    if (written instanceof Conflict) continue
    for (const row of [writer.start, ...written]) onRow?.(row)
    return
  }
  throw new Conflict({
    message: `what was decided on ${approvalId} could not be recorded: others are recording it too`,
    next: 'Decide again: a decision counts once.',
  })
}
