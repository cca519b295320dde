/** What a step used, as its rows tell it, and what several used together. Knows no prices. */
import type { JournalRow } from '../schema/journal-row.ts'
import type { StepUsage } from '../schema/step.ts'

const NOTHING: StepUsage = { turns: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }

/** Of a step that has not ended: its turns and tool calls so far, added up. */
export function usageOfRows(rows: readonly JournalRow[]): StepUsage {
  return rows.map(usageOfRow).reduce(addUsage, NOTHING)
}

/** Once a cost is unknown, so is the total. */
export function addUsage(a: StepUsage, b: StepUsage): StepUsage {
  return {
    turns: a.turns + b.turns,
    toolCalls: a.toolCalls + b.toolCalls,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd,
  }
}

function usageOfRow({ event, usage, costUsd }: JournalRow): StepUsage {
  if (event === 'tool') return { ...NOTHING, toolCalls: 1 }
  if (event !== 'turn' || usage === undefined) return NOTHING
  return {
    turns: 1,
    toolCalls: 0,
    inputTokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
    outputTokens: usage.outputTokens,
    costUsd: costUsd === undefined ? 0 : costUsd,
  }
}
