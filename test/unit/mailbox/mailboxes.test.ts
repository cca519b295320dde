/** What the suite of the primitives leaves open: lost replies, and a crowd of senders. */
import { expect, it } from 'vitest'
import { READ_BYTES } from '../../../src/mailbox/mailboxes.ts'
import { openMailboxes } from '../../../src/mailbox/open-mailboxes.ts'
import type { Records } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { AgentName, RunId, StepId } from '../../../src/schema/ids.ts'
import { sha256 } from '../../../src/schema/sha256.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { losingReplies } from '../tools/perform-harness.ts'

const edge = { runId: RunId.parse('run-1'), from: AgentName.parse('writer'), to: AgentName.parse('reader') }
const stepId = StepId.parse('step')
const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })

function over(records: Records) {
  const mailboxes = openMailboxes({ records, clock, random: () => 0.5 })
  const message = { edge, type: 'note', stepId, isTainted: false }
  const reading = { runId: edge.runId, reader: edge.to, stepId, senders: [edge.from], most: 10, takes: () => true }
  return {
    send: (body: string) => mailboxes.send({ ...message, key: sha256(body), body }),
    read: (key: string, seen: readonly string[] = []) =>
      mailboxes.read({ ...reading, key: sha256(key), seen: new Set(seen) }),
  }
}

const open = () => openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })

it('sends once and claims once where the replies are lost', async () => {
  const records = open()
  expect(await over(losingReplies(records, 1)).send('a')).toEqual({ sent: true, id: 'writer/1' })
  expect(await over(losingReplies(records, 1)).read('turn 1')).toMatchObject([{ id: 'writer/1', body: 'a' }])
  expect(await over(records).read('turn 2')).toEqual([])
})

it('gives each of 24 senders at once a number of its own, without a gap', async () => {
  const records = open()
  const sent = await Promise.all(Array.from({ length: 24 }, (_, n) => over(records).send(`m${n}`)))
  const numbers = sent.map((one) => (one.sent ? Number(one.id.split('/')[1]) : 0)).toSorted((a, b) => a - b)
  expect(numbers).toEqual(Array.from({ length: 24 }, (_, n) => n + 1))
})

it('gives no more at once than a reader can be shown, and always one', async () => {
  const records = open()
  for (const letter of 'abcd') await over(records).send(letter.repeat(READ_BYTES / 2.6))
  expect((await over(records).read('turn 1')).map(({ id }) => id)).toEqual(['writer/1', 'writer/2'])
  expect((await over(records).read('turn 2')).map(({ id }) => id)).toEqual(['writer/3', 'writer/4'])
})
