/** A person in a test: says something to what a step asks, as the state machine would bring it back. */
import { expect } from 'vitest'
import type { ApprovalDecision, ApprovalRequest } from '../../../src/schema/approval.ts'
import type { StepResult } from '../../../src/schema/step.ts'

export function requestOf(result: StepResult): ApprovalRequest {
  if (result.status !== 'approval') expect.unreachable(`no approval: ${JSON.stringify(result)}`)
  return result.request
}

export function decide(result: StepResult, changes: Partial<ApprovalDecision> = {}): ApprovalDecision {
  const { approvalId, subjectSha256, requestedAt } = requestOf(result)
  return { approvalId, subjectSha256, outcome: 'approved', by: ['ann'], at: requestedAt, expired: false, ...changes }
}
