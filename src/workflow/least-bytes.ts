/**
 * How small the output of each node can be made at most: every step's output a reference with the fields that
 * expressions read. What does not fit a state even so can never run with large outputs. Who gets what is left over is
 * budget.ts's business.
 */
import type { Expression } from '../define/expressions.ts'
import type { WorkflowNode } from '../define/patterns.ts'
import { partsOf } from '../define/workflow-nodes.ts'
import { fieldOf, shape } from '../define/workflow-schemas.ts'
import { assertNever } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import { REFERENCE_BYTES } from '../schema/step.ts'
import { inlineFieldsOf } from './inline-fields.ts'

/** Room for a field whose length no schema bounds: an id, a verdict, a short list. */
const FIELD_BYTES = 256
const NUMBER_BYTES = 24
const BRACKETS = 2
/** Quotes, colon and comma. */
const KEY_BYTES = 4
const NULL_BYTES = 5

export type LeastBytes = ReadonlyMap<WorkflowNode, number>

const KNOWN = new WeakMap<WorkflowNode, LeastBytes>()

/** Bytes of JSON, the comma after it included, for the node and every node below it. The same map for the same tree. */
export function leastBytesOf(root: WorkflowNode): LeastBytes {
  const known = KNOWN.get(root)
  if (known !== undefined) return known
  const fields = inlineFieldsOf(root)
  const least = new Map<WorkflowNode, number>()

  const visit = (node: WorkflowNode, previous: number): number => {
    const bytes = bytesOf(node, previous)
    least.set(node, bytes)
    return bytes
  }

  const bytesOf = (node: WorkflowNode, previous: number): number => {
    switch (node.kind) {
      case 'step': {
        const inline = [...(fields.get(node.name) ?? [])].map((key) => fieldBytes(node.agent.outputSchema, key))
        return Math.max(REFERENCE_BYTES + total(inline), node.otherwise ? literalBytes(node.otherwise) : 0)
      }
      case 'workflow': {
        const child = leastBytesOf(node.workflow.root).get(node.workflow.root) ?? 0
        return Math.max(child, node.otherwise ? literalBytes(node.otherwise) : 0)
      }
      case 'wait':
        return previous
      case 'sequence':
        return node.nodes.reduce((before, one) => visit(one, before), previous)
      case 'parallel': {
        const branches = Object.entries(node.branches)
        return BRACKETS + total(branches.map(([key, branch]) => key.length + KEY_BYTES + visit(branch, previous)))
      }
      case 'forEach':
        return BRACKETS + node.max * visit(node.body, 0)
      case 'choose': {
        const arms = node.arms.map((arm) => visit(arm.node, previous))
        return Math.max(NULL_BYTES, ...arms, node.otherwise ? visit(node.otherwise, previous) : 0)
      }
      case 'repeat':
        return visit(node.body, previous)
      default:
        return assertNever(node)
    }
  }

  visit(root, 0)
  KNOWN.set(root, least)
  return least
}

/** How often the output before a node stands in the node's own output. */
export function copiesOfPrevious(node: WorkflowNode): number {
  switch (node.kind) {
    case 'step':
    case 'workflow':
    case 'forEach':
      return 0
    case 'wait':
      return 1
    case 'sequence':
      return node.nodes.reduce((copies, one) => copies * copiesOfPrevious(one), 1)
    case 'parallel':
      return total(Object.values(node.branches).map(copiesOfPrevious))
    case 'choose':
      return Math.max(
        ...[...node.arms.map((arm) => arm.node), ...(node.otherwise ? [node.otherwise] : [])].map(copiesOfPrevious),
      )
    case 'repeat':
      return copiesOfPrevious(node.body)
    default:
      return assertNever(node)
  }
}

/** Of an expression what is known before anything runs. */
export function literalBytes(expression: Expression): number {
  if (expression.op === 'literal') return Buffer.byteLength(JSON.stringify(expression.value)) + 1
  return total(partsOf(expression).map(literalBytes))
}

function fieldBytes(output: JsonObject, key: string): number {
  return Buffer.byteLength(key) + KEY_BYTES + valueBytes(fieldOf(shape(output), key)?.schema)
}

function valueBytes(schema: JsonObject | undefined): number {
  switch (schema?.type) {
    case 'boolean':
    case 'null':
      return NULL_BYTES
    case 'integer':
    case 'number':
      return NUMBER_BYTES
    default:
      if (Array.isArray(schema?.enum)) return Math.max(...schema.enum.map((one) => JSON.stringify(one).length))
      return typeof schema?.maxLength === 'number' ? Math.min(FIELD_BYTES, schema.maxLength + 2) : FIELD_BYTES
  }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
}
