/** Rows → what a step has: turns, results, outcome, for assertions. The agent's own fold is src/agent/step-state.ts. */
import type { JournalRecord } from '../../../../src/records/journal-item.ts'

export interface StepState {
  /** By turn number from 1, each once: a recorded turn is never sampled again. */
  readonly turns: readonly FoldedTurn[]
  /** Result of each finished tool call, by call id. */
  readonly toolResults: ReadonlyMap<string, JournalRecord>
  readonly rejections: readonly JournalRecord[]
  readonly decisions: readonly JournalRecord[]
  /** How the step ended; the last one, where a resumed run tried it again. */
  readonly outcome: JournalRecord | undefined
}

export interface FoldedTurn {
  readonly turn: number
  readonly record: JournalRecord
  /** Finished calls of this turn, in the order they finished. */
  readonly tools: readonly JournalRecord[]
}

/** @param records All rows of a step, by attempt and seq. Where two rows say the same thing, the first is the truth. */
export function foldStep(records: readonly JournalRecord[]): StepState {
  const turns = new Map<number, { turn: number; record: JournalRecord; tools: JournalRecord[] }>()
  const toolResults = new Map<string, JournalRecord>()
  const rejections: JournalRecord[] = []
  const decisions: JournalRecord[] = []
  let outcome: JournalRecord | undefined
  for (const record of records) {
    const { event, turn, tool } = record.row
    if (event === 'turn' && turn !== undefined && !turns.has(turn)) turns.set(turn, { turn, record, tools: [] })
    if (event === 'tool' && tool !== undefined && !toolResults.has(tool.callId)) {
      toolResults.set(tool.callId, record)
      if (turn !== undefined) turns.get(turn)?.tools.push(record)
    }
    if (event === 'rejection') rejections.push(record)
    if (event === 'decision') decisions.push(record)
    if (event === 'outcome') outcome = record
  }
  return { turns: [...turns.values()].sort((a, b) => a.turn - b.turn), toolResults, rejections, decisions, outcome }
}
