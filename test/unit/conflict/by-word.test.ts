/** Rules by which somebody's word counts for more: rank, veto, judge, supervisor, person. */
import { expect, it } from 'vitest'
import { byJudge } from '../../../src/conflict/by-judge.ts'
import { byPerson, bySupervisor } from '../../../src/conflict/by-word.ts'
import type { Verdict } from '../../../src/conflict/verdict.ts'
import { weigh } from '../../../src/conflict/weigh.ts'
import { ResolveRule } from '../../../src/schema/resolve.ts'
import { opinions } from './opinions.ts'

const outcome = ({ decided, escalate }: Verdict) => decided?.value ?? escalate?.doubt

it.each([
  ['the first in rank', { ann: 'no', bob: 'yes', cleo: 'yes' }, 'no'],
  ['the next where the first says nothing', { ann: null, bob: 'yes', cleo: 'no' }, 'yes'],
  ['nobody of rank', { ann: null, bob: null, cleo: 'no' }, 'silent'],
  ['nobody at all', { ann: null, bob: null, cleo: null }, 'allAbstained'],
])('authority: %s', (_, said, expected) => {
  expect(outcome(weigh(opinions(said), ResolveRule.parse({ rule: 'authority', order: ['ann', 'bob'] })))).toBe(expected)
})

const then = { rule: 'vote' }
it.each([
  ['no objection', { who: ['ann'] }, { ann: 'yes', bob: 'yes', cleo: 'no' }, 'yes'],
  ['who may veto disagrees', { who: ['ann'] }, { ann: 'no', bob: 'yes', cleo: 'yes' }, 'vetoed'],
  ['who may not, too', { who: ['ann'] }, { ann: 'yes', bob: 'no', cleo: 'yes' }, 'yes'],
  ['who may veto says nothing', { who: ['ann'] }, { ann: null, bob: 'yes', cleo: 'yes' }, 'silent'],
  ['nobody says anything', { who: ['ann'] }, { ann: null, bob: null }, 'allAbstained'],
  ['the others tie', { who: ['ann'] }, { ann: 'yes', bob: 'no' }, 'tie'],
  ['a veto by its word', { who: ['ann'], value: 'stop' }, { ann: 'stop', bob: 'go', cleo: 'go' }, 'stop'],
  ['another word is none', { who: ['ann'], value: 'stop' }, { ann: 'wait', bob: 'go', cleo: 'go' }, 'go'],
  ['by its word, though another is silent', { who: ['ann', 'bob'], value: 'stop' }, { ann: 'stop', bob: null }, 'stop'],
])('veto: %s', (_, options, said, expected) => {
  expect(outcome(weigh(opinions(said), ResolveRule.parse({ rule: 'veto', then, ...options })))).toBe(expected)
})

const CANDIDATES = [
  { label: 'A', value: 'left' },
  { label: 'B', value: 'right' },
]
const score = (A: number, B: number) => [
  { label: 'A', score: A },
  { label: 'B', score: B },
]
it.each([
  ['a choice', { choice: 'B', reason: '' }, 0, 'right'],
  ['a choice and its scores', { choice: 'B', scores: score(0.2, 0.9), reason: '' }, 0.5, 'right'],
  ['scores that say the other', { choice: 'B', scores: score(0.9, 0.2), reason: '' }, 0, 'contradiction'],
  ['scores of the other only', { choice: 'B', scores: [{ label: 'A', score: 0.1 }], reason: '' }, 0, 'contradiction'],
  [
    'two scores for one',
    { choice: 'A', scores: [...score(0.9, 0.1), ...score(0.1, 0.1)], reason: '' },
    0,
    'contradiction',
  ],
  ['scores that are even', { choice: 'B', scores: score(0.5, 0.5), reason: '' }, 0, 'right'],
  ['scores too close', { choice: 'B', scores: score(0.5, 0.6), reason: '' }, 0.2, 'thinMargin'],
  ['no scores, and a margin asked for', { choice: 'B', reason: '' }, 0.2, 'thinMargin'],
  ['no candidate', { choice: 'none', reason: '' }, 0, 'unknownCandidate'],
  ['a candidate of its own', { choice: 'C', reason: '' }, 0, 'unknownCandidate'],
  [
    'a score for one of its own',
    { choice: 'A', scores: [{ label: 'C', score: 1 }], reason: '' },
    0,
    'unknownCandidate',
  ],
  ['nothing', undefined, 0, 'silent'],
  ['no verdict', { verdict: 'A' }, 0, 'silent'],
  ['a score out of range', { choice: 'A', scores: [{ label: 'A', score: 7 }], reason: '' }, 0, 'silent'],
])('judge: %s', (_, said, margin, expected) => {
  expect(outcome(byJudge(opinions({ ann: 'left', bob: 'right' }), CANDIDATES, said, { margin }))).toBe(expected)
})

it('needs no judge where all agree', () => {
  const rule = ResolveRule.parse({ rule: 'judge' })
  expect(weigh(opinions({ ann: 'a', bob: 'a', cleo: null }), rule)).toMatchObject({ rule: 'agreed', margin: 1 })
  expect(outcome(weigh(opinions({ ann: 'a', bob: 'b' }), rule))).toBe('contested')
  expect(outcome(weigh(opinions({ ann: null, bob: null }), rule))).toBe('allAbstained')
})

const DIFFER = opinions({ ann: 'a', bob: 'b', cleo: null })
it.each([
  ['a supervisor who sides with one', bySupervisor(DIFFER, 'a'), 'a', ['ann'], ['bob']],
  ['a supervisor who sides with nobody', bySupervisor(DIFFER, 'c'), 'c', [], ['ann', 'bob']],
  ['a person who picks', byPerson(DIFFER, { pick: 'bob' }), 'b', ['bob'], ['ann']],
  ['a person who answers', byPerson(DIFFER, { answer: 'c' }), 'c', [], ['ann', 'bob']],
])('%s', (_, verdict, value, by, against) => {
  expect(verdict.decided).toEqual({ value, by })
  expect(verdict.dissent.map(({ agent }) => agent)).toEqual(against)
  expect(verdict.abstained).toEqual(['cleo'])
})

it.each([
  ['no supervisor', bySupervisor(DIFFER, undefined), 'silent'],
  ['no person', byPerson(DIFFER, undefined), 'silent'],
  ['a pick of somebody who said nothing', byPerson(DIFFER, { pick: 'cleo' }), 'unknownCandidate'],
])('decides nothing with %s', (_, verdict, doubt) => {
  expect(verdict.decided).toBeUndefined()
  expect(verdict.escalate?.doubt).toBe(doubt)
})
