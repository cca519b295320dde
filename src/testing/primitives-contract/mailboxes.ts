/** Mailboxes: nothing is lost, nothing sent twice, nothing given to two at once; what nobody can read comes to an end. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { DELIVERIES, EDGE_MESSAGES, type Reading, UNSEEN_MS } from '../../mailbox/mailboxes.ts'
import { openMailboxes } from '../../mailbox/open-mailboxes.ts'
import type { Records } from '../../records/records.ts'
import { AgentName, RunId, StepId } from '../../schema/ids.ts'
import { sha256 } from '../../schema/sha256.ts'
import { fakeClock } from '../fake-clock.ts'
import type { PrimitivesCase } from '../primitives-contract.ts'

export const MAILBOX_CASES: readonly PrimitivesCase[] = [
  {
    name: 'a mailbox: a message is seen by one reader until its time ends, then by the next',
    async run(records, id) {
      const { clock, send, read } = box(records, id)
      await send('a')
      deepStrictEqual(await read('one'), ['writer/1 a'])
      await clock.advance(UNSEEN_MS - 1)
      deepStrictEqual(await read('two'), [])
      await clock.advance(1)
      deepStrictEqual(await read('two'), ['writer/1 a'])
    },
  },
  {
    name: 'a mailbox: what was delivered in vain as often as may be is dead, and listed as that',
    async run(records, id) {
      const { clock, send, read, statuses } = box(records, id)
      await send('a')
      for (let times = 1; times <= DELIVERIES; times += 1) {
        deepStrictEqual(await read(`step-${times}`), ['writer/1 a'])
        await clock.advance(UNSEEN_MS)
      }
      deepStrictEqual(await read('last'), [])
      deepStrictEqual(await statuses(), ['dead'])
    },
  },
  {
    name: 'a mailbox: what a reader has acknowledged is not delivered again, and a late word counts',
    async run(records, id) {
      const { clock, send, read, acknowledge, statuses } = box(records, id)
      for (const body of ['a', 'b']) await send(body)
      deepStrictEqual(await read('one'), ['writer/1 a', 'writer/2 b'])
      await acknowledge('one', 'writer/1')
      await clock.advance(DELIVERIES * UNSEEN_MS)
      await acknowledge('one', 'writer/2', 'writer/2', 'writer/9', 'nobody', '../1')
      deepStrictEqual(await read('two'), [])
      deepStrictEqual(await statuses(), ['read', 'read'])
    },
  },
  {
    name: 'a mailbox: a reading that is repeated gets the same again; a step never what it has seen',
    async run(records, id) {
      const { clock, send, read } = box(records, id)
      await send('a')
      deepStrictEqual(await read('one', 'turn 1'), ['writer/1 a'])
      deepStrictEqual(await read('one', 'turn 1'), ['writer/1 a'])
      deepStrictEqual(await read('one', 'turn 2'), [])
      await clock.advance(UNSEEN_MS)
      deepStrictEqual(await read('one', 'turn 3', ['writer/1']), [])
    },
  },
  {
    name: 'a mailbox: the same message sent again is one; many senders at once each get a place of their own',
    async run(records, id) {
      const { send, read, statuses } = box(records, id)
      const bodies = ['a', 'b', 'c', 'd', 'e', 'f']
      const sent = await Promise.all([...bodies, ...bodies].map((body) => send(body)))
      deepStrictEqual(new Set(sent).size, bodies.length)
      strictEqual((await statuses()).length, bodies.length)
      strictEqual((await read('one')).length, bodies.length)
    },
  },
  {
    name: 'a mailbox: messages of one sender come in their order, and no sender keeps another from being heard',
    async run(records, id) {
      const { send, read } = box(records, id)
      for (let n = 1; n <= 12; n += 1) await send(`m${n}`)
      for (let n = 1; n <= 2; n += 1) await send(`s${n}`, 'second')
      const first = ['writer/1 m1', 'second/1 s1', 'writer/2 m2', 'second/2 s2', 'writer/3 m3', 'writer/4 m4']
      deepStrictEqual((await read('one', 'turn 1')).slice(0, 6), first)
      deepStrictEqual(await read('one', 'turn 2'), ['writer/9 m9', 'writer/10 m10', 'writer/11 m11', 'writer/12 m12'])
    },
  },
  {
    name: 'a mailbox: what is too large, or beyond what a run allows, is refused and not sent',
    async run(records, id) {
      const { send, statuses } = box(records, id)
      strictEqual(await send('x'.repeat(17 * 1024)), 'tooLarge')
      await send('a')
      const count = { partition: `RUN#${id}#BOX#reader#writer`, sort: 'COUNT' }
      const condition = { kind: 'exists' } as const
      await records.write({ kind: 'update', key: count, condition, set: { messages: EDGE_MESSAGES } })
      strictEqual(await send('b'), 'boxFull')
      strictEqual(await send('a'), 'writer/1')
      deepStrictEqual(await statuses(), ['waiting'])
    },
  },
]

function box(records: Records, id: string) {
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const mailboxes = openMailboxes({ records, clock })
  const runId = RunId.parse(id)
  const to = AgentName.parse('reader')
  const senders = ['writer', 'second'].map((name) => AgentName.parse(name))
  const reading = (step: string, key: string, seen: readonly string[]): Reading => ({
    ...{ runId, reader: to, stepId: StepId.parse(step), key: sha256(`${step} ${key}`), senders, most: 10 },
    seen: new Set(seen),
    takes: () => true,
  })
  return {
    clock,
    /** Its id, or why not. The same body is the same message. */
    async send(body: string, from = 'writer'): Promise<string> {
      const edge = { runId, from: AgentName.parse(from), to }
      const stepId = StepId.parse('write')
      const sent = await mailboxes.send({ edge, key: sha256(body), type: 'note', body, stepId, isTainted: false })
      return sent.sent ? sent.id : sent.refused
    },
    async read(step: string, key = 'turn 1', seen: readonly string[] = []): Promise<string[]> {
      return (await mailboxes.read(reading(step, key, seen))).map((one) => `${one.id} ${String(one.body)}`)
    },
    acknowledge: (step: string, ...ids: string[]) => mailboxes.acknowledge(reading(step, '', []), ids),
    async statuses(): Promise<string[]> {
      return (await mailboxes.list(runId)).map(({ status }) => status)
    },
  }
}
