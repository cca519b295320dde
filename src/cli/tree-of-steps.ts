/** A run as its records tell it, as the tree that the live display folds from events. */
import type { StepView } from '../api/run-steps.ts'
import { emptyTree, placeStep, type RunTree } from './run-tree.ts'

export function treeOfSteps(steps: readonly StepView[]): RunTree {
  const tree = emptyTree()
  for (const step of steps) {
    const startedAt = Date.parse(step.startedAt)
    const { turns, toolCalls, inputTokens, outputTokens, costUsd } = step.usage
    placeStep(tree, step.stepId, {
      agent: step.agent,
      status: step.status,
      attempt: step.attempts,
      startedAt,
      // While an agent was at it: time between attempts is nobody's.
      ...(step.endedAt === undefined ? {} : { endedAt: startedAt + workedMs(step) }),
      turns,
      toolCalls,
      inputTokens,
      outputTokens,
      costUsd,
      artifacts: step.artifacts,
      ...(step.reason === undefined ? {} : { note: step.reason }),
    })
  }
  return tree
}

/** While an agent was at it, over all attempts. */
export function workedMs({ spans }: Pick<StepView, 'spans'>): number {
  return spans.reduce((sum, span) => sum + Date.parse(span.endedAt ?? span.startedAt) - Date.parse(span.startedAt), 0)
}
