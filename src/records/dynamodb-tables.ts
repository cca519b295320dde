/**
 * Which of the two tables a partition lies in. The journal has a table of its own, so that its stream carries evidence and
 * nothing else, and that what may be read, backed up and kept differs by table.
 */

export interface DynamodbTables {
  /** Run heads, claims, leases, releases: what changes in place. */
  readonly records: string
  /** Rows of the journal: written once. May be the same table. */
  readonly journal: string
}

/** `RUN#<runId>#<stepId>`: a step id starts with a lower-case letter or `:`, other partitions of a run with a capital. */
const JOURNAL_PARTITION = /^RUN#[^#]+#[a-z:]/
/** The chains of one run. */
const JOURNAL_INDEX = /^RUN#/

export function tableOf(tables: DynamodbTables, partition: string): string {
  return JOURNAL_PARTITION.test(partition) ? tables.journal : tables.records
}

export function indexTableOf(tables: DynamodbTables, partition: string): string {
  return JOURNAL_INDEX.test(partition) ? tables.journal : tables.records
}
