/**
 * What the primitives that agents work together by must do over any records, as cases for any test runner:
 * `for (const { name, run } of PRIMITIVES_CONTRACT) it(name, () => run(records, randomUUID()))`. Opens and closes nothing.
 */
import type { Records } from '../records/records.ts'
import { LOCK_CASES } from './primitives-contract/locks.ts'
import { LOG_CASES } from './primitives-contract/log.ts'
import { MAILBOX_CASES } from './primitives-contract/mailboxes.ts'
import { RATE_CASES } from './primitives-contract/rates.ts'

export interface PrimitivesCase {
  readonly name: string
  /**
   * @param id A run's id that no other call has used: the case writes only under names that hold it.
   * @throws AssertionError (node:assert) where a primitive does otherwise.
   */
  readonly run: (records: Records, id: string) => Promise<void>
}

export const PRIMITIVES_CONTRACT: readonly PrimitivesCase[] = [
  ...LOCK_CASES,
  ...MAILBOX_CASES,
  ...LOG_CASES,
  ...RATE_CASES,
]
