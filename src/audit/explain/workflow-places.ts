/** Where the steps of a run stand in its workflow: which node a step id means, what is around it, what comes before it. Pure. */
import type { Expression } from '../../define/expressions.ts'
import type { Workflow } from '../../define/workflow.ts'
import type { ChildNode, ForEachNode, RepeatNode, WorkflowNode } from '../../define/workflow-node.ts'
import { childrenOf, outputRef } from '../../define/workflow-nodes.ts'

export type NamedNode = Exclude<WorkflowNode, { kind: 'sequence' }>

/** One execution of a tree of nodes: the workflow itself, an item of a `forEach`, a round of a `repeat`, a child workflow. */
export interface Frame {
  readonly body: WorkflowNode
  /** What the ids of its steps begin with. */
  readonly prefix: string
  /** Absent: the run's own workflow. */
  readonly within?: {
    readonly frame: Frame
    readonly node: ForEachNode | RepeatNode | ChildNode
    readonly number?: number
  }
}

export interface NodePlace {
  readonly node: NamedNode
  /** What the node takes where it says nothing of its input. */
  readonly previous: Expression
  /** Conditions that decided whether it runs at all. */
  readonly conditions: readonly Expression[]
}

export function rootFrame({ root }: Workflow): Frame {
  return { body: root, prefix: '' }
}

/** @param number Of the item, from 0, or of the round, from 1. */
export function frameIn(frame: Frame, node: ForEachNode | RepeatNode | ChildNode, number?: number): Frame {
  const mark = node.kind === 'workflow' ? '' : `${node.kind === 'forEach' ? ':' : '='}${number ?? 0}`
  return {
    body: node.kind === 'workflow' ? node.workflow.root : node.body,
    prefix: `${frame.prefix}${node.name}${mark}/`,
    within: { frame, node, ...(number !== undefined && { number }) },
  }
}

/** The node that a step id means, with its frame; undefined where the workflow has none such. */
export function placeOfStep(
  root: Frame,
  stepId: string,
): { readonly frame: Frame; readonly place: NodePlace } | undefined {
  const parts = stepId.split('/')
  let frame = root
  for (const [index, part] of parts.entries()) {
    const [, name = part, number] = /^(.*?)(?:[:=](\d+))?$/.exec(part) ?? []
    const place = placesIn(frame).get(name)
    if (place === undefined) return undefined
    if (index === parts.length - 1) return { frame, place }
    const { node } = place
    if (node.kind !== 'forEach' && node.kind !== 'repeat' && node.kind !== 'workflow') return undefined
    frame = frameIn(frame, node, number === undefined ? undefined : Number(number))
  }
  return undefined
}

const PLACES = new WeakMap<WorkflowNode, ReadonlyMap<string, NodePlace>>()

/** The nodes of one frame by name: what lies within an item, a round or a child workflow has a frame of its own. */
export function placesIn({ body, within }: Frame): ReadonlyMap<string, NodePlace> {
  const known = PLACES.get(body)
  if (known !== undefined) return known
  const places = new Map<string, NodePlace>()
  visit(body, firstOf(within?.node), [], places)
  PLACES.set(body, places)
  return places
}

function firstOf(opener: ForEachNode | RepeatNode | ChildNode | undefined): Expression {
  if (opener?.kind === 'forEach') return { op: 'ref', source: { of: 'item', name: opener.name }, path: [] }
  if (opener?.kind === 'repeat') return { op: 'ref', source: { of: 'previous', name: opener.name }, path: [] }
  return { op: 'ref', source: { of: 'input' }, path: [] }
}

function visit(
  node: WorkflowNode,
  previous: Expression,
  conditions: readonly Expression[],
  places: Map<string, NodePlace>,
): void {
  if (node.kind === 'sequence') {
    node.nodes.forEach((child, index) => {
      const before = node.nodes[index - 1]
      visit(child, before === undefined ? previous : outputRef(before), conditions, places)
    })
    return
  }
  places.set(node.name, { node, previous, conditions })
  if (node.kind === 'forEach' || node.kind === 'repeat' || node.kind === 'workflow') return
  const inside = node.kind === 'choose' ? [...conditions, ...node.arms.map(({ when }) => when)] : conditions
  for (const child of childrenOf(node)) visit(child, previous, inside, places)
}
