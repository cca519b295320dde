/** Whether what comes together in one state fits there at all: a team that only small outputs could run is refused. */
import type { Expression } from '../define/expressions.ts'
import type { Workflow } from '../define/workflow.ts'
import type { ForEachNode, WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf, expressionsOf, partsOf, walk } from '../define/workflow-nodes.ts'
import type { Issue } from '../errors.ts'
import { RESULT_BYTES } from '../schema/step.ts'
import { type LeastBytes, leastBytesOf, literalBytes } from './least-bytes.ts'

export function resultIssues(workflow: Workflow): Issue[] {
  const least = leastBytesOf(workflow.root)
  const byName = new Map<string, WorkflowNode>()
  for (const node of walk(workflow.root)) if ('name' in node) byName.set(node.name, node)
  const readBytes = (expression: Expression): number => {
    if (expression.op !== 'ref') return Math.max(literalBytes(expression), sum(partsOf(expression).map(readBytes)))
    const { source, path } = expression
    const node = source.of === 'node' && path.length === 0 ? byName.get(source.name) : undefined
    return (node && least.get(node)) ?? 0
  }
  return [...tooLarge(workflow.root, least, 'steps'), ...[...walk(workflow.root)].flatMap(inputIssues)]

  function inputIssues(node: WorkflowNode): Issue[] {
    if (!('name' in node)) return []
    return expressionsOf(node).flatMap((expression) => {
      const bytes = expression.op === 'ref' ? 0 : readBytes(expression)
      if (bytes <= RESULT_BYTES) return []
      const message = `what it reads has up to ${bytes} bytes even as references, of ${RESULT_BYTES} that fit one state`
      const remedy = 'read single fields, e.g. from(plan).title, or condense each list in a step of its own before'
      return [{ path: `steps.${node.name}`, message, remedy }]
    })
  }
}

/** The innermost node that is too large: what is around it would be too large by its fault. */
function tooLarge(node: WorkflowNode, least: LeastBytes, path: string): Issue[] {
  const own = 'name' in node ? `${path}.${node.name}` : path
  const inner = childrenOf(node).flatMap((child) => tooLarge(child, least, own))
  const bytes = least.get(node) ?? 0
  if (inner.length > 0 || bytes <= RESULT_BYTES || node.kind === 'sequence') return inner
  const message = `its results have up to ${bytes} bytes even as references, of ${RESULT_BYTES} that fit one state`
  return [{ path: own, message, remedy: node.kind === 'forEach' ? fewerItems(node, least) : FEWER_BRANCHES }]
}

const FEWER_BRANCHES = 'end branches that give lists with a step that condenses them: sequence(forEach(…), step(…))'

function fewerItems(node: ForEachNode, least: LeastBytes): string {
  const one = least.get(node.body) ?? 0
  const most = Math.floor((RESULT_BYTES - BRACKETS) / one)
  const condense = 'end each item with a step that condenses what it has: sequence(forEach(…), step(…))'
  return most < 1 ? condense : `set its max to at most ${most} (an item takes ${one} bytes), or ${condense}`
}

const BRACKETS = 2

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
