/** A question to the rows of a run, as data: what is printed as the query of a piece of evidence is what found it. */
import type { JournalEvent, JournalRow } from '../../schema/journal-row.ts'

/** All fields that are there must hold; of a field's words, one. */
export interface RowQuery {
  readonly event?: readonly JournalEvent[]
  /** By name, or by how it starts: `approval.*`. */
  readonly rule?: readonly string[]
  readonly notRule?: readonly string[]
  readonly status?: readonly string[]
  readonly notStatus?: readonly string[]
  /** Fields that the row has. */
  readonly has?: readonly ('sources' | 'model' | 'actor')[]
  /** A hash by this name. */
  readonly hash?: readonly string[]
  /** Of a step's chain, or, on `start` rows, of an agent's: rules and people act for the team. */
  readonly of?: 'steps' | 'agents'
  /** Its approval was asked for under one of these rules. */
  readonly askedBy?: readonly string[]
}

/** Rows that any of the queries finds, in the order of the record. */
export function findRows(rows: readonly JournalRow[], queries: readonly RowQuery[]): readonly JournalRow[] {
  const askedBy = new Map<string, string>()
  for (const { rule, approval, status } of rows) {
    if (approval !== undefined && rule !== undefined && status === undefined) askedBy.set(approval, rule)
  }
  const team = teamSha256(rows)
  return rows.filter((row) => queries.some((query) => holds(query, row, askedBy) && isOf(query, row, team)))
}

/** As the run's own chain has it. Whoever acts under it is no agent: a rule of a workflow, or a person. */
export function teamSha256(rows: readonly JournalRow[]): string | undefined {
  return rows.find(({ stepId, actor }) => stepId.startsWith(':') && actor !== undefined)?.actor?.sha256
}

function isOf({ of }: RowQuery, { stepId, actor }: JournalRow, team: string | undefined): boolean {
  if (of === undefined) return true
  return !stepId.startsWith(':') && (of === 'steps' || actor?.sha256 !== team)
}

function holds(query: RowQuery, row: JournalRow, askedBy: ReadonlyMap<string, string>): boolean {
  const { event, rule, notRule = [], status, notStatus, has, hash } = query
  if (event !== undefined && !event.includes(row.event)) return false
  if (rule !== undefined && !rule.some((word) => isRule(word, row.rule))) return false
  if (notRule.some((word) => isRule(word, row.rule))) return false
  if (status !== undefined && !status.includes(row.status ?? '')) return false
  if (notStatus !== undefined && (row.status === undefined || notStatus.includes(row.status))) return false
  if (has !== undefined && !has.some((field) => row[field] !== undefined)) return false
  if (hash !== undefined && !hash.some((name) => row.hashes?.[name] !== undefined)) return false
  return query.askedBy === undefined || query.askedBy.includes(askedBy.get(row.approval ?? '') ?? '')
}

function isRule(word: string, rule: string | undefined): boolean {
  if (rule === undefined) return false
  return word.endsWith('*') ? rule.startsWith(word.slice(0, -1)) : rule === word
}

/** e.g. `event = decision, rule = approval.denied | approval.expired; or event = …` */
export function queryText(queries: readonly RowQuery[]): string {
  const texts = queries.map((query) =>
    Object.entries(query)
      .map(([field, value]) => `${FIELDS[field] ?? field} ${Array.isArray(value) ? value.join(' | ') : value}`)
      .join(', '),
  )
  return `rows where ${texts.join('; or ')}`
}

const FIELDS: Readonly<Record<string, string>> = {
  ...{
    event: 'event =',
    rule: 'rule =',
    notRule: 'rule is none of',
    status: 'status =',
    notStatus: 'status is none of',
    has: 'there is',
  },
  ...{ hash: 'there is the hash of', of: 'the chain is of', askedBy: 'asked by rule =' },
}
