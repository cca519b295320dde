/**
 * How the patterns fit what Step Functions allows an execution: which `forEach` becomes a distributed Map, which
 * `repeat` and which long sequence is cut into child executions. Decided by worst-case arithmetic before anything is
 * compiled; invisible to the user.
 */
import type { ForEachNode, RepeatNode, SequenceNode, WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf, walk } from '../define/workflow-nodes.ts'
import { countsOf, EXECUTION_EVENTS, executionCounts } from './events.ts'

export interface Layout {
  readonly distributed: ReadonlySet<ForEachNode>
  /** Iterations that one child execution runs, for a `repeat` that does not fit its own. */
  readonly chunks: ReadonlyMap<RepeatNode, number>
  /** The parts, each a child execution, of a sequence that does not fit its own. */
  readonly groups: ReadonlyMap<SequenceNode, readonly (readonly WorkflowNode[])[]>
}

interface Draft {
  readonly executionEvents: number
  readonly distributed: Set<ForEachNode>
  readonly chunks: Map<RepeatNode, number>
  readonly groups: Map<SequenceNode, readonly (readonly WorkflowNode[])[]>
}

/** An inline Map runs at most this many wide. */
const INLINE_WIDTH = 40

const LAYOUTS = new WeakMap<WorkflowNode, Layout>()

/** The same object for the same tree: trees are frozen. */
export function layoutOf(root: WorkflowNode): Layout {
  const known = LAYOUTS.get(root) ?? layoutWithin(root, EXECUTION_EVENTS)
  LAYOUTS.set(root, known)
  return known
}

/** @param executionEvents History events that one execution may take. */
export function layoutWithin(root: WorkflowNode, executionEvents: number): Layout {
  const draft: Draft = { executionEvents, distributed: new Set(), chunks: new Map(), groups: new Map() }
  for (const node of walk(root)) {
    if (node.kind !== 'forEach' || (node.max <= INLINE_WIDTH && node.concurrency <= INLINE_WIDTH)) continue
    draft.distributed.add(node)
    cutToFit(node.body, draft)
  }
  cutToFit(root, draft)
  return draft
}

/** Cuts the heaviest part off, again and again, until the rest fits one execution or nothing is left to cut. */
function cutToFit(root: WorkflowNode, draft: Draft): void {
  for (const _ of walk(root)) {
    if (executionCounts(root, draft).events <= draft.executionEvents) return
    const heaviest = [...cuttable(root, draft)].sort((a, b) => weight(b, draft) - weight(a, draft))[0]
    if (heaviest === undefined) return
    cut(heaviest, draft)
  }
}

type Cuttable = ForEachNode | RepeatNode | SequenceNode

/** What may still be cut of this execution, outermost first. */
function* cuttable(node: WorkflowNode, draft: Draft): Generator<Cuttable> {
  if (node.kind === 'forEach') {
    if (draft.distributed.has(node)) return
    yield node
  }
  if (node.kind === 'repeat') {
    if (draft.chunks.has(node)) return
    if (node.max > 1) yield node
  }
  if (node.kind === 'sequence') {
    if (draft.groups.has(node)) return
    if (node.nodes.length > 1) yield node
  }
  for (const child of childrenOf(node)) yield* cuttable(child, draft)
}

/** Of a sequence only what its own steps weigh: a heavy loop among them is better cut by itself. */
function weight(node: Cuttable, draft: Draft): number {
  if (node.kind !== 'sequence') return countsOf(node, draft).events
  const plain = node.nodes.filter((one) => cuttable(one, draft).next().done)
  return plain.reduce((total, one) => total + countsOf(one, draft).events, 0)
}

function cut(node: Cuttable, draft: Draft): void {
  if (node.kind === 'forEach') {
    draft.distributed.add(node)
    cutToFit(node.body, draft)
  } else if (node.kind === 'repeat') {
    cutToFit(node.body, draft)
    const iteration = countsOf(node.body, draft).events + 2
    const most = Math.floor((draft.executionEvents - executionCounts(EMPTY, draft).events) / iteration)
    draft.chunks.set(node, Math.max(1, Math.min(most, node.max)))
  } else {
    draft.groups.set(node, groupsThatFit(node.nodes, draft))
  }
}

const EMPTY: SequenceNode = { kind: 'sequence', nodes: [] }

function groupsThatFit(nodes: readonly WorkflowNode[], draft: Draft): readonly (readonly WorkflowNode[])[] {
  const groups: WorkflowNode[][] = [[]]
  for (const node of nodes) {
    cutToFit(node, draft)
    const last = groups.at(-1) ?? []
    const together: SequenceNode = { kind: 'sequence', nodes: [...last, node] }
    if (last.length > 0 && executionCounts(together, draft).events > draft.executionEvents) groups.push([node])
    else last.push(node)
  }
  return groups
}
