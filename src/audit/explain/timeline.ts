/** The rows of a run in the order in which one may have followed from another, with who acted in each. Pure. */
import type { StepId } from '../../schema/ids.ts'
import type { Actor, JournalRow } from '../../schema/journal-row.ts'
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import type { RunAudit } from '../../schema/run-audit.ts'

/** The run's own chain. No step's name begins with a colon. */
const RUN_CHAIN = ':run'

/** The part of an audit record that is explained: seals are for whoever verifies. */
export type AuditRecord = Pick<RunAudit, 'runId' | 'rows' | 'bodies'>

export interface PlacedRow {
  readonly row: JournalRow
  /** Of the chain that the row is in; absent where its first row is missing. */
  readonly actor: Actor | undefined
}

/**
 * By time, but never against the order of a chain, nor of a step's attempts: a clock that was wrong changes where a row stands among
 * those of other steps, not among its own. Rows of the run's own chain come after others of the same moment.
 */
export function timeline({ rows }: Pick<AuditRecord, 'rows'>): readonly PlacedRow[] {
  const placed = [...chainsOf(rows)].flatMap(([stepId, own]) => {
    let actor: Actor | undefined
    let latest = ''
    return own.map((row) => {
      if (row.event === 'start') actor = row.actor
      if (row.at > latest) latest = row.at
      return { row, actor, at: latest, isRuns: isRunChain(stepId) }
    })
  })
  return placed
    .sort((one, other) => compare(one.at, other.at) || Number(one.isRuns) - Number(other.isRuns))
    .map(({ row, actor }) => ({ row, actor }))
}

/** Rows of each step, all attempts, in order. */
export function chainsOf(rows: readonly JournalRow[]): ReadonlyMap<StepId, readonly JournalRow[]> {
  const chains = Map.groupBy(rows, ({ stepId }) => stepId)
  for (const own of chains.values()) own.sort((one, other) => one.attempt - other.attempt || one.seq - other.seq)
  return chains
}

export function isRunChain(stepId: string): boolean {
  return stepId === RUN_CHAIN
}

/** What lies beside a row, where it is an object and at hand: content can be erased, or was not asked for. */
export function bodyOf({ bodies }: Pick<AuditRecord, 'bodies'>, { bodySha256 }: JournalRow): JsonObject | undefined {
  const body = bodySha256 === undefined || !hasOwn(bodies, bodySha256) ? undefined : bodies[bodySha256]
  return isJsonObject(body) ? body : undefined
}

function hasOwn(bodies: AuditRecord['bodies'], key: string): bodies is Readonly<Record<string, Json>> {
  return bodies !== undefined && Object.hasOwn(bodies, key)
}

export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
