import { describe, it } from 'vitest'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { faultlessContract, LEDGER_KINDS, ledgerContract } from './ledger-contract.ts'

const open = async () => openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })

describe.each(LEDGER_KINDS)('%s, made by several processes', (kind) => {
  it('happens as it promises, whatever is lost, dies, stops or has a wrong clock', () => ledgerContract(kind, open))
  it('happens once and is never in doubt, without a fault', () => faultlessContract(kind, open))
})
