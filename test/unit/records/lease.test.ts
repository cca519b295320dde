import { describe, expect, it } from 'vitest'
import { Conflict } from '../../../src/errors.ts'
import { acquireLease, type Lease, type LeaseRequest } from '../../../src/records/lease.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

function prepare() {
  const clock = fakeClock()
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const ask = (pid: number, more: Partial<LeaseRequest> = {}) =>
    acquireLease({ records, clock, name: 'RUN#run-1', owner: { host: 'a', pid }, durationMs: 1000, ...more })
  return { clock, ask }
}

function got(answer: Lease | Conflict): Lease {
  if (answer instanceof Conflict) throw answer
  return answer
}

describe('acquireLease', () => {
  it('goes to one of many who ask at once; the others learn who has it', async () => {
    const { ask } = prepare()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, pid) => ask(pid)))
    const owner = got(answers.find((answer) => !(answer instanceof Conflict)) as Lease)
    const refusals = answers.filter((answer) => answer instanceof Conflict)
    expect(refusals).toHaveLength(19)
    for (const { message } of refusals)
      expect(message).toContain(`host ${owner.owner['host']}, pid ${owner.owner['pid']}`)
  })

  it('passes on after its end, with a higher fence, and the earlier owner is told', async () => {
    const { ask, clock } = prepare()
    const first = got(await ask(1))
    await clock.advance(1000)
    const second = got(await ask(2))
    expect(second.fence).toBe(first.fence + 1)
    expect(await first.renew()).toBeInstanceOf(Conflict)
    await first.release()
    expect(await ask(3)).toBeInstanceOf(Conflict)
  })

  it('is kept by renewal', async () => {
    const { ask, clock } = prepare()
    const first = got(await ask(1))
    await clock.advance(900)
    const renewed = got(await first.renew())
    await clock.advance(900)
    expect(await ask(2)).toBeInstanceOf(Conflict)
    expect(renewed.fence).toBe(first.fence)
  })

  it('is free at once after release, and cannot be renewed then', async () => {
    const { ask } = prepare()
    const first = got(await ask(1))
    await first.release()
    expect(await first.renew()).toBeInstanceOf(Conflict)
    expect(got(await ask(2)).fence).toBe(2)
  })

  it('is taken at once from a dead owner, by one of several, and from no living one', async () => {
    const { ask } = prepare()
    got(await ask(1))
    expect(await ask(2, { ownerIsDead: () => false })).toBeInstanceOf(Conflict)
    const ownerIsDead = ({ pid }: { readonly pid?: unknown }) => pid === 1
    const takers = await Promise.all([ask(2, { ownerIsDead }), ask(3, { ownerIsDead })])
    expect(takers.filter((answer) => answer instanceof Conflict)).toHaveLength(1)
  })

  it('is not taken from an owner who renewed while the taker was thinking', async () => {
    const { ask, clock } = prepare()
    const first = got(await ask(1))
    await clock.advance(500)
    const ownerIsDead = async () => {
      await first.renew()
      return true
    }
    expect(await ask(2, { ownerIsDead })).toBeInstanceOf(Conflict)
  })
})
