/**
 * What every adapter of the records port must do, as cases for any test runner:
 * `for (const { name, run } of RECORDS_CONTRACT) it(name, () => run(records, randomUUID()))`. Opens and closes nothing.
 */
import type { Records } from '../records/records.ts'
import { CONDITION_CASES } from './records-contract/conditions.ts'
import { LIMIT_CASES } from './records-contract/limits.ts'
import { QUERY_CASES } from './records-contract/queries.ts'
import { TRANSACTION_CASES } from './records-contract/transactions.ts'
import { VALUE_CASES } from './records-contract/values.ts'

export interface RecordsCase {
  readonly name: string
  /**
   * @param partition A name that no other call has used: the case writes only in partitions that start so.
   * @throws AssertionError (node:assert) where the adapter does otherwise.
   */
  readonly run: (records: Records, partition: string) => Promise<void>
}

export const RECORDS_CONTRACT: readonly RecordsCase[] = [
  ...CONDITION_CASES,
  ...VALUE_CASES,
  ...QUERY_CASES,
  ...TRANSACTION_CASES,
  ...LIMIT_CASES,
]
