/** What a journal's rows say was spent. The live step and whoever ends its run count by the same rule. */
import type { JournalRow } from '../schema/journal-row.ts'
import { NO_UNITS, nanoOf, plus, type Units } from './units.ts'

export function spentByRow({
  event,
  usage,
  costUsd,
  status,
}: Pick<JournalRow, 'event' | 'usage' | 'costUsd' | 'status'>): Units {
  // A denied call was never made.
  if (event === 'tool' && status !== 'denied') return { ...NO_UNITS, toolCalls: 1 }
  if (event !== 'turn' || usage === undefined) return NO_UNITS
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage
  return {
    costUsd: nanoOf(costUsd ?? 0),
    tokens: inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens,
    turns: 1,
    toolCalls: 0,
  }
}

export function spentByRows(rows: readonly JournalRow[]): Units {
  return rows.map(spentByRow).reduce(plus, NO_UNITS)
}
