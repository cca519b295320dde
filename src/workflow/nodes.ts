/** Walking a tree of nodes: children, names, and the reference that stands for a node's output. */
import type { Expression } from '../define/expressions.ts'
import type { WorkflowNode } from '../define/patterns.ts'
import { assertNever } from '../errors.ts'
import { variable } from './scope.ts'

export function childrenOf(node: WorkflowNode): readonly WorkflowNode[] {
  switch (node.kind) {
    case 'step':
    case 'workflow':
    case 'wait':
      return []
    case 'sequence':
      return node.nodes
    case 'parallel':
      return Object.values(node.branches)
    case 'forEach':
    case 'repeat':
      return [node.body]
    case 'choose':
      return [...node.arms.map((arm) => arm.node), ...(node.otherwise ? [node.otherwise] : [])]
    default:
      return assertNever(node)
  }
}

/** The node and everything below it, outermost first. */
export function* walk(node: WorkflowNode): Generator<WorkflowNode> {
  yield node
  for (const child of childrenOf(node)) yield* walk(child)
}

/** The last node that runs: the one whose output a sequence's is. */
export function lastOf(node: WorkflowNode): Exclude<WorkflowNode, { kind: 'sequence' }> {
  if (node.kind !== 'sequence') return node
  const last = node.nodes.at(-1)
  if (last === undefined) throw new TypeError('a sequence has at least one node')
  return lastOf(last)
}

export function outputRef(node: WorkflowNode): Expression {
  return { op: 'ref', source: { of: 'node', name: lastOf(node).name }, path: [] }
}

/** Every variable that nodes of this tree assign. */
export function variablesOf(node: WorkflowNode): Set<string> {
  const variables = new Set<string>()
  for (const { kind, ...rest } of walk(node)) {
    if (!('name' in rest)) continue
    variables.add(variable('node', rest.name))
    const kinds = kind === 'forEach' ? FOR_EACH_VARIABLES : kind === 'repeat' ? REPEAT_VARIABLES : []
    for (const role of kinds) variables.add(variable(role, rest.name))
  }
  return variables
}

const FOR_EACH_VARIABLES = ['item', 'index'] as const
const REPEAT_VARIABLES = ['previous', 'iteration', 'chunk'] as const
