/** How long things may take, and whether the times nest: a step's state outlives its agent, a workflow its steps. */
import type { Issue } from '../errors.ts'
import type { StepNode, WorkflowNode } from './patterns.ts'
import type { Workflow } from './workflow.ts'
import { walk } from './workflow-nodes.ts'

const DEFAULT_SECONDS = 7 * 86_400
/** From an agent's own deadline to its state's: Lambda's start, and writing the outcome down. */
const GRACE_SECONDS = 60

/** `TimeoutSeconds` of the state that runs a step, and of the state that runs a child workflow. */
export function stateSeconds(node: StepNode | (WorkflowNode & { kind: 'workflow' })): number {
  return GRACE_SECONDS + (node.kind === 'step' ? node.agent.limits.seconds : executionSeconds(node.workflow))
}

/** `TimeoutSeconds` of a workflow: as declared, or a week beyond its longest child. */
export function executionSeconds(workflow: Workflow): number {
  if (workflow.limits.seconds !== undefined) return workflow.limits.seconds
  const children = [...walk(workflow.root)].map((node) => (node.kind === 'workflow' ? stateSeconds(node) : 0))
  return DEFAULT_SECONDS + Math.max(0, ...children)
}

export function timeIssues(workflow: Workflow): Issue[] {
  const limit = executionSeconds(workflow)
  const issues: Issue[] = []
  for (const node of walk(workflow.root)) {
    const seconds = secondsOf(node)
    if (seconds < limit || !('name' in node)) continue
    issues.push({
      path: `steps.${node.name}`,
      message: `it may take ${seconds} s, but the workflow ends after ${limit} s`,
      remedy: `raise limits.seconds of workflow ${workflow.name} above ${seconds}, or lower what "${node.name}" may take`,
    })
  }
  return issues
}

function secondsOf(node: WorkflowNode): number {
  if (node.kind === 'step' || node.kind === 'workflow') return stateSeconds(node)
  if (node.kind === 'wait' && node.seconds?.op === 'literal') return Number(node.seconds.value)
  return 0
}
