/**
 * Rows of steps that have ended, kept in memory: they stay as they are until another attempt begins. So whoever asks for a
 * run's events again and again reads each step once, and not once for each question. Bounded; reads nothing itself.
 */
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'

/** About 1 KB each. */
const MOST_ROWS = 30_000

export interface FinishedChains {
  /** Rows of all attempts, where the last of them is that one. */
  find(runId: RunId, stepId: StepId, attempt: number): readonly JournalRow[] | undefined
  /** Keeps those that end with an outcome. */
  keep(runId: RunId, stepId: StepId, rows: readonly JournalRow[]): void
}

export function finishedChains(mostRows = MOST_ROWS): FinishedChains {
  const kept = new Map<string, readonly JournalRow[]>()
  let size = 0
  function drop(key: string): void {
    size -= kept.get(key)?.length ?? 0
    kept.delete(key)
  }
  return {
    find(runId, stepId, attempt) {
      const key = `${runId} ${stepId}`
      const rows = kept.get(key)
      if (rows === undefined || rows.at(-1)?.attempt !== attempt) return undefined
      // Last used, last dropped.
      kept.delete(key)
      kept.set(key, rows)
      return rows
    },
    keep(runId, stepId, rows) {
      const key = `${runId} ${stepId}`
      drop(key)
      if (rows.at(-1)?.event !== 'outcome' || rows.length > mostRows) return
      kept.set(key, rows)
      size += rows.length
      for (const [oldest] of kept) {
        if (size <= mostRows) break
        drop(oldest)
      }
    },
  }
}
