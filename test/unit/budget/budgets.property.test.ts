import fc from 'fast-check'
import { expect, it } from 'vitest'
import { COUNTED } from '../../../src/budget/units.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import type { RunBudget } from '../../../src/schema/budget.ts'
import { budgetModel, type StepPlan } from './budget-model.ts'

const turnPlan = fc.record({
  most: fc.record({
    costUsd: fc.integer({ min: 0, max: 200 }).map((cents) => cents / 100),
    tokens: fc.integer({ min: 1, max: 2_000 }),
    turns: fc.constant(1),
    toolCalls: fc.integer({ min: 0, max: 8 }),
  }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  dies: fc.constantFrom(undefined, undefined, undefined, 'beforeRecord' as const, 'afterRecord' as const),
})

const PLACES = ['plan', 'deep/write', 'parts:0/deep/read', 'parts:1/deep/read', 'parts:2/deep/read', 'end']
const steps: fc.Arbitrary<StepPlan[]> = fc
  .subarray(PLACES, { minLength: 1 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((stepId) =>
        fc.record({ stepId: fc.constant(stepId), turns: fc.array(turnPlan, { maxLength: 5 }), closes: fc.boolean() }),
      ),
    ),
  )

const limits = fc.record(
  {
    costUsd: fc.integer({ min: 1, max: 600 }).map((cents) => cents / 100),
    tokens: fc.integer({ min: 1, max: 8_000 }),
    turns: fc.integer({ min: 1, max: 12 }),
    toolCalls: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [] },
)
const some = limits.filter((given) => Object.keys(given).length > 0)
const runBudget = fc.record(
  { run: some, workflows: fc.record({ 'deep/': some, 'parts:*/deep/': some }, { requiredKeys: [] }) },
  { requiredKeys: ['run'] },
) as fc.Arbitrary<RunBudget>

/**
 * Each request is answered when the scheduler says so; of some, the reply is lost, and some never arrive. After
 * each, before anything else happens, `check` looks at what is stored.
 */
function faultyRecords(
  records: Records,
  scheduler: fc.Scheduler,
  fates: () => 'answered' | 'lost' | 'unsent',
  check: () => Promise<void>,
): Records {
  let last: Promise<unknown> = Promise.resolve()
  async function ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    const fate = fates()
    await scheduler.schedule(Promise.resolve(what))
    if (fate === 'unsent') throw new RecordsUnavailable({ message: `${what} did not arrive`, next: 'Again.' })
    const alone = last.then(async () => {
      const answer = await request()
      await check()
      return answer
    })
    last = alone.catch(() => undefined)
    const answer = await alone
    if (fate === 'lost') throw new RecordsUnavailable({ message: `no answer to ${what}`, next: 'Again.' })
    return answer
  }
  return {
    get: (key) => ask(`get ${key.partition} ${key.sort}`, () => records.get(key)),
    query: (partition, options) => ask(`query ${partition}`, () => records.query(partition, options)),
    queryIndex: (partition, options) => ask(`index ${partition}`, () => records.queryIndex(partition, options)),
    write: (write) => ask(`write ${write.kind}`, () => records.write(write)),
    transact: (writes) => ask(`transact ${writes.length}`, () => records.transact(writes)),
  }
}

it('holds every level in every interleaving, with lost replies and dead processes, and charges what nobody recorded', async () => {
  const fate = fc.infiniteStream(
    fc.oneof(
      { weight: 12, arbitrary: fc.constant('answered' as const) },
      { weight: 1, arbitrary: fc.constant('lost' as const) },
      { weight: 1, arbitrary: fc.constant('unsent' as const) },
    ),
  )
  let granted = 0
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, runBudget, fate, async (scheduler, plans, budget, fates) => {
      const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
      let check = async () => {}
      const faulty = faultyRecords(
        records,
        scheduler,
        () => fates.next().value ?? 'answered',
        () => check(),
      )
      const model = await budgetModel(records, faulty, budget)
      check = model.holds
      await scheduler.waitFor(Promise.all(plans.map((plan) => model.step(plan))))
      await scheduler.waitFor(model.close())
      const run = await model.level('RUN')
      for (const counted of COUNTED) {
        const [limit, left] = [run.limit[counted], run.left[counted]]
        // Nothing is handed out any more, and nothing that was spent is missing: what nobody recorded was charged at its most.
        if (limit !== undefined) expect(run.spent[counted] + (left ?? 0)).toBe(limit)
        expect(run.spent[counted]).toBeGreaterThanOrEqual(model.told.real[counted])
        expect(run.lost[counted]).toBeGreaterThanOrEqual(model.told.unrecorded[counted])
      }
      granted += model.told.granted
      records.close()
    }),
    { numRuns: 150 },
  )
  expect(granted).toBeGreaterThan(150)
}, 60_000)
