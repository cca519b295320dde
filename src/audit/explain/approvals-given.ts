/** What people were asked in a run, and what they said. Pure. */
import type { JournalRow } from '../../schema/journal-row.ts'
import type { GivenApproval } from './decision.ts'
import { kindOf, peopleIn } from './decision-kinds.ts'
import { type AuditRecord, bodyOf } from './timeline.ts'

/** By which somebody's word counted for nothing. */
const REFUSED: ReadonlySet<string> = new Set(['approval.refused', 'approval.forbidden'])

/** By the id of the approval. */
export function approvalsOf(audit: AuditRecord): ReadonlyMap<string, GivenApproval> {
  const found = new Map<string, GivenApproval>()
  for (const row of audit.rows) {
    if (row.approval === undefined || row.event !== 'decision') continue
    const { approval: id } = row
    found.set(id, { ...(found.get(id) ?? { id, people: [] }), ...saidBy(row, audit) })
  }
  return found
}

function saidBy(row: JournalRow, audit: AuditRecord): Partial<GivenApproval> {
  const { rule = '', status, hash } = row
  const kind = kindOf(row)
  if (kind === 'question') return { asked: hash }
  if (kind !== 'answer' || REFUSED.has(rule)) return {}
  return { ...(status !== undefined && { outcome: status }), people: peopleIn(bodyOf(audit, row)), decided: hash }
}
