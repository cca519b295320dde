/**
 * What the guard must do over any adapter of the records port:
 * `for (const { name, run } of BREAKER_CONTRACT) it(name, () => run(records, randomUUID()))`.
 */
import assert from 'node:assert/strict'
import { COOL_DOWN_MS, FAILURES_TO_OPEN, PROBE_LEASE_MS } from '../../../src/breaker/breaker-state.ts'
import type { Admission, Admitted } from '../../../src/breaker/model-guard.ts'
import { openModelGuard } from '../../../src/breaker/open-model-guard.ts'
import { ModelAccessDenied, ModelRejectedRequest, ModelThrottled } from '../../../src/errors.ts'
import type { Records } from '../../../src/records/records.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { failTimes, MODEL, mostInAMinute, mostProbesInACoolDown, seeded, simulate } from './simulation.ts'

export interface BreakerCase {
  readonly name: string
  /** @param region One that no other call has used. @returns a line for people, where there is a figure */
  readonly run: (records: Records, region: string) => Promise<string | undefined>
}

const PROCESSES = 40
const MINUTES = 10 * 60_000

function processes(records: Records, region: string, skews: readonly number[] = [0, 0]) {
  const clock = fakeClock()
  const guards = skews.map((skewMs) => {
    const own = { ...clock, now: () => new Date(clock.now().getTime() + skewMs) }
    return openModelGuard({ records, clock: own, region, random: () => 0 })
  })
  const [a, b] = guards as [(typeof guards)[0], (typeof guards)[0]]
  return { clock, a, b }
}

function admitted(admission: Admission): Admitted {
  assert.ok(admission.admitted)
  return admission
}

async function skewed(records: Records, region: string, freshAfterMs: number): Promise<string> {
  const random = seeded(7)
  const outcome = await simulate({
    records,
    region,
    random,
    processes: PROCESSES,
    skewMs: (process) => ((2 * process) / (PROCESSES - 1) - 1) * MINUTES,
    beginsMs: (process) => (process % 2) * freshAfterMs,
    isDown: (ms) => ms >= 5_000 && ms < 185_000,
    seconds: 360,
  })
  const toDead = outcome.calls.filter(({ isDown }) => isDown)
  const [calls, probes] = [mostInAMinute(toDead), mostProbesInACoolDown(outcome)]
  const back = new Set(outcome.calls.filter(({ ms }) => ms >= 185_000).map(({ process }) => process))
  assert.ok(toDead.length > 0 && back.size === PROCESSES, `${back.size} processes came back`)
  assert.ok(calls <= 60, `${calls} calls a minute`)
  assert.ok(probes <= 2, `${probes} probes a cool-down`)
  return `${calls} calls in the worst minute, ${toDead.length} in three, ${probes} probes in the worst cool-down`
}

export const BREAKER_CONTRACT: readonly BreakerCase[] = [
  {
    name: 'what one process finds down, all leave alone, and whoever found it at once',
    async run(records, region) {
      const { a, b, clock } = processes(records, region)
      admitted(await b.admit(MODEL))
      await failTimes(a, FAILURES_TO_OPEN)
      assert.deepEqual(await a.admit(MODEL), {
        admitted: false,
        rule: 'breaker.open',
        until: new Date(clock.now().getTime() + COOL_DOWN_MS),
        since: clock.now(),
      })
      await clock.advance(2_000)
      assert.equal((await b.admit(MODEL)).admitted, false)
      return undefined
    },
  },
  {
    name: 'lets one probe through; its success lets all, its failure none for longer',
    async run(records, region) {
      const { a, b, clock } = processes(records, region)
      await failTimes(a, FAILURES_TO_OPEN)
      await clock.advance(COOL_DOWN_MS)
      const asked = await Promise.all([a.admit(MODEL), a.admit(MODEL), b.admit(MODEL), b.admit(MODEL)])
      const [probe, ...others] = asked.filter(({ admitted }) => admitted)
      assert.ok(probe?.admitted && others.length === 0)
      const [of] = asked.indexOf(probe) < 2 ? [a] : [b]
      await of.failed(probe, new ModelThrottled({ message: '429', next: 'Wait.' }))
      await clock.advance(2 * COOL_DOWN_MS - 1)
      for (const guard of [a, b]) assert.equal((await guard.admit(MODEL)).admitted, false)
      await clock.advance(2_001)
      await b.succeeded(admitted(await b.admit(MODEL)))
      await clock.advance(2_000)
      for (const guard of [a, b]) assert.deepEqual(await guard.admit(MODEL), { admitted: true, modelId: MODEL })
      return undefined
    },
  },
  {
    name: 'lets another probe through where the first one’s process has died, and at once where it was cut off',
    async run(records, region) {
      const { a, b, clock } = processes(records, region)
      await failTimes(a, FAILURES_TO_OPEN)
      await clock.advance(COOL_DOWN_MS)
      admitted(await a.admit(MODEL))
      await clock.advance(PROBE_LEASE_MS - 1)
      assert.equal((await b.admit(MODEL)).admitted, false)
      await clock.advance(2_001)
      await b.abandoned(admitted(await b.admit(MODEL)))
      assert.ok(admitted(await b.admit(MODEL)).probe)
      return undefined
    },
  },
  {
    name: 'counts no refusal against the model',
    async run(records, region) {
      const { a } = processes(records, region)
      const words = { message: 'no', next: 'Correct it.' }
      await failTimes(a, 20, new ModelRejectedRequest(words))
      await failTimes(a, 20, new ModelAccessDenied(words))
      assert.deepEqual(await a.admit(MODEL), { admitted: true, modelId: MODEL })
      return undefined
    },
  },
  {
    name: 'has all processes wait for a Retry-After, whatever their clocks say',
    async run(records, region) {
      for (const skewMs of [0, -MINUTES, MINUTES]) {
        const { a, b, clock } = processes(records, `${region}/${skewMs}`, [skewMs, 0])
        admitted(await b.admit(MODEL))
        const call = admitted(await a.admit(MODEL))
        await a.failed(call, new ModelThrottled({ message: '429', next: 'Wait.', retryAfterMs: 8_000 }))
        for (const guard of [a, b]) {
          await clock.advance(guard === a ? 0 : 2_000)
          const answer = await guard.admit(MODEL)
          assert.ok(!answer.admitted && answer.rule === 'throttled')
        }
        await clock.advance(8_000)
        for (const guard of [a, b]) admitted(await guard.admit(MODEL))
      }
      return undefined
    },
  },
  {
    name: 'keeps 40 processes with clocks up to ten minutes wrong off a dead model, and brings them back',
    run: (records, region) => skewed(records, region, 0),
  },
  {
    name: 'the same where half of them begin while it is down',
    run: (records, region) => skewed(records, region, 60_000),
  },
]
