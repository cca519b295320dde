/**
 * Several processes, their reads and writes in any order, replies lost, writes sent twice, processes that die around
 * them.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BreakerState, LONGEST_COOL_DOWN_MS, PROBE_LEASE_MS } from '../../../src/breaker/breaker-state.ts'
import type { ModelGuard } from '../../../src/breaker/model-guard.ts'
import { openModelGuard } from '../../../src/breaker/open-model-guard.ts'
import type { Clock } from '../../../src/clock.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records, Write, WriteOutcome } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { down, MODEL } from './simulation.ts'

const PROCESSES = 3

type Fate = 'written' | 'lost' | 'replyLost' | 'twice' | 'diesBefore' | 'diesAfter'
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 12, arbitrary: fc.constant('written' as const) },
  { weight: 5, arbitrary: fc.constantFrom('lost', 'replyLost', 'twice', 'diesBefore', 'diesAfter') },
)
const job = fc.record({
  process: fc.nat(PROCESSES - 1),
  ends: fc.oneof(
    { weight: 5, arbitrary: fc.constant('failed' as const) },
    { weight: 2, arbitrary: fc.constantFrom('succeeded', 'abandoned', 'dies') },
  ),
})
const round = fc.record({
  afterMs: fc.oneof(fc.nat(3_000), fc.nat(LONGEST_COOL_DOWN_MS), fc.constant(PROBE_LEASE_MS)),
  jobs: fc.array(job, { minLength: 1, maxLength: 4 }),
})
type Job = typeof job extends fc.Arbitrary<infer T> ? T : never
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never

class Died extends Error {}

interface Process {
  readonly guard: ModelGuard
  isDead: boolean
}

/** Its guard's requests are answered in the scheduler's order. Nothing of a process that died happens any more. */
function startProcess(records: Records, clock: Clock, scheduler: fc.Scheduler, nextFate: () => Fate): Process {
  const lost = new RecordsUnavailable({ message: 'no reply', next: 'Try again.' })
  const turn = async () => {
    await scheduler.schedule(Promise.resolve())
    if (process.isDead) throw new Died()
  }
  const die = () => {
    process.isDead = true
    throw new Died()
  }
  const own: Records = {
    ...records,
    async query(partition) {
      await turn()
      return records.query(partition)
    },
    async write(write: Write): Promise<WriteOutcome> {
      await turn()
      const fate = nextFate()
      if (fate === 'lost') throw lost
      if (fate === 'diesBefore') die()
      const outcome = await records.write(write)
      if (fate === 'diesAfter') die()
      if (fate === 'replyLost') throw lost
      return fate === 'twice' ? records.write(write) : outcome
    },
  }
  const process: Process = {
    guard: openModelGuard({ records: own, clock, region: 'eu', random: () => 0 }),
    isDead: false,
  }
  return process
}

it('never lets two probes through at once, and in the end always one', async () => {
  let [probes, closings, deaths] = [0, 0, 0]
  const rounds = fc.array(round, { minLength: 12, maxLength: 30 })
  const property = fc.asyncProperty(fc.scheduler(), rounds, fc.infiniteStream(fate), check)

  async function check(scheduler: fc.Scheduler, all: readonly Round[], fates: IterableIterator<Fate>) {
    const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
    const clock = fakeClock()
    const nowMs = () => clock.now().getTime()
    const start = () => startProcess(records, clock, scheduler, () => fates.next().value as Fate)
    const processes = Array.from({ length: PROCESSES }, start)
    const live = new Map<string, number>()

    async function work({ process: number, ends }: Job): Promise<void> {
      const process = processes[number] ?? start()
      try {
        await call(process.guard, ends)
      } catch (error) {
        if (!(error instanceof Died)) throw error
        deaths += 1
        process.isDead = true
        if (processes[number] === process) processes[number] = start()
      }
    }

    async function call(guard: ModelGuard, ends: Job['ends']): Promise<void> {
      const admission = await guard.admit(MODEL)
      if (!admission.admitted) return
      const { probe } = admission
      if (probe !== undefined) {
        probes += 1
        for (const since of live.values()) expect(nowMs() - since).toBeGreaterThanOrEqual(PROBE_LEASE_MS)
        live.set(probe, nowMs())
      }
      if (ends === 'dies') throw new Died()
      if (probe !== undefined) live.delete(probe)
      if (ends === 'failed') await guard.failed(admission, down())
      else await guard[ends](admission)
    }

    for (const { afterMs, jobs } of all) {
      await clock.advance(afterMs)
      await scheduler.waitFor(Promise.all(jobs.map(work)))
      const item = await records.get({ partition: `MODEL#${MODEL}@eu`, sort: 'BREAKER' })
      if (item !== undefined) BreakerState.parse(item.attributes['state'])
    }

    await clock.advance(PROBE_LEASE_MS + 2 * LONGEST_COOL_DOWN_MS)
    const open = () => openModelGuard({ records, clock, region: 'eu' })
    const [first, second] = [open(), open()]
    const admission = await first.admit(MODEL)
    expect(admission.admitted).toBe(true)
    if (!admission.admitted) return
    await first.succeeded(admission)
    if (admission.probe !== undefined) closings += 1
    expect(await second.admit(MODEL)).toEqual({ admitted: true, modelId: MODEL })
    records.close()
  }

  await fc.assert(property, { numRuns: 150 })
  expect(Math.min(probes, closings, deaths)).toBeGreaterThan(10)
})
