/** Every way to decide what one may not: by an id made up, of another run, again, too late, about something else, without the role. */
import { join } from 'node:path'
import { approvalIdOf } from '../../src/approval/approval-id.ts'
import { type Approvals, openApprovals } from '../../src/approval/approvals.ts'
import type { Clock } from '../../src/clock.ts'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { ApprovalPolicy, type ApprovalRequest } from '../../src/schema/approval.ts'
import { RunId, type Sha256, StepId } from '../../src/schema/ids.ts'
import { sha256 } from '../../src/schema/sha256.ts'

export interface Abuse {
  readonly tried: number
  readonly accepted: number
  /** Decisions of people who may, in between: that they count shows that there was something to refuse. */
  readonly rightful: number
}

const REQUESTS = 200
const START_MS = Date.parse('2026-01-01T00:00:00.000Z')
const EXPIRES_SECONDS = 3_600

export async function abusedApprovals(folder: string): Promise<Abuse> {
  const records = openSqliteRecords({ path: join(folder, 'approvals.db'), synchronous: 'NORMAL' })
  let nowMs = START_MS
  const clock = { now: () => new Date(nowMs) } as Clock
  const approvals = openApprovals({ records, clock })
  const abuse = { tried: 0, accepted: 0, rightful: 0 }

  /** Accepted: the approval says so afterwards, whatever the answer was. */
  async function tryTo(request: ApprovalRequest, work: () => Promise<unknown>): Promise<void> {
    const before = JSON.stringify(await approvals.read(request.approvalId))
    abuse.tried += 1
    await work()
    if (JSON.stringify(await approvals.read(request.approvalId)) !== before) abuse.accepted += 1
  }

  try {
    for (let number = 0; number < REQUESTS; number += 1) {
      nowMs = START_MS
      const [request, other] = [requestOf(number, 'run-1'), requestOf(number, 'run-2')]
      for (const asked of [request, other])
        await approvals.request({ request: asked, startedBy: 'local:starter' }, 'token')
      const forged = `a-${sha256(`forged ${number}`).slice(0, 32)}`
      await tryTo(request, () => say(approvals, forged, request.subjectSha256))
      await tryTo(request, () => say(approvals, request.approvalId, other.subjectSha256))
      await tryTo(request, () => say(approvals, request.approvalId, request.subjectSha256, 'local:mallory', false))
      await tryTo(request, () => say(approvals, request.approvalId, request.subjectSha256, 'local:starter'))
      await say(approvals, request.approvalId, request.subjectSha256)
      if ((await approvals.read(request.approvalId))?.status === 'approved') abuse.rightful += 1
      await tryTo(request, () => say(approvals, request.approvalId, request.subjectSha256, 'local:carl'))
      await tryTo(request, () => say(approvals, request.approvalId, request.subjectSha256))
      await tryTo(other, () => say(approvals, other.approvalId, request.subjectSha256))
      nowMs = START_MS + EXPIRES_SECONDS * 1_000
      await tryTo(other, () => say(approvals, other.approvalId, other.subjectSha256))
    }
    return abuse
  } finally {
    records.close()
  }
}

function say(approvals: Approvals, id: string, subjectSha256: Sha256, principal = 'local:clara', holds = true) {
  return approvals.vote(id, { decision: 'approve', subjectSha256 }, { principal, holds: () => holds })
}

function requestOf(number: number, run: string): ApprovalRequest {
  const subject = { order: `${run} ${number}` }
  const subjectSha256 = sha256(JSON.stringify(subject))
  const [runId, stepId] = [RunId.parse(run), StepId.parse(`step-${number}`)]
  const binding = {
    runId,
    stepId,
    kind: 'tool',
    requester: 'desk',
    policyVersion: 'p',
    which: 1,
    subjectSha256,
  } as const
  return {
    approvalId: approvalIdOf(binding),
    kind: 'tool',
    runId,
    stepId,
    summary: 'desk wants to call refund',
    subject,
    subjectSha256,
    policy: ApprovalPolicy.parse({ role: 'clerk', expiresSeconds: EXPIRES_SECONDS }),
    requestedAt: new Date(START_MS).toISOString(),
    expiresAt: new Date(START_MS + EXPIRES_SECONDS * 1_000).toISOString(),
  }
}
