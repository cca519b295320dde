/**
 * Which top-level fields of each step's, or rule's, output some expression reads. They stay inside the state when a large output
 * becomes a reference, so that `from(plan).subtopics` reads the same either way.
 */
import type { Expression } from '../define/expressions.ts'
import type { WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf, expressionsOf, lastOf, partsOf, walk } from '../define/workflow-nodes.ts'
import { assertNever } from '../errors.ts'

export function inlineFieldsOf(root: WorkflowNode): ReadonlyMap<string, ReadonlySet<string>> {
  const byName = new Map<string, WorkflowNode>()
  const all = [...walk(root)]
  for (const node of all) if ('name' in node) byName.set(node.name, node)
  const fields = new Map<string, Set<string>>()
  const followed = new Set<string>()

  /** Follows what a read of `path` in the node's output reaches, down to steps. */
  const mark = (node: WorkflowNode, path: readonly (string | number)[], depth: number): void => {
    const [head, ...rest] = path
    if (head === undefined || depth > MAX_DEPTH) return
    if (node.kind === 'step' || node.kind === 'rule') {
      if (typeof head === 'string') fields.set(node.name, (fields.get(node.name) ?? new Set()).add(head))
      return
    }
    if (node.kind === 'compute') {
      // What a loop keeps is made of what it kept before: each field is followed once.
      const key = `${node.name} ${path.join('.')}`
      if (followed.has(key)) return
      followed.add(key)
      const part = node.value.op === 'object' ? node.value.fields[head] : undefined
      if (part !== undefined) read(part, rest, depth + 1)
      return
    }
    const below = node.kind === 'parallel' || node.kind === 'forEach' ? rest : path
    for (const inner of producers(node, head)) mark(inner, below, depth + 1)
  }

  /** `item` and `previous` are values of other nodes: follow them there. */
  const read = (expression: Expression, below: readonly (string | number)[], depth: number): void => {
    if (depth > MAX_DEPTH) return
    if (expression.op === 'ref') {
      const { source } = expression
      const path = [...expression.path, ...below]
      if (!('name' in source)) return
      const node = byName.get(source.name)
      if (source.of === 'node' && node) mark(node, path, depth)
      if (source.of === 'previous' && node?.kind === 'repeat') {
        mark(node.body, path, depth)
        if (node.initial) read(node.initial, path, depth + 1)
      }
      if (source.of === 'item' && node?.kind === 'forEach') read(node.items, [0, ...path], depth + 1)
      return
    }
    // A raw expression may give any of what is bound in it.
    const within = expression.op === 'jsonata' ? below : []
    for (const part of partsOf(expression)) read(part, within, depth)
  }

  for (const node of all) for (const expression of expressionsOf(node)) read(expression, [], 0)
  return fields
}

/** The nodes within `node` whose output its own is, at the field or index `head`. */
function producers(node: WorkflowNode, head: string | number): readonly WorkflowNode[] {
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
      return [lastOf(node)]
    case 'parallel': {
      const branch = node.branches[head]
      return branch ? [branch] : []
    }
    case 'forEach':
      return typeof head === 'number' ? [node.body] : []
    case 'repeat':
    case 'choose':
    case 'compensate':
    case 'pattern':
      return childrenOf(node)
    default:
      return assertNever(node)
  }
}

/** Deeper than any tree that a state machine can hold. */
const MAX_DEPTH = 100
