/** Walking trees of nodes and expressions: children, names, and the reference that stands for a node's output. */

import { assertNever } from '../errors.ts'
import type { Expression } from './expressions.ts'
import type { WorkflowNode } from './workflow-node.ts'

export function childrenOf(node: WorkflowNode): readonly WorkflowNode[] {
  switch (node.kind) {
    case 'step':
    case 'workflow':
    case 'wait':
    case 'approve':
    case 'person':
    case 'rule':
    case 'compute':
      return []
    case 'sequence':
      return node.nodes
    case 'parallel':
      return Object.values(node.branches)
    case 'forEach':
    case 'repeat':
    case 'compensate':
    case 'pattern':
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

export function expressionsOf(node: WorkflowNode): readonly Expression[] {
  const given = (...expressions: readonly (Expression | undefined)[]) => expressions.filter((one) => one !== undefined)
  switch (node.kind) {
    case 'step':
    case 'workflow':
    case 'approve':
    case 'person':
    case 'rule':
      return given(node.input, node.otherwise)
    case 'forEach':
      return [node.items]
    case 'choose':
      return node.arms.map((arm) => arm.when)
    case 'repeat':
      return given(node.initial, node.until)
    case 'wait':
      return given(node.seconds, node.until)
    case 'compute':
      return [node.value]
    case 'sequence':
    case 'parallel':
    case 'compensate':
    case 'pattern':
      return []
    default:
      return assertNever(node)
  }
}

export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.op) {
    case 'literal':
    case 'ref':
      return []
    case 'object':
      return Object.values(expression.fields)
    case 'array':
    case 'and':
    case 'or':
    case 'text':
      return expression.parts
    case 'eq':
    case 'lt':
    case 'gt':
      return [expression.left, expression.right]
    case 'not':
    case 'count':
    case 'exists':
      return [expression.of]
    case 'jsonata':
      return Object.values(expression.bindings)
    default:
      return assertNever(expression)
  }
}
