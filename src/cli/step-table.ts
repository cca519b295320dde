/** The steps of a run as a table: each one, or where there are many, each kind with the ones that need a look. */

import { NO_USAGE } from '../agent/usage.ts'
import type { StepView } from '../api/run-steps.ts'
import { addUsage } from '../records/step-usage.ts'
import { clip, formatDuration, formatTokens, formatUsd, plural, table } from './format.ts'
import { artifactWords } from './render-tree.ts'
import { workedMs } from './tree-of-steps.ts'

/** More steps than fit a screen are told by kind. */
export const MOST_STEPS = 40
/** Steps that did not complete, named one by one. */
const MOST_NAMED = 20

const HEAD = ['step', 'status', 'agent', 'attempts', 'turns', 'tools', 'tokens', 'cost', 'time', '']

/** @param all Every step, however many. */
export function stepTable(steps: readonly StepView[], all: boolean): string[] {
  if (all || steps.length <= MOST_STEPS) return [table([HEAD, ...steps.map(stepRow)])]
  const kinds = Map.groupBy(steps, ({ stepId }) => kindOf(stepId))
  const rows = [...kinds].map(([kind, members]) => kindRow(kind, members))
  const open = steps.filter(({ status }) => status !== 'completed')
  const named = open.slice(0, MOST_NAMED)
  return [
    table([HEAD, ...rows]),
    ...(named.length === 0 ? [] : ['', table(named.map(stepRow))]),
    ...(open.length > named.length ? [`… ${open.length - named.length} more that did not complete`] : []),
    `${plural(steps.length, 'step')}; --steps lists each`,
  ]
}

function stepRow(step: StepView): string[] {
  const { usage } = step
  return [
    step.stepId,
    step.status,
    `${step.agent}@${step.version}`,
    String(step.attempts),
    String(usage.turns),
    String(usage.toolCalls),
    formatTokens(usage.inputTokens + usage.outputTokens),
    formatUsd(usage.costUsd),
    step.endedAt === undefined ? '' : formatDuration(workedMs(step)),
    step.artifacts.map(artifactWords).join(' ') || clip(step.reason ?? '', 60),
  ]
}

/** `wide:17/one` and `wide:18/one` are of one kind, their numbers apart. */
function kindOf(stepId: string): string {
  return stepId.replaceAll(/([:=])\d+/g, '$1*')
}

function kindRow(kind: string, steps: readonly StepView[]): string[] {
  const usage = steps.reduce((sum, step) => addUsage(sum, step.usage), NO_USAGE)
  const times = steps.map(workedMs).sort((a, b) => a - b)
  const [median = 0, longest = 0] = [times[Math.floor(times.length / 2)], times.at(-1)]
  const artifacts = steps.reduce((sum, step) => sum + step.artifacts.length, 0)
  return [
    kind,
    statusOf(steps),
    [...new Set(steps.map((step) => `${step.agent}@${step.version}`))].join(' '),
    String(steps.reduce((sum, step) => sum + step.attempts, 0)),
    String(usage.turns),
    String(usage.toolCalls),
    formatTokens(usage.inputTokens + usage.outputTokens),
    formatUsd(usage.costUsd),
    steps.length === 1 ? formatDuration(longest) : `${formatDuration(median)}, longest ${formatDuration(longest)}`,
    artifacts === 0 ? '' : plural(artifacts, 'artifact'),
  ]
}

function statusOf(steps: readonly StepView[]): string {
  const counts = Map.groupBy(steps, ({ status }) => status)
  return [...counts].map(([status, { length }]) => (steps.length === 1 ? status : `${length} ${status}`)).join(', ')
}
