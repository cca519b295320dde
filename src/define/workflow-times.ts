/** How long things may take, and whether the times nest: a step's state outlives its agent, a workflow its steps. */
import type { Issue } from '../errors.ts'
import type { ApprovalPolicy } from '../schema/approval.ts'
import { askSeconds } from './may-ask.ts'
import type { Workflow } from './workflow.ts'
import type { StepNode, WorkflowNode } from './workflow-node.ts'
import { walk } from './workflow-nodes.ts'

const DEFAULT_SECONDS = 7 * 86_400
/** From an agent's own deadline to its state's: Lambda's start, and writing the outcome down. */
const GRACE_SECONDS = 60

/** `TimeoutSeconds` of the state that runs a step, waits for people aside, and of the state that runs a child workflow. */
export function stateSeconds(node: StepNode | (WorkflowNode & { kind: 'workflow' })): number {
  return GRACE_SECONDS + (node.kind === 'step' ? node.agent.limits.seconds : executionSeconds(node.workflow))
}

/** `TimeoutSeconds` of a workflow: as declared, or a week beyond its longest child and its longest wait for a person. */
export function executionSeconds(workflow: Workflow): number {
  if (workflow.limits.seconds !== undefined) return workflow.limits.seconds
  const longest = [...walk(workflow.root)].map((node) =>
    node.kind === 'workflow' ? stateSeconds(node) : waitSeconds(node),
  )
  return DEFAULT_SECONDS + Math.max(0, ...longest)
}

export function timeIssues(workflow: Workflow): Issue[] {
  const limit = executionSeconds(workflow)
  const issues: Issue[] = []
  for (const node of walk(workflow.root)) {
    const seconds = secondsOf(node)
    if (!('name' in node)) continue
    for (const policy of policiesOf(node)) issues.push(...escalationIssues(node.name, policy))
    if (seconds < limit) continue
    issues.push({
      path: `steps.${node.name}`,
      message: `it may take ${seconds} s, but the workflow ends after ${limit} s`,
      remedy: `raise limits.seconds of workflow ${workflow.name} above ${seconds}, or lower what "${node.name}" may take`,
    })
  }
  return issues
}

/** A role that may decide only when nobody may any more. */
function escalationIssues(name: string, { escalate, expiresSeconds }: ApprovalPolicy): Issue[] {
  return escalate.flatMap(({ afterSeconds, role }, index) => {
    if (afterSeconds < expiresSeconds) return []
    const message = `${role} may decide after ${afterSeconds} s, but the request ends after ${expiresSeconds} s`
    const remedy = `set afterSeconds below ${expiresSeconds}, or let the request end after more than ${afterSeconds} s`
    return [{ path: `steps.${name}.escalate.${index}`, message, remedy }]
  })
}

function policiesOf(node: WorkflowNode): readonly ApprovalPolicy[] {
  if (node.kind === 'approve' || node.kind === 'person') return [node.policy]
  if (node.kind !== 'step') return []
  const { oversight, tools } = node.agent
  return [...(oversight ? [oversight] : []), ...tools.flatMap(({ approval }) => (approval ? [approval] : []))]
}

/** The longest single wait for a person. */
export function waitSeconds(node: WorkflowNode): number {
  if (node.kind === 'approve' || node.kind === 'person') return node.policy.expiresSeconds
  return node.kind === 'step' ? askSeconds(node.agent) : 0
}

function secondsOf(node: WorkflowNode): number {
  if (node.kind === 'step') return stateSeconds(node) + waitSeconds(node)
  if (node.kind === 'workflow') return stateSeconds(node)
  if (node.kind === 'approve' || node.kind === 'person') return GRACE_SECONDS + waitSeconds(node)
  if (node.kind === 'wait' && node.seconds?.op === 'literal') return Number(node.seconds.value)
  return 0
}
