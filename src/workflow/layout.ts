/**
 * How the patterns fit what Step Functions allows: which `forEach` becomes a distributed Map, which `repeat` is cut into
 * child executions. Decided by worst-case arithmetic before anything is compiled; invisible to the user.
 */
import type { ForEachNode, RepeatNode, WorkflowNode } from '../define/patterns.ts'

export interface Layout {
  readonly distributed: ReadonlySet<WorkflowNode>
  /** Iterations that one child execution may run, for a `repeat` that does not fit its execution. */
  readonly chunks: ReadonlyMap<WorkflowNode, number>
}

/** An inline Map runs at most this many wide. */
export const INLINE_WIDTH = 40

export function layoutOf(_root: WorkflowNode): Layout {
  return { distributed: new Set(), chunks: new Map() }
}

export function isDistributed(node: ForEachNode | RepeatNode, layout: Layout): boolean {
  return layout.distributed.has(node)
}
