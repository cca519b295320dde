import { expect, it } from 'vitest'
import { brierScore, calibrated, evidence, NO_RECORD, scoreOf, sumOf } from '../../../src/conflict/calibration.ts'
import { weigh } from '../../../src/conflict/weigh.ts'
import { ResolveRule } from '../../../src/schema/resolve.ts'
import { opinions } from './opinions.ts'

/** So many decisions in which it stated the same; it agreed in the first of them. */
function record(decisions: number, agreed: number, stated: number) {
  const all = Array.from({ length: decisions }, (_, index) => scoreOf(stated, index < agreed))
  return all.reduce(sumOf)
}

it.each([
  ['is right nine times of ten and says so', record(100, 90, 0.9), 0.09],
  ['says 99 % and is right half of the time', record(100, 50, 0.99), 0.4901],
  ['says nothing either way', record(10, 5, 0.5), 0.25],
  ['has no record', NO_RECORD, undefined],
])('scores one that %s', (_, known, score) => {
  if (score === undefined) expect(brierScore(known)).toBeUndefined()
  else expect(brierScore(known)).toBeCloseTo(score)
})

it.each([
  ['no record: halfway between what it says and even', 0.9, NO_RECORD, 0.7],
  ['no record, and it says nothing', undefined, NO_RECORD, 0.5],
  ['right and sure: its base rate', 0.9, record(100, 90, 0.9), 0.865],
  ['sure and wrong half of the time: even', 0.99, record(100, 50, 0.99), 0.501],
  ['modest and right', 0.5, record(100, 90, 0.5), 0.864],
  ['always wrong: never sure', 0.99, record(1_000, 0, 0.99), 0.01],
])('%s', (_, stated, known, probability) => {
  expect(calibrated(stated, known)).toBeCloseTo(probability, 2)
})

it('takes what is stated at its word where the record tells right from wrong', () => {
  const sharp = { decisions: 1_000, agreed: 500, stated: 500, squared: 1_000 * 0.01 }
  expect(calibrated(0.9, sharp)).toBeGreaterThan(0.87)
  expect(calibrated(0.1, sharp)).toBeLessThan(0.13)
})

it.each([
  [0.5, 0],
  [0.2, 0],
  [0.9, 2.197],
  [0.99, 4.595],
  [1, 4.595],
])('weighs %d as %d', (probability, weight) => {
  expect(evidence(probability)).toBeCloseTo(weight, 3)
})

const CASES = [
  ['one that is sure outweighs two that are not', { ann: ['a', 0.95], bob: ['b', 0.6], cleo: ['b', 0.6] }, 'a'],
  ['two that are quite sure outweigh one', { ann: ['a', 0.9], bob: ['b', 0.85], cleo: ['b', 0.85] }, 'b'],
  ['as sure of one as of the other', { ann: ['a', 0.8], bob: ['b', 0.8] }, 'tie'],
  ['nobody is sure of anything', { ann: ['a', 0.5], bob: ['b', 0.3], cleo: 'c' }, 'noWeight'],
  ['too few say anything', { ann: ['a', 0.9], bob: null, cleo: null }, 'noQuorum'],
  ['all abstain', { ann: null, bob: null }, 'allAbstained'],
] as const

it.each(CASES)('%s', (_, said, expected) => {
  const verdict = weigh(opinions(said), ResolveRule.parse({ rule: 'confidence', calibrated: false }))
  expect(verdict.decided?.value ?? verdict.escalate?.doubt).toBe(expected)
})

it('believes a modest voter with a good record more than a bold one with a bad one', () => {
  const said = opinions({ bold: ['a', 0.99], modest: ['b', 0.6] })
  const records = { bold: record(50, 20, 0.99), modest: record(50, 45, 0.6) }
  const rule = ResolveRule.parse({ rule: 'confidence' })
  expect(weigh(said, rule, (name) => records[name as 'bold']).decided?.value).toBe('b')
  expect(weigh(said, rule).decided?.value).toBe('a')
})

it('gives voters without a record the same weight for the same word', () => {
  const said = opinions({ ann: ['a', 0.9], bob: ['b', 0.9] })
  expect(weigh(said, ResolveRule.parse({ rule: 'confidence' })).escalate?.doubt).toBe('tie')
})

it('asks for a margin', () => {
  const said = opinions({ ann: ['a', 0.9], bob: ['b', 0.88] })
  expect(weigh(said, ResolveRule.parse({ rule: 'confidence', margin: 0.2 })).escalate?.doubt).toBe('thinMargin')
})
