/**
 * How many history events and state transitions a node takes at worst in its own execution: every retry, every
 * continuation, the longest arm, all items. Child executions have histories of their own and are counted there.
 */
import { mayAsk } from '../define/may-ask.ts'
import type { CompensateNode, ForEachNode, RepeatNode, SequenceNode, WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf } from '../define/workflow-nodes.ts'
import { assertNever } from '../errors.ts'
import { UNDO_CALLS } from '../schema/control-task.ts'
import { MAX_ASKS } from './compile-asks.ts'
import { MAX_AGAIN } from './compile-step.ts'
import { type Layout, layoutOf } from './layout.ts'
import { MAX_RETRIES } from './retry.ts'

/** Step Functions ends an execution at 25,000 events; some headroom for what AWS may add. */
export const EXECUTION_EVENTS = 24_000

export interface Counts {
  readonly events: number
  /** As AWS bills them: each entry of a state, each retry. */
  readonly transitions: number
}

/** Pass, Choice, Wait, Succeed: entered and exited. */
const PLAIN: Counts = { events: 2, transitions: 1 }
const START_AND_RESULT: Counts = { events: 4, transitions: 2 }
const ATTEMPTS = 1 + MAX_RETRIES
const STEP: Counts = {
  // Entered, exited, and for each attempt scheduled, started, ended; the Choice; the Wait before another round.
  events: (1 + MAX_AGAIN) * (2 + 3 * ATTEMPTS + 2) + MAX_AGAIN * 2,
  transitions: (1 + MAX_AGAIN) * (ATTEMPTS + 1) + MAX_AGAIN,
}
/** A Task that asks the control function, or an agent's to undo something. */
const TASK: Counts = { events: 2 + 3 * ATTEMPTS, transitions: ATTEMPTS }
/** The same, waiting for its token: also submitted. */
const REQUEST: Counts = { events: 2 + 4 * ATTEMPTS, transitions: ATTEMPTS }
const CHILD: Counts = { events: 2 + 4 * ATTEMPTS, transitions: ATTEMPTS }
/** The request, nobody's decision in time, and the step once more. */
const ASK = sum([REQUEST, TASK, TASK, PLAIN])
/** Entered, started, run started, run ended, ended, exited. */
const DISTRIBUTED_MAP: Counts = { events: 6, transitions: 1 }
const FORK: Counts = { events: 4, transitions: 1 }

export function countsOf(node: WorkflowNode, layout: Layout): Counts {
  switch (node.kind) {
    case 'step':
      return mayAsk(node.agent) ? sum([STEP, times(ASK, MAX_ASKS)]) : STEP
    case 'approve':
    case 'person':
      return sum([REQUEST, TASK, PLAIN])
    case 'rule':
      return sum([TASK, PLAIN])
    case 'pattern':
      return countsOf(node.body, layout)
    case 'compensate':
      return sum([FORK, countsOf(node.body, layout), PLAIN, DISTRIBUTED_MAP])
    case 'workflow':
      return node.otherwise ? sum([CHILD, PLAIN]) : CHILD
    case 'wait':
    case 'compute':
      return PLAIN
    case 'sequence':
      return sum(
        groupsOf(node, layout).map((group) =>
          group.child ? DISTRIBUTED_MAP : sum(group.nodes.map((one) => countsOf(one, layout))),
        ),
      )
    case 'parallel':
      return sum([FORK, ...Object.values(node.branches).flatMap((branch) => [countsOf(branch, layout), PLAIN])])
    case 'forEach':
      return forEachCounts(node, layout)
    case 'choose': {
      const arms = [...node.arms.map((arm) => arm.node), ...(node.otherwise ? [node.otherwise] : [])]
      return sum([PLAIN, largest(arms.map((arm) => countsOf(arm, layout)))])
    }
    case 'repeat':
      return repeatCounts(node, layout)
    default:
      return assertNever(node)
  }
}

/** A whole execution whose work is `node`: of a workflow, of an item, of a part that was cut off. */
export function executionCounts(node: WorkflowNode, layout: Layout): Counts {
  return sum([{ events: 2, transitions: 0 }, START_AND_RESULT, countsOf(node, layout)])
}

/** What one item of a Map takes beside the body: its start and end, and the states that take and give its values. */
function forEachCounts(node: ForEachNode, layout: Layout): Counts {
  if (layout.distributed.has(node)) return sum([PLAIN, DISTRIBUTED_MAP])
  const item = sum([{ events: 2, transitions: 0 }, START_AND_RESULT, countsOf(node.body, layout)])
  return sum([PLAIN, FORK, times(item, node.max)])
}

function repeatCounts(node: RepeatNode, layout: Layout): Counts {
  const chunk = layout.chunks.get(node)
  if (chunk !== undefined) return sum([PLAIN, times(sum([DISTRIBUTED_MAP, PLAIN]), Math.ceil(node.max / chunk))])
  return sum([PLAIN, times(sum([PLAIN, countsOf(node.body, layout)]), node.max)])
}

/** Transitions of the whole run: this execution and all that it starts. */
export function transitionsOf(root: WorkflowNode, layout: Layout): number {
  return START_AND_RESULT.transitions + allTransitions(root, layout)
}

function allTransitions(node: WorkflowNode, layout: Layout): number {
  const children = childrenOf(node).map((child) => allTransitions(child, layout))
  const total = children.reduce((a, b) => a + b, 0)
  switch (node.kind) {
    case 'step':
    case 'wait':
    case 'approve':
    case 'person':
    case 'rule':
    case 'compute':
      return countsOf(node, layout).transitions
    case 'pattern':
      return total
    case 'compensate':
      return FORK.transitions + total + PLAIN.transitions + DISTRIBUTED_MAP.transitions + undoCounts(node).transitions
    case 'workflow':
      return countsOf(node, layout).transitions + transitionsOf(node.workflow.root, layoutOf(node.workflow.root))
    case 'sequence':
      return (
        total + (layout.groups.get(node)?.length ?? 0) * (DISTRIBUTED_MAP.transitions + START_AND_RESULT.transitions)
      )
    case 'parallel':
      return FORK.transitions + total + children.length
    case 'forEach':
      return 1 + FORK.transitions + node.max * (START_AND_RESULT.transitions + total)
    case 'choose':
      return 1 + Math.max(0, ...children)
    case 'repeat': {
      const chunk = layout.chunks.get(node)
      const parts = chunk === undefined ? 0 : Math.ceil(node.max / chunk)
      return 1 + node.max * (1 + total) + parts * (2 + START_AND_RESULT.transitions)
    }
    default:
      return assertNever(node)
  }
}

/** The child execution that takes back what the steps of a `compensate` did. */
export function undoCounts(node: CompensateNode): Counts {
  const item = sum([{ events: 2, transitions: 0 }, TASK, PLAIN])
  const calls = Math.min(UNDO_CALLS, undoableCalls(node.body))
  return sum([{ events: 2, transitions: 0 }, START_AND_RESULT, TASK, FORK, times(item, calls)])
}

/** Calls of tools that can be undone, at worst: no limit of an agent says which of its tools it calls. */
function undoableCalls(node: WorkflowNode): number {
  if (node.kind === 'workflow') return undoableCalls(node.workflow.root)
  if (node.kind === 'step') {
    const { tools, limits } = node.agent
    return tools.some(({ undo }) => undo !== undefined) ? limits.toolCalls : 0
  }
  const all = childrenOf(node).reduce((calls, child) => calls + undoableCalls(child), 0)
  return node.kind === 'forEach' || node.kind === 'repeat' ? all * node.max : all
}

/** A sequence in the parts that the layout cuts it into; `child`: in an execution of its own. */
export function groupsOf(
  node: SequenceNode,
  layout: Layout,
): readonly { readonly nodes: readonly WorkflowNode[]; readonly child: boolean }[] {
  const groups = layout.groups.get(node)
  return groups === undefined ? [{ nodes: node.nodes, child: false }] : groups.map((nodes) => ({ nodes, child: true }))
}

export function sum(all: readonly Counts[]): Counts {
  return all.reduce((a, b) => ({ events: a.events + b.events, transitions: a.transitions + b.transitions }), {
    events: 0,
    transitions: 0,
  })
}

export function times({ events, transitions }: Counts, factor: number): Counts {
  return { events: events * factor, transitions: transitions * factor }
}

function largest(all: readonly Counts[]): Counts {
  return {
    events: Math.max(0, ...all.map((one) => one.events)),
    transitions: Math.max(0, ...all.map((one) => one.transitions)),
  }
}
