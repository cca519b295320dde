/** Finds the nodes that a step id names, and the patterns around a node that give it its tasks. */
import type { AgentName } from '../schema/ids.ts'
import type { Team } from './team.ts'
import type { Workflow } from './workflow.ts'
import type { ChildNode, PatternNode, RuleNode, StepNode, WorkflowNode } from './workflow-node.ts'
import { childrenOf, walk } from './workflow-nodes.ts'

/** A node of a workflow that a step id leads to. */
export interface PlacedNode {
  readonly workflow: Workflow
  readonly node: StepNode | ChildNode | RuleNode
}

/**
 * The child workflows around a step, outermost first, and the step or rule itself.
 * @param stepId e.g. `each:3/child/draft=2`: names of nodes, with an item's or a round's number.
 */
export function nodesTo(team: Pick<Team, 'workflows'>, workflow: string, stepId: string): readonly PlacedNode[] {
  const path: PlacedNode[] = []
  let around = team.workflows.find(({ name }) => name === workflow)
  for (const part of stepId.split('/')) {
    const name = part.replace(/[:=].*$/, '')
    const node = around && [...walk(around.root)].find((one) => isPlaced(one) && one.name === name)
    if (around === undefined || node === undefined || !isPlaced(node)) continue
    path.push({ workflow: around, node })
    if (node.kind === 'workflow') around = node.workflow
  }
  return path
}

function isPlaced(node: WorkflowNode): node is PlacedNode['node'] {
  return node.kind === 'step' || node.kind === 'workflow' || node.kind === 'rule'
}

/** The patterns whose tasks a node does, outermost first. */
export function patternsAround({ root }: Pick<Workflow, 'root'>, name: string): readonly PatternNode[] {
  return pathTo(root, name).flatMap((node, index, path) =>
    node.kind === 'pattern' && path.slice(index).some((one) => isWork(one, node)) ? [node] : [],
  )
}

/** What `supervise`, `adaptive` and `blackboard` give out. */
function isWork(node: WorkflowNode, { pattern, name }: PatternNode): boolean {
  return GIVE_OUT.has(pattern) && node.kind === 'forEach' && node.name === `${name}-work`
}

const GIVE_OUT: ReadonlySet<PatternNode['pattern']> = new Set(['supervise', 'adaptive', 'blackboard'])

/** Who writes the tasks: whoever plans them and, of `adaptive`, whoever briefs for them. */
export function leadsOf({ name, body }: PatternNode): readonly AgentName[] {
  const own = [`${name}-plan`, `${name}-lead`]
  return [...walk(body)].flatMap((node) => (node.kind === 'step' && own.includes(node.name) ? [node.agent.name] : []))
}

/** The rule that is given the tasks of a board. */
export function announceName({ name }: PatternNode): string {
  return `${name}-announce`
}

/** From the root down to the node of that name; empty where there is none. */
function pathTo(node: WorkflowNode, name: string): readonly WorkflowNode[] {
  if ('name' in node && node.name === name) return [node]
  for (const child of childrenOf(node)) {
    const path = pathTo(child, name)
    if (path.length > 0) return [node, ...path]
  }
  return []
}
