/** What a run waits for people for, as lines below it. */
import type { Run } from '../schema/run.ts'
import { WAITING_COLUMNS, waitingRow } from './approval-words.ts'
import { table } from './format.ts'
import type { Place } from './place.ts'

/** More than anybody decides at once. */
const LISTED = 100

/** None where nobody is asked. */
export async function waitingLines({ runId, status }: Run, { runs, words }: Place, nowMs: number): Promise<string[]> {
  if (status !== 'running' && status !== 'interrupted') return []
  const { approvals } = await runs.listApprovals({ runId, limit: LISTED })
  const pending = approvals.filter((approval) => approval.status === 'pending')
  if (pending.length === 0) return []
  return [
    'Waits for people:',
    table([WAITING_COLUMNS, ...pending.map((approval) => waitingRow(approval, nowMs))]),
    `All of one, and how to decide: npx baton approvals ID${words}`,
  ]
}
