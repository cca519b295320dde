/** Locks: of two that write at once one loses, an end is an end, and a holder that came back too late is refused. */
import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict'
import { Conflict } from '../../errors.ts'
import { acquireLease, type Lease, leaseIsHeld } from '../../records/lease.ts'
import type { Records, Write } from '../../records/records.ts'
import { RunId, StepId } from '../../schema/ids.ts'
import { sha256 } from '../../schema/sha256.ts'
import { openEffectLedger } from '../../tools/open-effect-ledger.ts'
import { fakeClock } from '../fake-clock.ts'
import type { PrimitivesCase } from '../primitives-contract.ts'

const LEASE_MS = 1_000

export const LOCK_CASES: readonly PrimitivesCase[] = [
  {
    name: 'compare and set: of many that write by one version exactly one does, the others are told what is there',
    async run(records, id) {
      const key = { partition: `${id}#CAS`, sort: 'ITEM' }
      await records.write({ kind: 'put', item: { ...key, attributes: { version: 1 } }, condition: { kind: 'absent' } })
      const write = (by: number): Write => ({
        kind: 'update',
        key,
        condition: { kind: 'equals', attribute: 'version', value: 1 },
        set: { by },
        add: { version: 1 },
      })
      const outcomes = await Promise.all([0, 1, 2, 3].map((by) => records.write(write(by))))
      const winner = outcomes.findIndex((outcome) => outcome.ok)
      strictEqual(outcomes.filter((outcome) => outcome.ok).length, 1)
      for (const outcome of outcomes) {
        if (!outcome.ok) deepStrictEqual(outcome.item?.attributes, { version: 2, by: winner })
      }
    },
  },
  {
    name: 'a lock: one of many gets it; at its end it is free, to the millisecond',
    async run(records, id) {
      const clock = fakeClock()
      const ask = (pid: number) => lock(records, clock, id, pid)
      const answers = await Promise.all([0, 1, 2, 3].map(ask))
      strictEqual(answers.filter((answer) => !(answer instanceof Conflict)).length, 1)
      await clock.advance(LEASE_MS - 1)
      strictEqual(await leaseIsHeld({ records, clock, name: id }), true)
      ok((await ask(5)) instanceof Conflict)
      await clock.advance(1)
      strictEqual(await leaseIsHeld({ records, clock, name: id }), false)
      ok(!((await ask(6)) instanceof Conflict))
    },
  },
  {
    name: 'a lock: each holder has a higher fence, and one whose time has passed neither renews nor frees it',
    async run(records, id) {
      const clock = fakeClock()
      const first = held(await lock(records, clock, id, 1))
      await clock.advance(LEASE_MS)
      const second = held(await lock(records, clock, id, 2))
      ok(second.fence > first.fence)
      ok((await first.renew()) instanceof Conflict)
      await first.release()
      ok((await lock(records, clock, id, 3)) instanceof Conflict)
      await second.release()
      ok(held(await lock(records, clock, id, 3)).fence > second.fence)
    },
  },
  {
    name: 'a fence: what a stale holder commits is refused, what the new one commits counts',
    async run(records, id) {
      const clock = fakeClock()
      const ledger = openEffectLedger({ records, clock, owner: {} })
      const place = { runId: RunId.parse(id), stepId: StepId.parse('step'), callId: sha256(id), agent: 'agent' }
      const effect = { tool: 'note', effect: 'table', argumentsSha256: sha256('{}'), longestMs: LEASE_MS } as const
      const claim = () => ledger.claim({ ...place, ...effect, isAskedBeforeActing: false })
      const [stale, busy] = [await claim(), await claim()]
      strictEqual(stale.status, 'mine')
      strictEqual(busy.status, 'busy')
      await clock.advance(60_000)
      const fresh = await claim()
      if (stale.status !== 'mine' || fresh.status !== 'inDoubt') throw new Error(`it is ${fresh.status}`)
      const key = { partition: `${id}#NOTE`, sort: 'ITEM' }
      const put = (by: string): Write => ({
        kind: 'put',
        item: { ...key, attributes: { by } },
        condition: { kind: 'absent' },
      })
      const executed = { result: { status: 'ok', output: 'done' }, resultSha256: sha256('"done"') } as const
      await rejects(stale.claim.commit([put('stale')], executed), { name: 'Conflict' })
      strictEqual(await records.get(key), undefined)
      await fresh.claim.commit([put('fresh')], executed)
      deepStrictEqual((await records.get(key))?.attributes, { by: 'fresh' })
    },
  },
]

function lock(records: Records, clock: ReturnType<typeof fakeClock>, name: string, pid: number) {
  return acquireLease({ records, clock, name, owner: { pid }, durationMs: LEASE_MS })
}

function held(answer: Lease | Conflict): Lease {
  if (answer instanceof Conflict) throw answer
  return answer
}
