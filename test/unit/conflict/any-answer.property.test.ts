import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { byJudge } from '../../../src/conflict/by-judge.ts'
import { isSame, type Opinion } from '../../../src/conflict/opinion.ts'
import { weigh } from '../../../src/conflict/weigh.ts'
import type { Json } from '../../../src/schema/json.ts'
import { ResolveRule } from '../../../src/schema/resolve.ts'

const NAMES = ['ann', 'bob', 'cleo', 'dan', 'eve']
const value = fc.oneof(fc.constantFrom<Json>('a', 'b', 1, false, { a: 1 }), fc.jsonValue() as fc.Arbitrary<Json>)
const number = fc.double({ min: 0, max: 1, noNaN: true })
const anyOpinions = fc
  .tuple(...NAMES.map(() => fc.record({ value, confidence: number }, { requiredKeys: [] })))
  .map((all) => all.map((one, index): Opinion => ({ agent: NAMES[index] ?? '', ...one })))

const who = fc.subarray(NAMES, { minLength: 1 })
const vote = fc.record({
  rule: fc.constant('vote'),
  quorum: fc.integer({ min: 1, max: 6 }),
  weights: fc.dictionary(fc.constantFrom(...NAMES), fc.double({ min: 0, max: 1e6, noNaN: true })),
  majority: fc.double({ min: 0, max: 0.99, noNaN: true }),
  margin: number,
})
const confidence = fc.record({ rule: fc.constant('confidence'), calibrated: fc.boolean(), margin: number })
const authority = fc.record({ rule: fc.constant('authority'), order: who })
const plain = fc.oneof(vote, confidence, authority)
const veto = fc.record(
  { rule: fc.constant('veto'), who, value, then: plain },
  { requiredKeys: ['rule', 'who', 'then'] },
)
const anyRule = fc.oneof(plain, veto, fc.constant({ rule: 'judge' })).map((rule) => ResolveRule.parse(rule))

const sums = { decisions: 40, agreed: 30, stated: 32, squared: 6 }

it('decides for one of the values that were said, or says why not', () => {
  fc.assert(
    fc.property(anyOpinions, anyRule, (opinions, rule) => {
      const verdict = weigh(opinions, rule, (name) => (name < 'c' ? sums : undefined))
      expect(verdict.decided === undefined).toBe(verdict.escalate !== undefined)
      const said = opinions.flatMap((one) => (one.value === undefined ? [] : [one.value]))
      const winner = verdict.decided
      if (winner === undefined) return
      expect(said.some((one) => isSame(one, winner.value))).toBe(true)
      expect([...winner.by, ...verdict.dissent.map(({ agent }) => agent), ...verdict.abstained].sort()).toEqual(NAMES)
      if (verdict.margin !== null) expect(verdict.margin >= 0 && verdict.margin <= 1 + 1e-9).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

it('does not depend on the order in which the voters stand', () => {
  fc.assert(
    fc.property(anyOpinions, anyRule, (opinions, rule) => {
      const [one, other] = [weigh(opinions, rule), weigh(opinions.toReversed(), rule)]
      expect(other.decided?.value).toEqual(one.decided?.value)
    }),
    { numRuns: 1_000 },
  )
})

it('is never led by a judge to what nobody said', () => {
  const label = fc.constantFrom('A', 'B', 'C', 'none', '')
  const said = fc.oneof(
    fc.record({ choice: label, scores: fc.array(fc.record({ label, score: number })), reason: fc.string() }),
    fc.anything(),
  )
  const candidates = [
    { label: 'A', value: 'left' },
    { label: 'B', value: 'right' },
  ]
  const opinions = [
    { agent: 'ann', value: 'left' },
    { agent: 'bob', value: 'right' },
  ]
  fc.assert(
    fc.property(said, number, (verdict, margin) => {
      const { decided, escalate } = byJudge(opinions, candidates, verdict, { margin })
      expect(['left', 'right', undefined]).toContain(decided?.value)
      expect(decided === undefined).toBe(escalate !== undefined)
    }),
  )
})
