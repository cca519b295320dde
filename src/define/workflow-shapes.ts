/** The shape of what an expression gives and of what a node puts out, from the schemas of agents and workflows. */
import { assertNever } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import { outputSchemaOf } from './contract.ts'
import type { Expression } from './expressions.ts'
import type { Workflow } from './workflow.ts'
import type { WorkflowNode } from './workflow-node.ts'
import { lastOf, outputRef, walk } from './workflow-nodes.ts'
import { fieldOf, type Shape, shape, shapeOfValue, UNKNOWN, unionOf } from './workflow-schemas.ts'

export type ShapeOf = (expression: Expression) => Shape | MissingField

/** A read of a field that the schema does not have. */
export interface MissingField {
  readonly missing: string
}

const MAX_DEPTH = 60
/** As `Approved` says of it. */
const APPROVED = shape({
  type: 'object',
  properties: {
    approved: { type: 'boolean', const: true },
    by: { type: 'array', items: { type: 'string' } },
    comment: { type: 'string' },
  },
  required: ['approved', 'by'],
})

const FAILURE = shape({
  type: 'object',
  properties: { cause: { type: 'string' }, reason: { type: 'string' } },
  required: ['cause', 'reason'],
})

export interface Shapes {
  readonly of: ShapeOf
  readonly output: (node: WorkflowNode) => Shape
}

/** @param previousOf What a node takes by default: the expression of the output before it. */
export function shapesOf(
  workflow: Workflow,
  settings: JsonObject | undefined,
  previousOf: ReadonlyMap<WorkflowNode, Expression>,
): Shapes {
  const byName = new Map<string, WorkflowNode>()
  for (const node of walk(workflow.root)) if ('name' in node && !byName.has(node.name)) byName.set(node.name, node)

  function of(expression: Expression, depth = 0): Shape | MissingField {
    if (depth > MAX_DEPTH) return UNKNOWN
    switch (expression.op) {
      case 'literal':
        return shapeOfValue(expression.value)
      case 'ref': {
        let at: Shape | undefined = source(expression, depth)
        const read: (string | number)[] = []
        for (const key of expression.path) {
          read.push(key)
          at = fieldOf(at, key)
          if (at === undefined) return { missing: read.join('.') }
        }
        return at
      }
      case 'object': {
        const fields = Object.entries(expression.fields).map(([key, part]) => [key, known(part, depth)] as const)
        const properties = fields.map(([key, one]) => [key, { ...one.schema, 'x-document': one.document }] as const)
        const required = fields.filter(([, one]) => !one.optional).map(([key]) => key)
        return shape({ type: 'object', properties: Object.fromEntries(properties), required })
      }
      case 'array': {
        const items = unionOf(expression.parts.map((part) => known(part, depth)))
        return shape({ type: 'array', items: { ...items.schema, 'x-document': items.document } })
      }
      case 'text':
        return shape({ type: 'string' })
      case 'count':
        return shape({ type: 'integer' })
      case 'eq':
      case 'lt':
      case 'gt':
      case 'and':
      case 'or':
      case 'not':
      case 'exists':
        return shape({ type: 'boolean' })
      case 'jsonata':
        return UNKNOWN
      default:
        return assertNever(expression)
    }
  }

  function known(expression: Expression, depth: number): Shape {
    const found = of(expression, depth + 1)
    return 'missing' in found ? UNKNOWN : found
  }

  function source({ source: from }: Expression & { op: 'ref' }, depth: number): Shape {
    if (from.of === 'input') return shape(workflow.inputSchema)
    if (from.of === 'settings') return settings ? shape(settings) : UNKNOWN
    if (from.of === 'failure') return FAILURE
    if (from.of === 'index' || from.of === 'iteration') return shape({ type: 'integer' })
    const node = 'name' in from ? byName.get(from.name) : undefined
    if (node === undefined) return UNKNOWN
    if (from.of === 'node') return output(node, depth + 1)
    if (from.of === 'item' && node.kind === 'forEach') {
      const item = fieldOf(known(node.items, depth), 0)
      return item ? { ...item, optional: false } : UNKNOWN
    }
    if (from.of === 'previous' && node.kind === 'repeat') {
      const initial = node.initial ?? previousOf.get(node)
      return unionOf([...(initial ? [known(initial, depth)] : []), known(outputRef(node.body), depth)])
    }
    return UNKNOWN
  }

  function output(node: WorkflowNode, depth = 0): Shape {
    if (depth > MAX_DEPTH) return UNKNOWN
    switch (node.kind) {
      case 'step':
        return withOtherwise(shape(outputSchemaOf(node)), node.otherwise, depth)
      case 'workflow':
        return withOtherwise(shape(node.workflow.outputSchema), node.otherwise, depth)
      case 'sequence':
        return output(lastOf(node), depth + 1)
      case 'parallel': {
        const fields = Object.entries(node.branches).map(([key, branch]) => [key, outputRef(branch)] as const)
        return known({ op: 'object', fields: Object.fromEntries(fields) }, depth)
      }
      case 'forEach':
        return known({ op: 'array', parts: [outputRef(node.body)] }, depth)
      case 'choose': {
        const arms = node.arms.map((arm) => output(arm.node, depth + 1))
        return unionOf([...arms, node.otherwise ? output(node.otherwise, depth + 1) : shape({ type: 'null' })])
      }
      case 'repeat':
      case 'compensate':
      case 'pattern':
        return output(node.body, depth + 1)
      case 'approve':
        return withOtherwise(APPROVED, node.otherwise, depth)
      case 'person':
      case 'rule':
        return withOtherwise(shape(node.outputSchema), node.otherwise, depth)
      case 'compute':
        return shape(node.outputSchema)
      case 'wait': {
        const before = previousOf.get(node)
        return before ? known(before, depth) : UNKNOWN
      }
      default:
        return assertNever(node)
    }
  }

  function withOtherwise(own: Shape, otherwise: Expression | undefined, depth: number): Shape {
    return otherwise ? unionOf([own, known(otherwise, depth)]) : own
  }

  return { of: (expression) => of(expression), output: (node) => output(node) }
}
