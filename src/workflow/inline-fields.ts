/**
 * Which top-level fields of each step's output some expression reads. They stay inside the state when a large output
 * becomes a reference, so that `from(plan).subtopics` reads the same either way.
 */
import type { Expression } from '../define/expressions.ts'
import type { WorkflowNode } from '../define/patterns.ts'
import { assertNever } from '../errors.ts'
import { walk } from './nodes.ts'

export function inlineFieldsOf(root: WorkflowNode): ReadonlyMap<string, ReadonlySet<string>> {
  const byName = new Map<string, WorkflowNode>()
  const all = [...walk(root)]
  for (const node of all) if ('name' in node) byName.set(node.name, node)
  const fields = new Map<string, Set<string>>()

  /** Follows what a read of `path` in the node's output reaches, down to steps. */
  const mark = (node: WorkflowNode | undefined, path: readonly (string | number)[], depth: number): void => {
    const [head, ...rest] = path
    if (node === undefined || head === undefined || depth > MAX_DEPTH) return
    switch (node.kind) {
      case 'step': {
        if (typeof head === 'string') fields.set(node.name, (fields.get(node.name) ?? new Set()).add(head))
        return
      }
      case 'sequence':
        return mark(node.nodes.at(-1), path, depth + 1)
      case 'parallel':
        return mark(node.branches[head], rest, depth + 1)
      case 'forEach':
        return typeof head === 'number' ? mark(node.body, rest, depth + 1) : undefined
      case 'repeat':
        return mark(node.body, path, depth + 1)
      case 'choose':
        for (const arm of node.arms) mark(arm.node, path, depth + 1)
        return mark(node.otherwise, path, depth + 1)
      case 'workflow':
      case 'wait':
        return
      default:
        return assertNever(node)
    }
  }

  /** `item` and `previous` are values of other nodes: follow them there. */
  const read = (expression: Expression, below: readonly (string | number)[], depth: number): void => {
    if (depth > MAX_DEPTH) return
    if (expression.op === 'ref') {
      const { source } = expression
      const path = [...expression.path, ...below]
      if (!('name' in source)) return
      const node = byName.get(source.name)
      if (source.of === 'node') mark(node, path, depth)
      if (source.of === 'previous' && node?.kind === 'repeat') {
        mark(node.body, path, depth)
        if (node.initial) read(node.initial, path, depth + 1)
      }
      if (source.of === 'item' && node?.kind === 'forEach') read(node.items, [0, ...path], depth + 1)
      return
    }
    for (const part of partsOf(expression)) read(part, [], depth)
  }

  for (const node of all) for (const expression of expressionsOf(node)) read(expression, [], 0)
  return fields
}

/** Deeper than any tree that a state machine can hold. */
const MAX_DEPTH = 100

export function expressionsOf(node: WorkflowNode): readonly Expression[] {
  const given = (...expressions: readonly (Expression | undefined)[]) => expressions.filter((one) => one !== undefined)
  switch (node.kind) {
    case 'step':
    case 'workflow':
      return given(node.input)
    case 'forEach':
      return [node.items]
    case 'choose':
      return node.arms.map((arm) => arm.when)
    case 'repeat':
      return given(node.initial, node.until)
    case 'wait':
      return given(node.seconds, node.until)
    case 'sequence':
    case 'parallel':
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
