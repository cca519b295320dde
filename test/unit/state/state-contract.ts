/**
 * What shared state must do over any adapter of the records port:
 * `for (const { name, run } of STATE_CONTRACT) it(name, () => run(records, 'run-1'))`, each with a run of its own; and what holds
 * whatever befalls its writers.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect } from 'vitest'
import { canonicalJson } from '../../../src/audit/canonical.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records } from '../../../src/records/records.ts'
import { AgentName, RunId, StepId, WorkflowName } from '../../../src/schema/ids.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { StateReducer, StateRules } from '../../../src/schema/state.ts'
import { openSharedState } from '../../../src/state/open-shared-state.ts'
import { reduceState } from '../../../src/state/reduce.ts'
import type { SharedState, StateUpdated } from '../../../src/state/shared-state.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

export interface StateCase {
  readonly name: string
  readonly run: (records: Records, runId: string) => Promise<void>
}

export const rulesOf = (reducer: StateReducer, more: Partial<StateRules> = {}): StateRules => ({
  ...{ reducer, maxVersions: 100 },
  ...more,
})
export const placeOf = (runId: string) => ({ runId: RunId.parse(runId), workflow: WorkflowName.parse('research') })
const by = { agent: AgentName.parse('writer'), stepId: StepId.parse('write') }

/** One key of one run. */
export function keyOf(state: SharedState, runId: string, rules: StateRules, key = 'notes') {
  const place = placeOf(runId)
  return {
    write: (writeId: string, delta: Json, expectVersion?: number) =>
      state.update({ ...place, writeId, changes: [{ key, rules, delta, expectVersion }], by, isTainted: false }),
    read: (moment?: Parameters<SharedState['read']>[3]) => state.read(place, key, rules, moment),
    history: () => state.history(place, key),
  }
}

function openAt(records: Records, start?: string) {
  const clock = fakeClock(start ?? '2026-01-01T00:00:00.000Z', { auto: true })
  return { clock, state: openSharedState({ records, clock, random: () => 0 }) }
}

export const STATE_CONTRACT: readonly StateCase[] = [
  {
    name: 'holds nothing, then what was written, and lists its keys',
    async run(records, runId) {
      const { state } = openAt(records)
      const notes = keyOf(state, runId, rulesOf('append'))
      assert.deepEqual(await notes.read(), { version: 0, value: [], isTainted: false })
      assert.deepEqual(await notes.history(), [])
      assert.deepEqual(await notes.write('a', ['one']), { outcome: 'written', versions: { notes: 1 } })
      assert.deepEqual(await notes.write('b', ['two', 'three']), { outcome: 'written', versions: { notes: 2 } })
      assert.partialDeepStrictEqual(await notes.read(), { version: 2, value: ['one', 'two', 'three'] })
      assert.partialDeepStrictEqual(await notes.history(), [
        { version: 1, delta: ['one'], agent: 'writer', stepId: 'write' },
        { version: 2, delta: ['two', 'three'] },
      ])
      await expect
        .poll(async () => (await state.keys(RunId.parse(runId))).map(({ workflow, key }) => `${workflow}.${key}`))
        .toEqual(['research.notes'])
    },
  },
  {
    name: 'counts a write once, however often it is sent under one id',
    async run(records, runId) {
      const notes = keyOf(openAt(records).state, runId, rulesOf('append'))
      const first = await notes.write('a', ['one'])
      await notes.write('b', ['two'])
      assert.deepEqual(await notes.write('a', ['one']), first)
      assert.deepEqual((await notes.read()).value, ['one', 'two'])
    },
  },
  {
    name: 'tells who comes too late to replace what there is now, and a repeated winner that it won',
    async run(records, runId) {
      const plan = keyOf(openAt(records).state, runId, rulesOf('replace'))
      const won = { outcome: 'written', versions: { notes: 1 } }
      assert.deepEqual(await plan.write('a', { steps: 1 }, 0), won)
      assert.deepEqual(await plan.write('b', { steps: 2 }, 0), {
        ...{ outcome: 'conflict', key: 'notes', expected: 0, version: 1, value: { steps: 1 }, isTainted: false },
      })
      assert.deepEqual(await plan.write('a', { steps: 1 }, 0), won)
      assert.deepEqual(await plan.write('b2', { steps: 3 }, 1), { outcome: 'written', versions: { notes: 2 } })
      assert.equal((await plan.write('c', null, 7)).outcome, 'conflict')
      await assert.rejects(() => plan.write('d', 'blindly'), { name: 'InvalidRequest' })
    },
  },
  {
    name: 'lets one of many that replace the same version win',
    async run(records, runId) {
      const plan = keyOf(openAt(records).state, runId, rulesOf('replace'))
      const told = await Promise.all(Array.from({ length: 8 }, (_, index) => plan.write(`w${index}`, index, 0)))
      const [winner, ...others] = told.flatMap(({ outcome }, index) => (outcome === 'written' ? [index] : []))
      assert.deepEqual(others, [])
      assert.equal((await plan.read()).value, winner)
    },
  },
  {
    name: 'shows what it was at a version and at a time, whatever was written since',
    async run(records, runId) {
      const { state, clock } = openAt(records)
      const most = keyOf(state, runId, rulesOf('max', { initial: 1 }))
      const times = [clock.now()]
      for (const [index, value] of [3, 2, 9].entries()) {
        await clock.advance(1_000)
        await most.write(`w${index}`, value)
        times.push(clock.now())
      }
      const atVersions = await Promise.all([0, 1, 2, 3].map((version) => most.read({ version })))
      assert.deepEqual(
        atVersions.map(({ value }) => value),
        [1, 3, 3, 9],
      )
      const atTimes = await Promise.all(times.map((time) => most.read({ time })))
      assert.deepEqual(atTimes, atVersions)
      await assert.rejects(() => most.read({ version: 4 }), { name: 'NotFound' })
    },
  },
  {
    name: 'keeps its times in order where a later writer has a slow clock',
    async run(records, runId) {
      await keyOf(openAt(records).state, runId, rulesOf('append')).write('a', [1])
      const notes = keyOf(openAt(records, '2025-12-31T23:50:00.000Z').state, runId, rulesOf('append'))
      await notes.write('b', [2])
      const [one, two] = await notes.history()
      assert.ok(one !== undefined && two !== undefined && two.at >= one.at)
    },
  },
  {
    name: 'writes several keys together, or none',
    async run(records, runId) {
      const { state } = openAt(records)
      const place = placeOf(runId)
      const changes = (expectVersion: number) => [
        { key: 'notes', rules: rulesOf('append'), delta: ['x'] },
        { key: 'plan', rules: rulesOf('replace'), delta: 'p', expectVersion },
      ]
      const update = (writeId: string, expectVersion: number) =>
        state.update({ ...place, writeId, changes: changes(expectVersion), by, isTainted: false })
      assert.equal((await update('a', 1)).outcome, 'conflict')
      assert.equal((await state.read(place, 'notes', rulesOf('append'))).version, 0)
      const both = { outcome: 'written', versions: { notes: 1, plan: 1 } }
      assert.deepEqual(await update('b', 0), both)
      assert.deepEqual(await update('b', 0), both)
    },
  },
  {
    name: 'takes so many writes and bytes, and says what to do about more',
    async run(records, runId) {
      const { state } = openAt(records)
      const notes = keyOf(state, runId, rulesOf('append', { maxVersions: 2 }))
      const refused = (told: StateUpdated) => (told.outcome === 'refused' ? told.refused : told.outcome)
      assert.equal(refused(await notes.write('large', ['x'.repeat(33_000)])), 'tooLarge')
      await notes.write('a', [1])
      await notes.write('b', [2])
      assert.equal(refused(await notes.write('c', [3])), 'full')
      assert.equal(refused(await notes.write('b', [2])), 'written')
      const others = keyOf(state, runId, rulesOf('union'))
      assert.equal(refused(await others.write('d', [3])), 'otherRules')
      const long = keyOf(state, runId, rulesOf('append'), 'long')
      const told = []
      for (let index = 0; index < 34; index += 1) told.push(refused(await long.write(`${index}`, ['x'.repeat(32_000)])))
      assert.deepEqual([...new Set(told)], ['written', 'full'])
    },
  },
  {
    name: 'tells that a writer had read what strangers wrote, as long as that counts',
    async run(records, runId) {
      const { state } = openAt(records)
      const place = placeOf(runId)
      const write = (key: string, reducer: StateReducer, isTainted: boolean, version: number) => {
        const change = { key, rules: rulesOf(reducer), delta: [1], expectVersion: version }
        return state.update({ ...place, writeId: `${version}`, changes: [change], by, isTainted })
      }
      for (const [key, reducer, tainted] of [['list', 'append', true] as const, ['plan', 'replace', false] as const]) {
        await write(key, reducer, true, 0)
        await write(key, reducer, false, 1)
        assert.equal((await state.read(place, key, rulesOf(reducer))).isTainted, tainted)
      }
    },
  },
]

type Fault = 'none' | 'lost' | 'refused' | 'dieBefore' | 'dieAfter'
const FAULTS = fc.constantFrom<Fault>('none', 'none', 'none', 'lost', 'refused', 'dieBefore', 'dieAfter')

interface Writer {
  readonly deltas: readonly number[]
  /** One for each of its transactions, in order; none after the last. */
  readonly faults: readonly Fault[]
  readonly skewMinutes: number
}

const WRITER: fc.Arbitrary<Writer> = fc.record({
  deltas: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
  faults: fc.array(FAULTS, { maxLength: 6 }),
  skewMinutes: fc.integer({ min: -10, max: 10 }),
})

class Died extends Error {}

/** Of one writer: each of its requests waits for its turn, and its transactions fail as planned. */
function faulty(records: Records, faults: Fault[], turn: () => Promise<void>): Records {
  const inTurn = async <T>(ask: () => Promise<T>): Promise<T> => {
    await turn()
    return ask()
  }
  return {
    get: (key) => inTurn(() => records.get(key)),
    query: (partition, options) => inTurn(() => records.query(partition, options)),
    queryIndex: (partition, options) => inTurn(() => records.queryIndex(partition, options)),
    write: (one) => inTurn(() => records.write(one)),
    async transact(writes) {
      await turn()
      const fault = faults.shift() ?? 'none'
      const lost = new RecordsUnavailable({ message: 'no reply', next: 'try again' })
      if (fault === 'dieBefore') throw new Died()
      if (fault === 'refused') throw lost
      const outcome = await records.transact(writes)
      if (fault === 'dieAfter') throw new Died()
      if (fault === 'lost') throw lost
      return outcome
    },
  }
}

const DELTA_OF: Readonly<Record<StateReducer, (number: number, id: string) => Json>> = {
  replace: (number, id) => ({ id, number }),
  append: (number, id) => [{ id, number }],
  union: (number) => [number],
  merge: (number, id) => ({ [`f${number}`]: id }),
  max: (number) => number,
}

/**
 * Writers with wrong clocks in any order, whose replies are lost, and who die and begin again: what there is in the end is
 * what all acknowledged writes come to, none of them twice; and what it was at any version is what the writes up to it came to.
 * @param open Records that nobody else writes to; called for each example.
 */
export async function stateProperty(reducer: StateReducer, open: () => Promise<Records>, numRuns = 60): Promise<void> {
  const writers = fc.array(WRITER, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), writers, async (scheduler, plans) => {
      const records = await open()
      const rules = rulesOf(reducer)
      const acknowledged = new Map<number, Json>()
      const work = plans.map(async (plan, writer) => {
        const start = new Date(Date.parse('2026-01-01T00:00:00Z') + plan.skewMinutes * 60_000)
        const clock = fakeClock(start.toISOString(), { auto: true })
        const own = faulty(records, [...plan.faults], () => scheduler.schedule(Promise.resolve()))
        const key = keyOf(openSharedState({ records: own, clock, random: () => 0 }), 'run-1', rules)
        for (const [index, number] of plan.deltas.entries()) {
          const id = `${writer}/${index}`
          const delta = DELTA_OF[reducer](number, id)
          const version = await surely(reducer, key, id, delta)
          expect(acknowledged.has(version)).toBe(false)
          acknowledged.set(version, delta)
        }
      })
      await scheduler.waitFor(Promise.all(work))
      const { state } = openAt(records)
      const truth = keyOf(state, 'run-1', rules)
      const history = await truth.history()
      expect(history.map(({ version }) => version)).toEqual([...acknowledged.keys()].sort((a, b) => a - b))
      for (const { version, delta, at } of history) {
        expect(canonicalJson(delta)).toBe(canonicalJson(acknowledged.get(version) ?? null))
        const upTo = history.slice(0, version).map((one) => one.delta)
        const then = await truth.read({ version })
        expect(canonicalJson(then.value)).toBe(canonicalJson(reduceState(rules, upTo)))
        expect((await truth.read({ time: new Date(at) })).version).toBeGreaterThanOrEqual(version)
      }
      expect((await truth.read()).version).toBe(acknowledged.size)
    }),
    { numRuns },
  )
}

/** As a step does: under the same id again after a death, or where no reply ever came; anew, with what there is now, where another was first. */
async function surely(reducer: StateReducer, key: ReturnType<typeof keyOf>, id: string, delta: Json): Promise<number> {
  let expected = reducer === 'replace' ? 0 : undefined
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      const told = await key.write(expected === undefined ? id : `${id}@${expected}`, delta, expected)
      if (told.outcome === 'written') return told.versions['notes'] ?? 0
      if (told.outcome === 'refused') throw new Error(told.reason)
      expected = told.version
    } catch (error) {
      if (!(error instanceof Died || error instanceof RecordsUnavailable)) throw error
    }
  }
  throw new Error('never came to an end')
}
