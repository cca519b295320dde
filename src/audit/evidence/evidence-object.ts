/** What a run's record can show, by action id: the object, the query that finds it, and what is counted of it. */
import type { JournalRow } from '../../schema/journal-row.ts'
import type { Json, JsonObject } from '../../schema/json.ts'
import type { RunAudit } from '../../schema/run-audit.ts'
import type { TeamDescription } from '../../schema/team-description.ts'
import type { VerifiedHead } from '../findings.ts'
import { type RowQuery, teamSha256 } from './row-query.ts'

export interface EvidenceSource {
  readonly audit: RunAudit
  /** The run's head, where it is at hand: held against the rows. */
  readonly head?: VerifiedHead | undefined
  /** The team, where it is at hand: for the bounds that were declared. */
  readonly team?: TeamDescription | undefined
}

export interface EvidenceObject {
  readonly ids: readonly string[]
  /** What it is, in words. */
  readonly object: string
  readonly query: readonly RowQuery[]
  readonly facts: (rows: readonly JournalRow[]) => JsonObject
}

/** How often each, by name, most frequent first. */
export function countBy(
  rows: readonly JournalRow[],
  name: (row: JournalRow) => string | undefined,
): Record<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const key = name(row)
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)))
}

/** Each once, as first met. */
export function distinct<T>(values: readonly T[]): T[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]))
  return [...byText.values()]
}

export function agentsOf(rows: readonly JournalRow[]) {
  const team = teamSha256(rows)
  return distinct(
    rows.flatMap(({ actor, stepId }) => {
      if (actor === undefined || stepId.startsWith(':') || actor.sha256 === team) return []
      const { agent, version, sha256, role } = actor
      return [{ agent, version, sha256, role }]
    }),
  )
}

export function modelsOf(rows: readonly JournalRow[]) {
  return distinct(
    rows.flatMap(({ model }) => (model === undefined ? [] : [{ provider: model.provider, id: model.id }])),
  )
}

export function sourcesOf(rows: readonly JournalRow[]): Json[] {
  return distinct(rows.flatMap(({ sources = [] }) => sources as Json[]))
}
