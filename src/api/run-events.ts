/** Journal rows as the events that watchers get. One mapping for live displays, `baton events` and the API's stream. */
import { inputTokensOf, NO_USAGE } from '../agent/usage.ts'
import { RUN_CHAIN } from '../records/run-chain.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { RunEvent } from '../schema/run-event.ts'

/** Undefined for rows that are no news to a watcher: those of the run's own chain, whose news is the run head's. */
export function eventOf(row: JournalRow): RunEvent | undefined {
  const { at, stepId } = row
  if (stepId === RUN_CHAIN) return undefined
  switch (row.event) {
    case 'start':
      return { type: 'step.started', at, stepId, agent: row.actor?.agent ?? '', attempt: row.attempt }
    case 'turn': {
      const inputTokens = row.usage === undefined ? 0 : inputTokensOf(row.usage)
      const outputTokens = row.usage?.outputTokens ?? 0
      const costUsd = row.costUsd === undefined ? 0 : row.costUsd
      return { type: 'turn', at, stepId, turn: row.turn ?? 1, inputTokens, outputTokens, costUsd }
    }
    case 'tool': {
      const { status = 'ok', turn = 1, reason } = row
      return {
        type: 'tool',
        at,
        stepId,
        turn,
        tool: row.tool?.name ?? '',
        status,
        ...(reason === undefined ? {} : { reason }),
      }
    }
    case 'decision': {
      const { rule = '', reason = '', approval } = row
      return { type: 'decision', at, stepId, rule, reason, ...(approval === undefined ? {} : { approval }) }
    }
    case 'rejection':
      return { type: 'rejection', at, stepId, rule: row.rule ?? '', reason: row.reason ?? '' }
    case 'outcome': {
      const { status = 'completed', reason, total = NO_USAGE } = row
      return { type: 'step.ended', at, stepId, status, ...(reason === undefined ? {} : { reason }), usage: total }
    }
    case 'end':
      return undefined
  }
}
