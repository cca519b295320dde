/** The rules of `resolve` over records: agents' past records, counted once, and the same decision for whoever asks again. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from '../../../src/audit/canonical.ts'
import { resolveRule, resolveWeighRule } from '../../../src/coordination/resolve-rule.ts'
import type { RuleContext } from '../../../src/coordination/rule.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Item, Records } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId, StepId } from '../../../src/schema/ids.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'
import { ResolveInput, ResolveOptions, Weighed } from '../../../src/schema/resolution.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const open = () => openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })

function contextOf(records: Records, stepId = 'check-decision', run = 'run-1'): RuleContext {
  const [runId, step] = [RunId.parse(run), StepId.parse(stepId)]
  return { team: 'team', workflow: 'main', runId, stepId: step, clock: fakeClock(undefined, { auto: true }), records }
}

const optionsOf = (rule: JsonObject, more: JsonObject = {}) =>
  ResolveOptions.parse({
    voters: ['ann', 'bob', 'cleo'].map((name) => ({ name, agent: name === 'cleo' ? 'ann' : name })),
    ...{ rule, on: 'verdict', confidence: 'sure', ...more },
  })
const inputOf = (input: JsonObject) => ResolveInput.parse(input)

const CONFIDENCE = optionsOf({ rule: 'confidence' })
const [YES, NO] = [
  { verdict: 'yes', sure: 0.9 },
  { verdict: 'no', sure: 0.6 },
]

const sums = ({ attributes }: Item) => attributes
async function recordsOf(records: Records) {
  const { items } = await records.query('CALIBRATION#team')
  return Object.fromEntries(items.map((item) => [item.sort, sums(item)]))
}

it('adds what each agent stated, and whether it agreed, to its record: once for each decision', async () => {
  using records = disposable(open())
  const input = inputOf({ answers: { ann: YES, bob: NO, cleo: { verdict: 'yes', sure: 0.7 } } })
  const first = await resolveRule.decide(input, CONFIDENCE, contextOf(records))
  const again = await resolveRule.decide(input, CONFIDENCE, contextOf(records))
  expect(again).toEqual(first)
  expect(first).toMatchObject({ output: { value: YES, by: ['ann', 'cleo'] } })
  // Twice the same agent, under two names.
  const ann = { decisions: 2, agreed: 2, stated: expect.closeTo(1.6), squared: expect.closeTo(0.01 + 0.09) }
  expect(await recordsOf(records)).toEqual({ ann, bob: { decisions: 1, agreed: 0, stated: 0.6, squared: 0.36 } })
  await resolveRule.decide(input, CONFIDENCE, contextOf(records, 'check-decision', 'run-2'))
  expect(await recordsOf(records)).toMatchObject({ ann: { decisions: 4 }, bob: { decisions: 2 } })
})

it('counts an agent whose name every object knows', async () => {
  using records = disposable(open())
  const voters = ['constructor', 'ann'].map((name) => ({ name, agent: name }))
  const input = inputOf({ answers: { constructor: YES, ann: YES } })
  await resolveRule.decide(input, optionsOf({ rule: 'confidence' }, { voters }), contextOf(records))
  const agreed = { decisions: 1, agreed: 1, stated: 0.9, squared: expect.closeTo(0.01) }
  expect(await recordsOf(records)).toEqual(Object.fromEntries(voters.map(({ name }) => [name, agreed])))
})

it('decides as before where it is asked again after its record has changed', async () => {
  using records = disposable(open())
  const input = inputOf({ answers: { ann: { verdict: 'yes', sure: 0.8 }, bob: { verdict: 'no', sure: 0.75 } } })
  const first = await resolveRule.decide(input, CONFIDENCE, contextOf(records))
  expect(first).toMatchObject({ output: { value: { verdict: 'yes' } } })
  // Many decisions in which ann was wrong: now bob would win.
  const ann = { decisions: 100, agreed: 0, stated: 80, squared: 64 }
  const key = { partition: 'CALIBRATION#team', sort: 'ann' }
  await records.write({ kind: 'put', item: { ...key, attributes: ann }, condition: { kind: 'exists' } })
  const other = await resolveRule.decide(input, CONFIDENCE, contextOf(records, 'other'))
  expect(other).toMatchObject({ output: { value: { verdict: 'no' } } })
  expect(await resolveRule.decide(input, CONFIDENCE, contextOf(records))).toEqual(first)
})

it('decides the same in two processes at once, and counts it once', async () => {
  using records = disposable(open())
  const input = inputOf({ answers: { ann: { verdict: 'yes', sure: 0.8 }, bob: { verdict: 'no', sure: 0.75 } } })
  const context = contextOf(records)
  const both = await Promise.all([1, 2].map(() => resolveRule.decide(input, CONFIDENCE, context)))
  expect(both[0]).toEqual(both[1])
  expect(await recordsOf(records)).toMatchObject({ ann: { decisions: 1 }, bob: { decisions: 1 } })
})

it('counts once where the answer to the write is lost', async () => {
  using records = disposable(open())
  const losing: Records = {
    ...records,
    get: (key) => records.get(key),
    transact: async (writes) => {
      await records.transact(writes)
      return records.transact(writes)
    },
  }
  const decision = await resolveRule.decide(inputOf({ answers: { ann: YES, bob: YES } }), CONFIDENCE, contextOf(losing))
  expect(decision).toMatchObject({ output: { value: YES } })
  expect(await recordsOf(records)).toMatchObject({ ann: { decisions: 1 }, bob: { decisions: 1 } })
})

it.each([1, 9])('decides where the records refuse a write %d times, counted or not', async (refusals) => {
  using records = disposable(open())
  let left = refusals
  const busy: Records = {
    ...records,
    transact: async (writes) => {
      left -= 1
      if (left >= 0) throw new RecordsUnavailable({ message: 'others are at it', next: 'Try again.' })
      return records.transact(writes)
    },
  }
  const context = contextOf(busy)
  const decision = await resolveRule.decide(inputOf({ answers: { ann: YES, bob: YES } }), CONFIDENCE, context)
  expect(decision).toMatchObject({ output: { value: YES } })
  expect(Object.keys(await recordsOf(records))).toEqual(refusals === 1 ? ['ann', 'bob'] : [])
})

it('keeps no record where nothing is decided, or nobody says how sure it is', async () => {
  using records = disposable(open())
  const tie = await resolveRule.decide(
    inputOf({ answers: { ann: YES, bob: { ...YES, verdict: 'no' } } }),
    CONFIDENCE,
    contextOf(records),
  )
  expect(tie).toMatchObject({ stopped: { cause: 'undecided' } })
  const plain = ResolveOptions.parse({ ...CONFIDENCE, confidence: undefined, rule: { rule: 'vote' } })
  await resolveRule.decide(inputOf({ answers: { ann: YES, bob: YES } }), plain, contextOf(records))
  expect(await recordsOf(records)).toEqual({})
})

it('counts what a person decided, against what the voters said', async () => {
  using records = disposable(open())
  const vote = optionsOf({ rule: 'vote', quorum: 1 })
  const answers = { ann: YES, bob: { ...NO, sure: 7 } }
  const weighed = await resolveWeighRule.decide(inputOf({ answers }), vote, contextOf(records, 'check-weigh'))
  const { output } = weighed as { output: Weighed }
  expect(output).toMatchObject({ status: 'open', reason: 'It is a tie.' })
  const input = inputOf({ answers, weighed: output as unknown as Json, person: { pick: 'bob' } })
  const decision = await resolveRule.decide(input, vote, contextOf(records))
  expect(decision).toMatchObject({
    output: { value: { verdict: 'no' }, rule: 'person', dissent: [{ agent: 'ann', value: 'yes', confidence: 0.9 }] },
    considered: ['"yes": ann (1)', '"no": bob (1)', 'against: ann says "yes" (sure: 0.9)', 'abstained: cleo'],
  })
  // What bob states is no share: it counts as nothing stated.
  expect(await recordsOf(records)).toEqual({
    ann: { decisions: 1, agreed: 0, stated: 0.9, squared: expect.closeTo(0.81) },
  })
})

it('takes for an answer neither what an object has by nature nor what stands for a failure', async () => {
  using records = disposable(open())
  const voters = ['constructor', 'ann'].map((name) => ({ name }))
  const options = optionsOf({ rule: 'vote', quorum: 1 }, { voters })
  const input = inputOf({ answers: { ann: { $abstained: 'its model is down' } } })
  const decision = await resolveRule.decide(input, options, contextOf(records))
  expect(decision).toMatchObject({ stopped: { reason: 'All of 2 abstained. abstained: constructor, ann' } })
})

const anyAnswer = fc.oneof(
  fc.record({ verdict: fc.oneof(fc.constantFrom('yes', 'no', 'maybe'), fc.jsonValue()), sure: fc.jsonValue() }),
  fc.constant({ $abstained: 'it stopped' }),
  fc.jsonValue(),
) as fc.Arbitrary<Json>
const anyJudge = fc.record({
  choice: fc.constantFrom('A', 'B', 'C', 'none'),
  reason: fc.string(),
  scores: fc.array(
    fc.record({ label: fc.constantFrom('A', 'B', 'D'), score: fc.double({ min: 0, max: 1, noNaN: true }) }),
  ),
})
const anyRule = fc.constantFrom<JsonObject>(
  { rule: 'vote' },
  { rule: 'vote', quorum: 1, majority: 0, weights: { ann: 2 } },
  { rule: 'confidence', margin: 0.1 },
  { rule: 'authority', order: ['bob', 'ann'] },
  { rule: 'veto', who: ['cleo'], value: 'no', then: { rule: 'vote', majority: 0 } },
  { rule: 'veto', who: ['ann'], then: { rule: 'confidence' } },
  { rule: 'judge', margin: 0.05 },
)

it('gives one of the answers, or a named stop, whatever voters, judges and people say', async () => {
  using records = disposable(open())
  let runs = 0
  const person = fc.option(fc.record({ pick: fc.constantFrom('ann', 'bob', 'cleo') }), { nil: null })
  const said = fc.option(fc.oneof(anyJudge, anyAnswer), { nil: null }) as fc.Arbitrary<Json>
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(anyAnswer, anyAnswer, anyAnswer),
      anyRule,
      said,
      person,
      async ([ann, bob, cleo], rule, judge, pick) => {
        runs += 1
        const input = inputOf({ answers: { ann, bob, cleo }, said: judge, person: pick })
        const context = contextOf(records, 'check', `run-${runs}`)
        const options = optionsOf(rule)
        Weighed.parse(((await resolveWeighRule.decide(input, options, context)) as { output: unknown }).output)
        const decision = await resolveRule.decide(input, options, context)
        if ('stopped' in decision) {
          expect(decision.stopped.cause).toBe('undecided')
          return
        }
        const { value } = decision.output as { value: Json }
        // As they were taken: without fields that no object may have of its own, such as `__proto__`.
        expect(Object.values(input.answers).map(canonicalJson)).toContain(canonicalJson(value))
      },
    ),
    { numRuns: 500 },
  )
})

function disposable<R extends { close(): void }>(records: R): R & Disposable {
  return Object.assign(records, { [Symbol.dispose]: () => records.close() })
}
