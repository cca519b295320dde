/** What came of a request to people, as one log line and as metrics: ids and times, and nothing that anybody said. */
import type { ApprovalDecision, ApprovalRequest } from '../schema/approval.ts'
import type { JsonObject } from '../schema/json.ts'
import { BATON, GENAI, PLACE } from './genai-names.ts'
import { type MetricGroup, metricGroups } from './metric-group.ts'

/** `event` of the line that tells what people decided; no journal row has it. */
export const APPROVAL_EVENT = 'approval'

export interface DecidedApproval {
  readonly request: ApprovalRequest
  readonly decision: ApprovalDecision
}

export function logOfApproval({ request, decision }: DecidedApproval): JsonObject {
  const { runId, stepId, agent, kind, approvalId } = request
  return {
    [PLACE.run]: runId,
    [PLACE.step]: stepId,
    ...(agent === undefined ? {} : { [PLACE.agent]: agent, [GENAI.agentName]: agent }),
    [PLACE.event]: APPROVAL_EVENT,
    [PLACE.rule]: `approval.${kind}`,
    [PLACE.status]: outcomeOf(decision),
    [BATON.approval]: approvalId,
    [BATON.durationMs]: waitMs({ request, decision }),
  }
}

export function approvalMetrics(approval: DecidedApproval): MetricGroup[] {
  return metricGroups({ Approvals: 1, ApprovalWait: waitMs(approval) }, { outcome: outcomeOf(approval.decision) })
}

function outcomeOf({ expired, outcome }: ApprovalDecision): string {
  return expired ? 'expired' : outcome
}

function waitMs({ request, decision }: DecidedApproval): number {
  return Math.max(0, Date.parse(decision.at) - Date.parse(request.requestedAt))
}
