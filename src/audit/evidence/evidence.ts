/**
 * Evidence from a run's record, by action of NIST AI 600-1. It says what the record shows, and `no evidence` where it shows
 * nothing: neither is a verdict on whoever runs the system. Pure: reads what it is given.
 */
import type { Sha256 } from '../../schema/ids.ts'
import type { JournalRow } from '../../schema/journal-row.ts'
import type { Json, JsonObject } from '../../schema/json.ts'
import { jsonSha256 } from '../canonical.ts'
import type { AuditVerdict } from '../findings.ts'
import { verifyRun } from '../verify-run.ts'
import { ACTION_IDS, PROFILE } from './actions.ts'
import type { EvidenceSource } from './evidence-object.ts'
import { OBJECTS } from './objects.ts'
import { RECORD_OBJECTS } from './record-objects.ts'
import { findRows, queryText } from './row-query.ts'

/** Where a row stands, and its hash: enough to find it in an export. */
export type EventId = Pick<JournalRow, 'stepId' | 'attempt' | 'seq' | 'event' | 'rule' | 'hash'>

export interface EvidenceItem {
  readonly id: string
  readonly status: 'evidence' | 'no evidence'
  readonly object: string
  readonly query: string
  readonly facts: JsonObject
  readonly events: readonly EventId[]
  /** Of the canonical JSON of all of the above and the run's id. */
  readonly sha256: Sha256
}

export interface EvidenceBundle {
  readonly profile: string
  readonly runId: string
  readonly record: AuditVerdict
  readonly items: readonly EvidenceItem[]
  /** Actions of the profile that no record of a run can show anything of. */
  readonly beyond: number
}

const BEYOND = 'none: the record of a run shows nothing of this action'

/** Ids that a record can show something of, sorted. */
export const SHOWN_IDS: readonly string[] = ACTION_IDS.filter((id) =>
  [...OBJECTS, ...RECORD_OBJECTS].some(({ ids }) => ids.includes(id)),
)

/** @param ids As `actionId` gives them. @default all that a record can show something of */
export function evidenceOf(source: EvidenceSource, ids: readonly string[] = SHOWN_IDS): EvidenceBundle {
  const { audit, head } = source
  const record = verifyRun(audit, head && { head })
  const items = [...new Set(ids)].map((id) => itemOf(id, source, record))
  return { profile: PROFILE, runId: audit.runId, record, items, beyond: ACTION_IDS.length - SHOWN_IDS.length }
}

function itemOf(id: string, source: EvidenceSource, record: AuditVerdict): EvidenceItem {
  const { runId } = source.audit
  const { object, query, rows, facts } = foundFor(id, source, record)
  const events = rows.map(eventId)
  const item = {
    id,
    status: events.length === 0 ? ('no evidence' as const) : ('evidence' as const),
    object,
    query,
    facts: events.length === 0 ? {} : facts,
    events,
  }
  return { ...item, sha256: jsonSha256({ runId, ...item } as unknown as Json) }
}

function foundFor(id: string, source: EvidenceSource, record: AuditVerdict) {
  const byRows = OBJECTS.find(({ ids }) => ids.includes(id))
  if (byRows !== undefined) {
    const rows = findRows(source.audit.rows, byRows.query)
    return { object: byRows.object, query: queryText(byRows.query), rows, facts: byRows.facts(rows) }
  }
  const byRecord = RECORD_OBJECTS.find(({ ids }) => ids.includes(id))
  if (byRecord === undefined) return { object: BEYOND, query: 'none', rows: [], facts: {} }
  return { object: byRecord.object, query: byRecord.query, ...byRecord.find(source, record) }
}

function eventId({ stepId, attempt, seq, event, rule, hash }: JournalRow): EventId {
  return { stepId, attempt, seq, event, ...(rule !== undefined && { rule }), hash }
}
