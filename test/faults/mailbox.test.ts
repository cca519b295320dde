import { it } from 'vitest'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { faultlessMailbox, mailboxContract } from './mailbox-contract.ts'

const open = async () => openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })

it('loses nothing and gives no step anything twice, whatever is lost, dies or has a wrong clock', () =>
  mailboxContract(open))
it('gives everything once and in order, without a fault', () => faultlessMailbox(open))
