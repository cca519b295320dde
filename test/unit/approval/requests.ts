/** Requests as steps and workflows make them, for tests. */
import { approvalIdOf } from '../../../src/approval/approval-id.ts'
import type { Approval, Vote, Voter } from '../../../src/approval/approval-state.ts'
import { jsonSha256 } from '../../../src/audit/canonical.ts'
import { ApprovalPolicy, ApprovalRequest } from '../../../src/schema/approval.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'

export const ASKED_MS = Date.parse('2026-01-01T00:00:00.000Z')
export const HOUR_MS = 3_600_000

interface Given {
  readonly kind?: ApprovalRequest['kind']
  readonly policy?: Partial<ApprovalPolicy>
  readonly subject?: Json
  readonly answerSchema?: JsonObject
  readonly runId?: string
}

/** By default: may money be sent? It ends after an hour. */
export function requestOf({ kind = 'tool', policy, subject = { to: 'bob' }, answerSchema, runId }: Given = {}) {
  const of = { kind, runId: runId ?? 'run-1', stepId: 'pay', ...(kind === 'tool' && { tool: 'send_money' }) }
  const subjectSha256 = jsonSha256(subject)
  const which = { requester: 'clerk', policyVersion: '1', which: 0 }
  const full = ApprovalPolicy.parse({ expiresSeconds: 3_600, ...policy })
  return ApprovalRequest.parse({
    ...of,
    approvalId: approvalIdOf({ ...of, ...which, subjectSha256 }),
    agent: 'clerk',
    summary: 'May I?',
    subject,
    subjectSha256,
    policy: full,
    ...(kind === 'tool' && { answerSchema: { type: 'object' } }),
    ...(answerSchema !== undefined && { answerSchema }),
    requestedAt: new Date(ASKED_MS).toISOString(),
    expiresAt: new Date(ASKED_MS + full.expiresSeconds * 1_000).toISOString(),
  })
}

export function pending(request: ApprovalRequest, startedBy = 'local:starter'): Approval {
  return { request, startedBy, status: 'pending', votes: [] }
}

export function voteOn({ subjectSha256 }: ApprovalRequest, decision: Vote['decision'], more: Partial<Vote> = {}): Vote {
  return { decision, subjectSha256, ...more }
}

/** @param roles That they hold. */
export function voter(name: string, ...roles: string[]): Voter {
  return { principal: `local:${name}`, holds: (role) => roles.includes(role) }
}
