/**
 * Processes that come to make one call, each with a wrong clock, while replies are lost, some die and some stop for longer than
 * their lease. Whatever the order, the call happens as its kind promises. Runs over any records.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import * as z from 'zod'
import type { Clock } from '../../src/clock.ts'
import { defineTool, type Tool, type ToolContext } from '../../src/define/tool.ts'
import { RecordsUnavailable } from '../../src/errors.ts'
import type { Records } from '../../src/records/records.ts'
import { RunId, StepId } from '../../src/schema/ids.ts'
import { sha256 } from '../../src/schema/sha256.ts'
import { openEffectLedger } from '../../src/tools/open-effect-ledger.ts'
import { type Performed, performCall } from '../../src/tools/perform.ts'

export type Kind = 'table' | 'keyed' | 'fenced' | 'lookup' | 'opaque'
export const LEDGER_KINDS: readonly Kind[] = ['table', 'keyed', 'fenced', 'lookup', 'opaque']

/** What befalls one write of a process, or its act. `stop`: for longer than any lease, then it goes on as if nothing were. */
type Fault = 'none' | 'lost' | 'dieBefore' | 'dieAfter' | 'stopBefore' | 'stopAfter'

interface Plan {
  /** Of its clock, minutes. */
  readonly skew: number
  /** One for each of its writes, in order; none after the last. */
  readonly writes: readonly Fault[]
  readonly act: Fault
  /** From the beginning of its act until the world sees it. */
  readonly actSeconds: number
  readonly comesAfterSeconds: number
}

const MINUTE = 60_000
const STOP_MS = 45 * MINUTE
const TIMES = 12
const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'lost', 'dieBefore', 'dieAfter', 'stopBefore', 'stopAfter')
const plan: fc.Arbitrary<Plan> = fc.record({
  skew: fc.oneof(fc.constantFrom(-10, 10), fc.integer({ min: -10, max: 10 })),
  writes: fc.array(fault, { maxLength: 4 }),
  act: fault,
  actSeconds: fc.integer({ min: 0, max: 50 }),
  comesAfterSeconds: fc.integer({ min: 0, max: 60 }),
})

/** One more process, whole, and later than any other may still be stopped: somebody to tell how it came out. */
const LAST: Plan = { skew: 0, writes: [], act: 'none', actSeconds: 1, comesAfterSeconds: 12 * 60 * 60 }

/** @param open Records that nobody else writes to; called for each example. */
export async function ledgerContract(kind: Kind, open: () => Promise<Records>, numRuns = 100): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(plan, { minLength: 1, maxLength: 4 }), async (scheduler, plans) => {
      assess(kind, plans, await simulate(kind, [...plans, LAST], scheduler, await open()))
    }),
    { numRuns },
  )
}

/** Without a fault, at any skew and in any order: done, once, and nobody is told of a doubt. */
export async function faultlessContract(kind: Kind, open: () => Promise<Records>, numRuns = 50): Promise<void> {
  const quiet = plan.map((each): Plan => ({ ...each, skew: 0, writes: [], act: 'none' }))
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(quiet, { minLength: 1, maxLength: 4 }), async (scheduler, plans) => {
      const { told, acts } = await simulate(kind, plans, scheduler, await open())
      expect(told.map(text)).toEqual(plans.map(() => '"done"'))
      expect(acts).toHaveLength(1)
    }),
    { numRuns },
  )
}

interface Outcome {
  readonly told: readonly Performed[]
  /** What the world saw, in order. */
  readonly acts: readonly { readonly key: string; readonly fence: number }[]
  readonly status: string | undefined
  readonly isInTable: boolean
}

function assess(kind: Kind, plans: readonly Plan[], { told, acts, status, isInTable }: Outcome): void {
  const last = text(told.at(-1))
  const hasFault = plans.some(
    ({ act, writes, skew }) => skew !== 0 || act !== 'none' || writes.some((w) => w !== 'none'),
  )
  const happened = kind === 'table' ? isInTable : acts.length > 0
  expect(['"done"', 'EffectUnknown']).toContain(last)
  if (last === '"done"') expect([status, happened]).toEqual(['done', true])
  // A doubt is written down as one, and comes of a fault only.
  else expect([status, hasFault, kind === 'opaque' || kind === 'lookup']).toEqual(['unknown', true, true])
  if (!hasFault) expect(last).toBe('"done"')
  if (kind === 'opaque' || kind === 'lookup') expect(acts.length).toBeLessThanOrEqual(1)
  if (kind === 'keyed') expect(new Set(acts.map(({ key }) => key)).size).toBe(1)
  // Each that took over had a higher fence than any before.
  const fences = acts.map(({ fence }) => fence)
  if (kind === 'keyed' || kind === 'fenced') expect(new Set(fences).size).toBe(fences.length)
  if (kind === 'fenced') expect(fences).toEqual(fences.toSorted((a, b) => a - b))
}

function text(performed: Performed | undefined): string {
  if (performed?.kind !== 'executed') return String(performed?.kind)
  const { result } = performed.executed
  return result.status === 'ok' ? JSON.stringify(result.output) : result.name
}

async function simulate(
  kind: Kind,
  plans: readonly Plan[],
  scheduler: fc.Scheduler,
  records: Records,
): Promise<Outcome> {
  const time = sharedTime()
  const acts: { key: string; fence: number }[] = []
  const told: (Performed | undefined)[] = plans.map(() => undefined)
  const alive = new Set(plans.keys())
  const dead = new Set<number>()
  let waiting = 0

  const stoppedUntil = plans.map(() => 0)
  /** Of a process: no timer of one that is dead rings, nor of one that is stopped before it goes on. */
  async function sleep(index: number, milliseconds: number, signal?: AbortSignal): Promise<void> {
    await time.sleep(milliseconds, signal)
    const stoppedMs = (stoppedUntil[index] ?? 0) - time.now()
    if (stoppedMs > 0) await time.sleep(stoppedMs, signal)
    if (dead.has(index)) await new Promise<never>(() => undefined)
  }
  function stop(index: number): Promise<void> {
    stoppedUntil[index] = time.now() + STOP_MS
    return time.sleep(STOP_MS)
  }

  /** No time passes meanwhile, however long the records take. */
  function underWay<T>(work: () => Promise<T>): Promise<T> {
    waiting += 1
    return work().finally(() => (waiting -= 1))
  }

  /** Does something at a moment of the scheduler's choice, with what befalls it. */
  async function befall<T>(index: number, what: Fault, work: () => Promise<T>): Promise<T> {
    const die = () => {
      alive.delete(index)
      dead.add(index)
      return new Promise<never>(() => undefined)
    }
    await scheduler.schedule(Promise.resolve(), `${index} ${what}`)
    if (what === 'dieBefore') return die()
    if (what === 'stopBefore') await stop(index)
    const done = await underWay(work)
    if (what === 'dieAfter') return die()
    if (what === 'stopAfter') await stop(index)
    if (what === 'lost') throw new RecordsUnavailable({ message: 'the reply was lost', next: 'Send it again.' })
    return done
  }

  async function run(index: number, { skew, writes, act, actSeconds, comesAfterSeconds }: Plan): Promise<void> {
    await time.sleep(comesAfterSeconds * 1_000)
    const left = [...writes]
    const next = () => left.shift() ?? 'none'
    const own: Records = {
      get: (key) => underWay(() => records.get(key)),
      query: (partition, options) => underWay(() => records.query(partition, options)),
      queryIndex: (partition, options) => underWay(() => records.queryIndex(partition, options)),
      write: (write) => befall(index, next(), () => records.write(write)),
      transact: (all) => befall(index, next(), () => records.transact(all)),
    }
    const clock: Clock = {
      now: () => new Date(time.now() + skew * MINUTE),
      sleep: (ms, signal) => sleep(index, ms, signal),
    }
    const ledger = openEffectLedger({ records: own, clock, owner: { index } })
    // An act that stops is still under way: what the other side says of it then is the tool's own affair.
    const what = act === 'lost' || (kind === 'lookup' && act === 'stopBefore') ? 'none' : act
    const tool = toolOf(kind, async (context) => {
      await sleep(index, actSeconds * 1_000)
      await befall(index, what, async () => acted(context))
    })
    const acted = ({ callId, fence }: ToolContext) => {
      if (kind === 'fenced' && acts.some((one) => one.fence > fence)) throw new Error('a higher fence was here')
      acts.push({ key: callId, fence })
    }
    const knows = async () =>
      acts.length > 0 ? { happened: 'yes' as const, output: 'done' } : { happened: 'no' as const }
    for (let times = 0; times < TIMES; times += 1) {
      const performed = await performCall({
        tool: kind === 'lookup' ? { ...tool, reconcile: knows } : tool,
        input: {},
        argumentsSha256: ARGUMENTS,
        context: {
          ...PLACE,
          agent: 'agent',
          settings: {},
          stepInput: null,
          secret: () => Promise.reject(new Error('none')),
        },
        clock,
        stepMs: Number.POSITIVE_INFINITY,
        functionMs: 2 * MINUTE,
        ledger,
      }).catch(async (error) => {
        if (!(error instanceof RecordsUnavailable)) throw error
        return undefined
      })
      if (performed !== undefined && performed.kind !== 'busy') {
        told[index] = performed
        break
      }
      const until = performed === undefined ? 0 : Date.parse(performed.untilIso) - clock.now().getTime()
      await time.sleep(Math.max(1_000, until))
    }
    alive.delete(index)
  }

  const failures: unknown[] = []
  for (const [index, each] of plans.entries()) {
    run(index, each).catch((error) => {
      failures.push(error)
      alive.delete(index)
    })
  }
  // However long the records take to answer, that is no turn: the test's own time limit bounds it.
  for (let turn = 0; alive.size > 0 && turn < 100_000; turn += waiting > 0 ? 0 : 1) {
    await new Promise((resolve) => setImmediate(resolve))
    if (waiting > 0) continue
    if (scheduler.count() > 0) await scheduler.waitOne()
    else time.jump()
  }
  if (failures.length > 0) throw failures[0]
  expect(alive.size).toBe(0)
  const { ledgerStatus, isInTable } = await look(records)
  return { told: told.filter((_, index) => !dead.has(index)) as Performed[], acts, status: ledgerStatus, isInTable }
}

async function look(records: Records) {
  const clock: Clock = { now: () => new Date(0), sleep: async () => undefined }
  const state = await openEffectLedger({ records, clock, owner: {} }).find(PLACE.runId, PLACE.stepId, PLACE.callId)
  const item = await records.get({ partition: 'TOOL#act', sort: 'item' })
  if (item !== undefined) expect(item.attributes['version']).toBe(1)
  return { ledgerStatus: state?.status, isInTable: item !== undefined }
}

const PLACE = { runId: RunId.parse('run-1'), stepId: StepId.parse('step'), callId: sha256('call') }
const ARGUMENTS = sha256('{}')

function toolOf(kind: Kind, act: (context: ToolContext) => Promise<void>): Tool {
  const reconcile = async () => ({ happened: 'unknown' as const })
  return defineTool({
    name: 'act',
    description: 'Acts.',
    effect: kind,
    input: z.object({}),
    output: z.string(),
    timeoutSeconds: 60,
    ...(kind === 'lookup' && { reconcile }),
    async run(_, context) {
      await act(context as ToolContext)
      return kind === 'table' ? context.commit([{ put: 'item', value: {}, if: 'absent' }], 'done') : 'done'
    },
  })
}

/** True time, that everybody's clock is wrong against. Jumps to whoever sleeps shortest. */
function sharedTime() {
  let now = Date.parse('2026-01-01T00:00:00.000Z')
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  return {
    now: () => now,
    sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { at: now + Math.max(0, milliseconds), wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      })
    },
    jump(): void {
      const [first] = [...sleepers].toSorted((a, b) => a.at - b.at)
      if (first === undefined) return
      now = Math.max(now, first.at)
      sleepers.delete(first)
      first.wake()
    },
  }
}
