/**
 * How many bytes a node's output may have inside the state. All that comes together in one result shares `bytes`: each
 * gets the least that it needs, and what is left over is divided. Whether the least fits at all is validate's business.
 */
import type { ChildNode, RuleNode, StepNode, WorkflowNode } from '../define/workflow-node.ts'
import { INLINE_OUTPUT_BYTES, RESULT_BYTES } from '../schema/step.ts'
import { evaluated } from './jsonata-text.ts'
import { copiesOfPrevious } from './least-bytes.ts'
import type { Place } from './place.ts'

/** The variable that holds `run.inlineBytes`, 0 where there is none: so that most expressions read a constant. */
export const INLINE_BYTES = 'inlineBytes'

export interface Budget {
  /** Of the whole result that this output is a part of. */
  readonly bytes: number
  /** The least that the whole result can be made. */
  readonly least: number
  /** Into how many parts what is left over is divided. */
  readonly parts: number
  /** The whole is the output of the execution: a parent's state may give it less. */
  readonly ofRun: boolean
}

export function runBudget(least: number): Budget {
  return { bytes: RESULT_BYTES, least, parts: 1, ofRun: true }
}

export function divided(budget: Budget, parts: number): Budget {
  return { ...budget, parts: budget.parts * Math.max(1, parts) }
}

/** The place of one of `nodes`, in a sequence: its output stays where it is, unless nothing after it makes another. */
export function budgetInOrder(nodes: readonly WorkflowNode[], index: number, place: Place): Budget {
  const copies = copiesOfPrevious({ kind: 'sequence', nodes: nodes.slice(index + 1) })
  if (copies > 0) return divided(place.budget, copies)
  const node = nodes[index]
  const least = (node && place.least.get(node)) ?? 0
  return { bytes: Math.max(place.looseBytes, least), least, parts: 1, ofRun: false }
}

/** `inlineBytes` of a step or a rule; undefined where it may have as much as any. */
export function stepInlineBytes(node: StepNode | RuleNode, place: Place): number | string | undefined {
  const most = Math.min(INLINE_OUTPUT_BYTES, shareOf(node, place))
  if (place.budget.ofRun) return shareOfRun(node, place, most, (share) => `$min([${INLINE_OUTPUT_BYTES}, ${share}])`)
  return most < INLINE_OUTPUT_BYTES ? most : undefined
}

/** `run.inlineBytes` of a child execution; undefined where it may have as much as any. */
export function childInlineBytes(node: ChildNode, place: Place): number | string | undefined {
  const most = Math.min(RESULT_BYTES, shareOf(node, place))
  if (place.budget.ofRun) return shareOfRun(node, place, most, (share) => share)
  return most < RESULT_BYTES ? most : undefined
}

function shareOf(node: WorkflowNode, { budget, least }: Place): number {
  return Math.max(1, Math.floor((least.get(node) ?? 0) + (budget.bytes - budget.least) / budget.parts))
}

/** Where the execution was told what its output may have, a share of that. */
function shareOfRun(node: WorkflowNode, place: Place, most: number, bound: (share: string) => string): string {
  const { budget, least, scope } = place
  const told = scope.read(INLINE_BYTES)
  const surplus = `(${told} - ${budget.least}) / ${budget.parts}`
  const share =
    least.get(node) === budget.least && budget.parts === 1 ? told : `$floor(${least.get(node)} + ${surplus})`
  return evaluated(`${told} = 0 ? ${most} : ${bound(share)}`)
}
