/** What rests on the record as a whole, on its seals, or on the team's declarations: no query of rows alone finds it. */
import type { JournalRow } from '../../schema/journal-row.ts'
import type { JsonObject } from '../../schema/json.ts'
import type { AuditVerdict } from '../findings.ts'
import { chainKey } from '../seal.ts'
import { countBy, type EvidenceObject, type EvidenceSource } from './evidence-object.ts'

export interface RecordObject extends Pick<EvidenceObject, 'ids' | 'object'> {
  readonly query: string
  readonly find: (
    source: EvidenceSource,
    record: AuditVerdict,
  ) => { readonly rows: readonly JournalRow[]; readonly facts: JsonObject }
}

const NOTHING = { rows: [], facts: {} }

/** Rules under which an attempt pauses as planned: the next one recovers nothing. */
const PAUSES = ['continue', 'wait', 'approval.tool', 'approval.question', 'approval.limit']
const REMEDIES = ['model.retry', 'model.fallback', 'run.resume']

export const RECORD_OBJECTS: readonly RecordObject[] = [
  {
    ids: ['MS-2.6-005'],
    object: 'recovery: attempts that took over from one that was cut off, retries, fallbacks, resumed runs',
    query: `rows where rule = ${REMEDIES.join(' | ')}; or event = start, after an attempt that did not end in ${PAUSES.join(' | ')}`,
    find: ({ audit }) => {
      const rows = recoveries(audit.rows)
      return { rows, facts: { recoveries: countBy(rows, ({ rule }) => rule ?? 'attempt') } }
    },
  },
  {
    ids: ['MS-2.8-003'],
    object: 'history of what was generated and done, each row bound to the one before by its hash',
    query: 'the last row of each chain, where every chain verifies',
    find: ({ audit }, { status, chains, rows, sealed }) => {
      if (status === 'broken') return NOTHING
      return { rows: headsOf(audit.rows), facts: { status, chains, rows, sealedRows: sealed.rows } }
    },
  },
  {
    ids: ['MS-2.7-009', 'MG-2.2-007'],
    object: 'signed seals over the history while the run went on, checked again now',
    query: 'rows that a seal names as the head of a chain, where every seal and every chain verifies',
    find: ({ audit }, { status, sealed: { seals, rows: sealedRows, until, by } }) => {
      if (status === 'broken') return NOTHING
      const heads = new Set<string>(audit.seals.flatMap(({ chains }) => chains.map(({ head }) => head)))
      const rows = audit.rows.filter(({ hash }) => heads.has(hash))
      return { rows, facts: { seals, sealedRows, until: until ?? null, by: [...by] } }
    },
  },
  {
    ids: ['MG-2.4-004'],
    object: 'criteria for stopping: the bounds that were declared for the very agents that ran',
    query: "rows where event = start, of agents whose content hash is that of the team's declaration",
    find: ({ audit, team }) => {
      const declared = new Map(team?.agents.map((agent) => [agent.sha256 as string, agent]))
      const rows = audit.rows.filter(({ actor }) => actor !== undefined && declared.has(actor.sha256))
      const ran = new Set(rows.map(({ actor }) => actor?.sha256 as string))
      const limits = [...declared].filter(([sha256]) => ran.has(sha256)).map(([, { name, limits }]) => [name, limits])
      return { rows, facts: { limits: Object.fromEntries(limits) as JsonObject } }
    },
  },
]

function recoveries(rows: readonly JournalRow[]): readonly JournalRow[] {
  const chains = chainsOf(rows)
  return rows.filter((row) => {
    const { event, rule = '', stepId, attempt } = row
    if (event === 'decision') return REMEDIES.includes(rule)
    if (event !== 'start' || attempt === 1 || stepId.startsWith(':')) return false
    const before = chains.get(chainKey({ stepId, attempt: attempt - 1 }))?.at(-1)
    return before !== undefined && before.event !== 'outcome' && !PAUSES.includes(before.rule ?? '')
  })
}

function headsOf(rows: readonly JournalRow[]): readonly JournalRow[] {
  return [...chainsOf(rows).values()].flatMap((chain) => chain.slice(-1))
}

/** By `chainKey`, each in the order of the record. */
function chainsOf(rows: readonly JournalRow[]): ReadonlyMap<string, readonly JournalRow[]> {
  const chains = new Map<string, JournalRow[]>()
  for (const row of rows) {
    const chain = chains.get(chainKey(row))
    if (chain === undefined) chains.set(chainKey(row), [row])
    else chain.push(row)
  }
  return chains
}
