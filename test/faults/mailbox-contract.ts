/**
 * Steps that send and steps that read one box, each process with a wrong clock, while replies are lost and processes die and are
 * started again, or never. Whatever the order: nothing that was sent is lost or sent twice, and no step is given a message twice.
 */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { RecordsUnavailable } from '../../src/errors.ts'
import { DELIVERIES, UNSEEN_MS } from '../../src/mailbox/mailboxes.ts'
import { openMailboxes } from '../../src/mailbox/open-mailboxes.ts'
import type { Records } from '../../src/records/records.ts'
import { AgentName, RunId, StepId } from '../../src/schema/ids.ts'
import { sha256 } from '../../src/schema/sha256.ts'

/** What befalls one write. After its death, a process is started again with the same step, or is `gone` for good. */
type Fault = 'none' | 'lost' | 'dieBefore' | 'dieAfter' | 'goneBefore' | 'goneAfter'

interface Plan {
  /** Of its clock, minutes. */
  readonly skew: number
  /** One for each of its writes, in order; none after the last. */
  readonly faults: readonly Fault[]
  /** Messages that it sends, or times that it reads. */
  readonly times: number
  /** Before each of them. */
  readonly pauseSeconds: number
}

const MINUTE = 60_000
const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'lost', 'dieBefore', 'dieAfter', 'goneBefore', 'goneAfter')
const plan: fc.Arbitrary<Plan> = fc.record({
  skew: fc.oneof(fc.constantFrom(-10, 0, 10), fc.integer({ min: -10, max: 10 })),
  faults: fc.array(fault, { maxLength: 6 }),
  times: fc.integer({ min: 1, max: 3 }),
  pauseSeconds: fc.constantFrom(0, 30, 200, 400),
})
const plans = fc.array(plan, { minLength: 1, maxLength: 3 })
const [writer, other, reader] = ['writer', 'other', 'reader'].map((name) => AgentName.parse(name)) as [
  AgentName,
  AgentName,
  AgentName,
]

/** One more step, long after, that reads whatever there still is. */
const LAST: Plan = { skew: 0, faults: [], times: 12, pauseSeconds: 0 }

/** @param open Called for each example, which is a run of its own. */
export async function mailboxContract(open: () => Promise<Records>, numRuns = 100): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), plans, plans, async (scheduler, sending, reading) => {
      const world = worldOf(await open(), scheduler)
      const steps = [
        ...sending.map((each, index) => world.sendAll(each, index)),
        ...reading.map((each, index) => world.readAll(each, index)),
      ]
      await scheduler.waitFor(Promise.all(steps))
      world.later()
      await scheduler.waitFor(world.readAll(LAST, 99))
      await assess(world)
    }),
    { numRuns },
  )
}

class Died extends Error {
  readonly isGone: boolean
  constructor(isGone: boolean) {
    super('it died')
    this.isGone = isGone
  }
}

type World = ReturnType<typeof worldOf>

function worldOf(records: Records, scheduler: fc.Scheduler) {
  const runId = RunId.parse(randomUUID())
  let nowMs = Date.parse('2026-01-01T00:00:00.000Z')
  /** Of each message by its key: its id as its sender was told, or that it may have been sent. */
  const sent = new Map<string, string | 'perhaps'>()
  /** What each step has in its journal, in order. */
  const journal = new Map<string, string[]>()

  function process({ skew }: Pick<Plan, 'skew'>, faults: Fault[]) {
    const befall = async <T>(work: () => Promise<T>): Promise<T> => {
      await scheduler.schedule(Promise.resolve())
      const what = faults.shift() ?? 'none'
      if (what.endsWith('Before')) throw new Died(what === 'goneBefore')
      const done = await work()
      if (what.endsWith('After')) throw new Died(what === 'goneAfter')
      if (what === 'lost') throw new RecordsUnavailable({ message: 'the reply was lost', next: 'Send it again.' })
      return done
    }
    const own: Records = {
      ...{ get: (key) => records.get(key), query: (...which) => records.query(...which) },
      queryIndex: (...which) => records.queryIndex(...which),
      write: (write) => befall(() => records.write(write)),
      transact: (writes) => befall(() => records.transact(writes)),
    }
    return openMailboxes({ records: own, clock: clockOf(skew), random: () => 0.5 })
  }

  function clockOf(skew: number): Clock {
    return {
      now: () => new Date(nowMs + skew * MINUTE),
      async sleep(milliseconds) {
        nowMs += milliseconds
        await scheduler.schedule(Promise.resolve())
      },
    }
  }

  /** As a step is: started again until it is done, with what it has on record; false where nobody starts it again. */
  async function throughDeaths(work: () => Promise<void>): Promise<boolean> {
    for (let starts = 0; starts < 10; starts += 1) {
      try {
        await work()
        return true
      } catch (error) {
        if (error instanceof Died && error.isGone) return false
        if (!(error instanceof Died || error instanceof RecordsUnavailable)) throw error
      }
    }
    throw new Error('it never came to an end')
  }

  async function sendAll(each: Plan, index: number): Promise<void> {
    const faults = [...each.faults]
    const from = index % 2 === 0 ? writer : other
    for (let n = 1; n <= each.times; n += 1) {
      const body = `${index}-${n}`
      nowMs += each.pauseSeconds * 1_000
      const isSent = await throughDeaths(async () => {
        sent.set(body, 'perhaps')
        const edge = { runId, from, to: reader }
        const stepId = StepId.parse(`send-${index}`)
        const told = await process(each, faults).send({
          ...{ edge, key: sha256(body), type: 'note', body, stepId, isTainted: false },
        })
        expect(told.sent).toBe(true)
        sent.set(body, told.sent ? told.id : '')
      })
      if (!isSent) return
    }
  }

  async function readAll(each: Plan, index: number): Promise<void> {
    const [faults, stepId] = [[...each.faults], StepId.parse(`read-${index}`)]
    const seen: string[] = []
    journal.set(stepId, seen)
    for (let turn = 1; turn <= each.times; turn += 1) {
      nowMs += each.pauseSeconds * 1_000
      let isRecorded = false
      const isRead = await throughDeaths(async () => {
        const mailboxes = process(each, faults)
        const place = { runId, reader, stepId }
        await mailboxes.acknowledge(place, seen)
        if (isRecorded) return
        const key = sha256(`${stepId} ${turn}`)
        const rest = { key, senders: [writer, other], most: 2, takes: () => true }
        const given = await mailboxes.read({ ...place, ...rest, seen: new Set(seen) })
        isRecorded = true
        seen.push(...given.map(({ id }) => id))
        await mailboxes.acknowledge(
          place,
          given.map(({ id }) => id),
        )
      })
      if (!isRead) return
    }
  }

  const later = () => {
    nowMs += UNSEEN_MS + 25 * MINUTE
  }
  return {
    sent,
    journal,
    sendAll,
    readAll,
    later,
    list: () => openMailboxes({ records, clock: clockOf(0) }).list(runId),
  }
}

async function assess(world: World): Promise<void> {
  const all = await world.list()
  const bodies = all.map(({ body }) => String(body))
  const recorded = new Set([...world.journal.values()].flat())
  expect(new Set(bodies).size).toBe(bodies.length)
  for (const [body, told] of world.sent) {
    if (told !== 'perhaps') expect(all.find((one) => one.body === body)?.id).toBe(told)
  }
  for (const { id, status, deliveries } of all) {
    expect(['read', 'dead']).toContain(status)
    expect(deliveries).toBeLessThanOrEqual(DELIVERIES)
    if (status === 'read') expect(recorded).toContain(id)
    else expect(deliveries).toBe(DELIVERIES)
  }
  for (const ids of world.journal.values()) expect(new Set(ids).size).toBe(ids.length)
}

/** Without a fault, one reader at a time gets everything once, each sender's in its order. */
export async function faultlessMailbox(open: () => Promise<Records>, numRuns = 50): Promise<void> {
  const quiet = plan.map((each): Plan => ({ ...each, faults: [] }))
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(quiet, { minLength: 1, maxLength: 3 }), async (scheduler, sending) => {
      const world = worldOf(await open(), scheduler)
      await scheduler.waitFor(Promise.all(sending.map((each, index) => world.sendAll(each, index))))
      await scheduler.waitFor(world.readAll({ skew: 0, faults: [], times: 9, pauseSeconds: 30 }, 0))
      const seen = world.journal.get('read-0') ?? []
      expect(seen.toSorted()).toEqual([...world.sent.values()].toSorted())
      for (const from of [writer, other]) {
        const numbers = seen.filter((id) => id.startsWith(`${from}/`)).map((id) => Number(id.split('/')[1]))
        expect(numbers).toEqual(numbers.map((_, index) => index + 1))
      }
    }),
    { numRuns },
  )
}
