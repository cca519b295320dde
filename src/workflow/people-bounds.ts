/** Who may be asked in a workflow, for what and how long: before anything runs. */
import { asksOf } from '../define/may-ask.ts'
import type { WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf } from '../define/workflow-nodes.ts'
import type { ApprovalPolicy } from '../schema/approval.ts'
import type { PersonAsked } from '../schema/team-description.ts'

/** Steps of child workflows are named `child/step`. */
export function peopleAsked(node: WorkflowNode, prefix = ''): readonly PersonAsked[] {
  switch (node.kind) {
    case 'workflow':
      return peopleAsked(node.workflow.root, `${prefix}${node.name}/`)
    case 'approve':
    case 'person':
      return [asked(`${prefix}${node.name}`, node.kind, node.policy)]
    case 'step':
      return asksOf(node.agent).map(({ what, policy }) => asked(`${prefix}${node.name}`, what, policy))
    default:
      return childrenOf(node).flatMap((child) => peopleAsked(child, prefix))
  }
}

function asked(step: string, what: string, policy: ApprovalPolicy): PersonAsked {
  const { role, quorum, expiresSeconds, onExpiry, escalate } = policy
  const roles = [...(role === undefined ? [] : [role]), ...escalate.map((rung) => rung.role)]
  return { step, what, roles, quorum, seconds: expiresSeconds, onExpiry }
}
