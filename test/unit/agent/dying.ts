/** A process that dies in a test: its journal stops answering. */
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Journal } from '../../../src/records/journal.ts'
import { runId, stepId } from './harness.ts'

const gone = () => new RecordsUnavailable({ message: 'the process died', next: 'Resume.' })

/** Dies at the n-th durable write, before it or after it. */
export function dyingAt(journal: Journal, n: number, when: 'before' | 'after'): Journal {
  let writes = 0
  async function dying<T>(write: () => Promise<T>): Promise<T> {
    writes += 1
    if (writes > n || (writes === n && when === 'before')) throw gone()
    const written = await write()
    if (writes >= n) throw gone()
    return written
  }
  return {
    ...journal,
    async claimAttempt(claim) {
      const writer = await dying(() => journal.claimAttempt(claim))
      if (writer instanceof Error) return writer
      return {
        ...{ runId, stepId, attempt: writer.attempt, start: writer.start, head: writer.head, rows: writer.rows },
        isPassed: () => writer.isPassed(),
        append: (entry, body) => dying(() => writer.append(entry, body)),
        appendAll: (rows) => dying(() => writer.appendAll(rows)),
      }
    },
  }
}
