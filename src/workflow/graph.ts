/** A workflow as a graph: what runs, in which order, within which loop. Data; a picture of it is svg.ts' business. */
import type { Expression } from '../define/expressions.ts'
import type { Workflow } from '../define/workflow.ts'
import type { WorkflowNode } from '../define/workflow-node.ts'
import { assertNever } from '../errors.ts'

export interface GraphNode {
  readonly id: string
  readonly kind:
    | 'start'
    | 'end'
    | Exclude<WorkflowNode['kind'], 'sequence' | 'compute'>
    /** In the lineage of a run's data. */
    | 'source'
    | 'untrusted'
    | 'tool'
    | 'effect'
  readonly label: string
  /** Lines below the label: agent, model, time. */
  readonly details: readonly string[]
  /** The cluster that it lies in. */
  readonly within?: string
}
/** What belongs to a loop or a fork. Its head, a node of the same kind, lies in it. */
export interface GraphCluster {
  readonly id: string
  readonly kind: 'parallel' | 'forEach' | 'repeat' | 'compensate' | 'pattern'
  readonly within?: string
}
export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly label?: string
  /** Back to the start of a `repeat`. */
  readonly back?: true
  /** Not told but concluded. */
  readonly faint?: true
}
export interface Graph {
  readonly title: string
  readonly nodes: readonly GraphNode[]
  readonly clusters: readonly GraphCluster[]
  readonly edges: readonly GraphEdge[]
}

/** Loose ends: the node that an edge leaves from, and what the edge says. */
interface End {
  readonly from: string
  readonly label?: string
}

export function graphOf(workflow: Workflow): Graph {
  const nodes: GraphNode[] = []
  const clusters: GraphCluster[] = []
  const edges: GraphEdge[] = []

  function add(node: GraphNode, before: readonly End[]): readonly End[] {
    nodes.push(node)
    for (const end of before) edges.push({ ...end, to: node.id })
    return [{ from: node.id }]
  }

  function head(
    name: string,
    kind: GraphCluster['kind'],
    details: readonly string[],
    before: readonly End[],
    inside: { readonly within?: string },
  ): readonly End[] {
    clusters.push({ id: clusterId(name), kind, ...inside })
    return add({ id: name, kind, label: name, details, within: clusterId(name) }, before)
  }

  /** Draws the node after `before`; gives its own loose ends. */
  function draw(node: WorkflowNode, before: readonly End[], inside: { readonly within?: string }): readonly End[] {
    switch (node.kind) {
      case 'step': {
        const { agent } = node
        const details = [agent.name, agent.model.id, ...(node.otherwise ? ['or else a default'] : [])]
        return add({ id: node.name, kind: 'step', label: node.name, details, ...inside }, before)
      }
      case 'workflow': {
        const details = [`workflow ${node.workflow.name} ${node.workflow.version}`]
        return add({ id: node.name, kind: 'workflow', label: node.name, details, ...inside }, before)
      }
      case 'wait': {
        const details = [
          node.seconds ? `${describe(node.seconds)} s` : `until ${node.until ? describe(node.until) : ''}`,
        ]
        return add({ id: node.name, kind: 'wait', label: node.name, details, ...inside }, before)
      }
      case 'approve':
      case 'person': {
        const { role, quorum, expiresSeconds, onExpiry } = node.policy
        const who = quorum === 1 ? (role ?? 'anybody') : `${quorum} of ${role ?? 'anybody'}`
        const late = onExpiry === 'approve' ? 'approved' : node.otherwise ? 'a default' : 'denied'
        const details = [`${node.kind}: ${who}`, `within ${expiresSeconds} s, or else ${late}`]
        return add({ id: node.name, kind: node.kind, label: node.name, details, ...inside }, before)
      }
      case 'compensate': {
        const ends = head(node.name, node.kind, ['undone where it fails'], before, inside)
        return draw(node.body, ends, { within: clusterId(node.name) })
      }
      case 'compute':
        return before
      case 'rule': {
        const details = [`rule ${node.rule}`, ...(node.otherwise ? ['or else a default'] : [])]
        return add({ id: node.name, kind: 'rule', label: node.name, details, ...inside }, before)
      }
      case 'pattern': {
        const ends = head(node.name, node.kind, [node.pattern, ...node.details], before, inside)
        return draw(node.body, ends, { within: clusterId(node.name) })
      }
      case 'sequence':
        return node.nodes.reduce((ends, child) => draw(child, ends, inside), before)
      case 'parallel': {
        const ends = head(node.name, node.kind, ['all at once'], before, inside)
        return Object.values(node.branches).flatMap((branch) => draw(branch, ends, { within: clusterId(node.name) }))
      }
      case 'forEach': {
        const details = [`each of ${describe(node.items)}`, `at most ${node.max}, ${node.concurrency} at a time`]
        const ends = head(node.name, node.kind, details, before, inside)
        return draw(node.body, ends, { within: clusterId(node.name) })
      }
      case 'choose': {
        const ends = add({ id: node.name, kind: 'choose', label: node.name, details: [], ...inside }, before)
        const arms = node.arms.flatMap(({ when, node: arm }) =>
          draw(arm, [{ from: node.name, label: describe(when) }], inside),
        )
        const otherwise = ends.map((end) => ({ ...end, label: 'otherwise' }))
        return [...arms, ...(node.otherwise ? draw(node.otherwise, otherwise, inside) : otherwise)]
      }
      case 'repeat': {
        const details = [`until ${describe(node.until)}`, `at most ${node.max} times`]
        const start = head(node.name, node.kind, details, before, inside)
        const ends = draw(node.body, start, { within: clusterId(node.name) })
        for (const { from } of ends) edges.push({ from, to: node.name, back: true })
        return ends
      }
      default:
        return assertNever(node)
    }
  }

  const start = add({ id: ' start', kind: 'start', label: 'input', details: [] }, [])
  add({ id: ' end', kind: 'end', label: 'output', details: [] }, draw(workflow.root, start, {}))
  return { title: `${workflow.name} ${workflow.version}`, nodes, clusters, edges }
}

function clusterId(name: string): string {
  return `${name} …`
}

/** An expression for people. */
export function describe(expression: Expression): string {
  switch (expression.op) {
    case 'literal':
      return JSON.stringify(expression.value)
    case 'ref': {
      const { source, path } = expression
      const root =
        'name' in source ? (source.of === 'node' ? source.name : `${source.of} of ${source.name}`) : source.of
      return [root, ...path].join('.')
    }
    case 'object':
      return '{…}'
    case 'array':
      return '[…]'
    case 'and':
    case 'or':
      return expression.parts.map(describe).join(` ${expression.op} `)
    case 'text':
      return expression.parts.map(describe).join(' + ')
    case 'eq':
      return `${describe(expression.left)} = ${describe(expression.right)}`
    case 'lt':
      return `${describe(expression.left)} < ${describe(expression.right)}`
    case 'gt':
      return `${describe(expression.left)} > ${describe(expression.right)}`
    case 'not':
      return `not ${describe(expression.of)}`
    case 'count':
      return `number of ${describe(expression.of)}`
    case 'exists':
      return `${describe(expression.of)} exists`
    case 'jsonata':
      return expression.text
    default:
      return assertNever(expression)
  }
}
