/**
 * Rows that other processes write into runs of this one: what people decide on nodes that ask them. Whoever watches the run
 * here is told of them.
 */
import type { Journal } from '../records/journal.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'

export interface Asked {
  /** A row that was written here. */
  note(row: JournalRow): void
  /** A node that was asked before by another process: its rows so far are no news. */
  from(runId: RunId, stepId: StepId): Promise<void>
  /** Tells what came since, each once. One small read for each node that waits. */
  look(): Promise<void>
  /** The run is nobody's here any more. */
  forget(runId: RunId): void
}

export function followAsked(journal: Pick<Journal, 'readStep'>, tell: (row: JournalRow) => void): Asked {
  /** By run and step: its last row that was told. */
  const waiting = new Map<string, JournalRow>()

  async function lookAt(last: JournalRow): Promise<void> {
    const { records } = await journal.readStep(last.runId, last.stepId)
    const at = records.findIndex(({ row }) => row.hash === last.hash)
    for (const { row } of records.slice(at + 1)) {
      tell(row)
      note(row)
    }
  }

  function note(row: JournalRow): void {
    const key = `${row.runId} ${row.stepId}`
    if (row.event === 'outcome') waiting.delete(key)
    else waiting.set(key, row)
  }

  return {
    note,
    async from(runId, stepId) {
      const last = (await journal.readStep(runId, stepId)).records.at(-1)
      if (last !== undefined) note(last.row)
    },
    forget(runId) {
      for (const [key, row] of waiting) if (row.runId === runId) waiting.delete(key)
    },
    async look() {
      await Promise.all([...waiting.values()].map(lookAt))
    },
  }
}
