/** The identity of what a person is asked: bound to all that must not change between the question and the deed. */
import { jsonSha256 } from '../audit/canonical.ts'
import type { ApprovalId, ApprovalKind } from '../schema/approval.ts'

export interface ApprovalBinding {
  readonly runId: string
  readonly stepId: string
  readonly kind: ApprovalKind
  readonly tool?: string | undefined
  readonly subjectSha256: string
  /** Who wants it: the agent's name, or the workflow's. */
  readonly requester: string
  /** Hash of the declaration that made it ask. */
  readonly policyVersion: string
  /** Of a tool call; otherwise the how-manieth of its kind in the step. */
  readonly which: string | number
}

const ID_DIGITS = 32

export function approvalIdOf(binding: ApprovalBinding): ApprovalId {
  const { runId, stepId, kind, tool = null, subjectSha256, requester, policyVersion, which } = binding
  const hash = jsonSha256([runId, stepId, kind, tool, subjectSha256, requester, policyVersion, which])
  return `a-${hash.slice(0, ID_DIGITS)}` as ApprovalId
}
