/**
 * How small the output of each node can be made at most: every step's output a reference with the fields that
 * expressions read. What does not fit a state even so can never run with large outputs. Who gets what is left over is
 * budget.ts's business.
 */
import { outputSchemaOf } from '../define/contract.ts'
import type { Expression } from '../define/expressions.ts'
import type { ComputeNode, WorkflowNode } from '../define/workflow-node.ts'
import { partsOf, walk } from '../define/workflow-nodes.ts'
import { fieldOf, shape } from '../define/workflow-schemas.ts'
import { assertNever } from '../errors.ts'
import { ANSWER_BYTES } from '../schema/approval.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { REFERENCE_BYTES } from '../schema/step.ts'
import { inlineFieldsOf } from './inline-fields.ts'

/** Room for a field whose length no schema bounds: an id, a verdict, a short list. */
const FIELD_BYTES = 256
const NUMBER_BYTES = 24
const BRACKETS = 2
/** Quotes, colon and comma. */
const KEY_BYTES = 4
const NULL_BYTES = 5
/** An approval's fields, and the start of what was said: 400 characters. */
const APPROVED_BYTES = 600
/** Of one who approved: an ARN, say. */
const PRINCIPAL_BYTES = 160
/** Bytes of JSON that a character may take, but for the rare ones. */
const CHARACTER_BYTES = 2

/** A cause, and a reason of 300 characters. */
const FAILURE_BYTES = 700

export type LeastBytes = ReadonlyMap<WorkflowNode, number>

const KNOWN = new WeakMap<WorkflowNode, LeastBytes>()

/** Bytes of JSON, the comma after it included, for the node and every node below it. The same map for the same tree. */
export function leastBytesOf(root: WorkflowNode): LeastBytes {
  const known = KNOWN.get(root)
  if (known !== undefined) return known
  const fields = inlineFieldsOf(root)
  const least = new Map<WorkflowNode, number>()
  const byName = new Map([...walk(root)].flatMap((node) => ('name' in node ? [[node.name, node] as const] : [])))

  const visit = (node: WorkflowNode, previous: number): number => {
    const bytes = bytesOf(node, previous)
    least.set(node, bytes)
    return bytes
  }

  const bytesOf = (node: WorkflowNode, previous: number): number => {
    switch (node.kind) {
      case 'step':
      case 'rule': {
        const schema = node.kind === 'step' ? outputSchemaOf(node) : node.outputSchema
        const inline = [...(fields.get(node.name) ?? [])].map((key) => fieldBytes(schema, key))
        return Math.max(REFERENCE_BYTES + total(inline), node.otherwise ? literalBytes(node.otherwise) : 0)
      }
      case 'workflow': {
        const child = leastBytesOf(node.workflow.root).get(node.workflow.root) ?? 0
        return Math.max(child, node.otherwise ? literalBytes(node.otherwise) : 0)
      }
      case 'compute':
        return node.bytes + total(heldBy(node).map((name) => least.get(byName.get(name) ?? root) ?? 0))
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
      case 'compensate':
      case 'pattern':
        return visit(node.body, previous)
      case 'approve':
        return Math.max(
          APPROVED_BYTES + node.policy.quorum * PRINCIPAL_BYTES,
          node.otherwise ? literalBytes(node.otherwise) : 0,
        )
      case 'person':
        return Math.max(answerBytes(node.outputSchema), node.otherwise ? literalBytes(node.otherwise) : 0)
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
    case 'approve':
    case 'person':
    case 'rule':
      return 0
    case 'compute':
      return heldBy(node).length
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
    case 'compensate':
    case 'pattern':
      return copiesOfPrevious(node.body)
    default:
      return assertNever(node)
  }
}

function heldBy({ value, holds = [] }: ComputeNode): readonly string[] {
  return [...wholeNodes(value), ...holds]
}

/** Nodes whose whole output stands in a value. */
function wholeNodes(expression: Expression): readonly string[] {
  if (expression.op !== 'ref') return partsOf(expression).flatMap(wholeNodes)
  return expression.source.of === 'node' && expression.path.length === 0 ? [expression.source.name] : []
}

/** Of an expression what is known before anything runs. */
export function literalBytes(expression: Expression): number {
  if (expression.op === 'literal') return Buffer.byteLength(JSON.stringify(expression.value)) + 1
  if (expression.op === 'ref' && expression.source.of === 'failure') return FAILURE_BYTES
  return total(partsOf(expression).map(literalBytes))
}

/** A person's answer never becomes a reference: as large as its schema lets it be, and never larger than an answer may be. */
function answerBytes(schema: JsonObject): number {
  const most = (value: Json | undefined): number => {
    if (!isJsonObject(value)) return ANSWER_BYTES
    if (Array.isArray(value.enum)) return Math.max(...value.enum.map((one) => JSON.stringify(one).length)) + 1
    if (value.type === 'boolean' || value.type === 'null') return NULL_BYTES
    if (value.type === 'integer' || value.type === 'number') return NUMBER_BYTES
    if (value.type === 'string' && typeof value.maxLength === 'number')
      return BRACKETS + value.maxLength * CHARACTER_BYTES
    if (value.type === 'array' && typeof value.maxItems === 'number')
      return BRACKETS + value.maxItems * most(value.items)
    if (value.type !== 'object' || !isJsonObject(value.properties)) return ANSWER_BYTES
    const fields = Object.entries(value.properties).map(
      ([key, field]) => Buffer.byteLength(key) + KEY_BYTES + most(field),
    )
    return BRACKETS + total(fields)
  }
  return Math.min(ANSWER_BYTES, most(schema))
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
