import { expect, it } from 'vitest'
import { weigh } from '../../../src/conflict/weigh.ts'
import { ResolveRule } from '../../../src/schema/resolve.ts'
import { opinions } from './opinions.ts'

const CASES = [
  ['all agree', {}, { ann: 'yes', bob: 'yes' }, 'yes', 1],
  ['a majority', {}, { ann: 'yes', bob: 'no', cleo: 'yes' }, 'yes', 1 / 3],
  ['an abstention counts for nobody', {}, { ann: 'yes', bob: null, cleo: 'yes' }, 'yes', 1],
  ['one of two tells of no majority of voters', {}, { ann: 'yes', bob: null }, 'noQuorum', null],
  ['unless a quorum of one is enough', { quorum: 1 }, { ann: 'yes', bob: null }, 'yes', 1],
  ['a quorum that is not met', { quorum: 3 }, { ann: 'yes', bob: 'yes', cleo: null }, 'noQuorum', null],
  ['nobody says anything', {}, { ann: null, bob: null }, 'allAbstained', null],
  ['nobody, and no quorum to speak of', { quorum: 1 }, { ann: null }, 'allAbstained', null],
  ['a tie', {}, { ann: 'yes', bob: 'no' }, 'tie', 0],
  ['a tie of three', {}, { ann: 'yes', bob: 'no', cleo: 'maybe' }, 'tie', 0],
  ['the most, but no majority', {}, { ann: 1, bob: 1, cleo: 2, dan: 3 }, 'noMajority', 0.25],
  ['the most is enough', { majority: 0 }, { ann: 1, bob: 1, cleo: 2, dan: 3 }, 1, 0.25],
  ['two thirds, and no more', { majority: 2 / 3 }, { ann: 1, bob: 1, cleo: 2 }, 'noMajority', 1 / 3],
  ['a margin that is too thin', { margin: 0.5 }, { ann: 1, bob: 1, cleo: 2 }, 'thinMargin', 1 / 3],
  ['a margin that is just enough', { margin: 1 / 3 }, { ann: 1, bob: 1, cleo: 2 }, 1, 1 / 3],
  ['unanimous', { margin: 1 }, { ann: 1, bob: 1, cleo: null }, 1, 1],
  ['a weight outvotes two', { weights: { ann: 3 } }, { ann: 'yes', bob: 'no', cleo: 'no' }, 'yes', 0.2],
  [
    'weights that tie, as decimals do',
    { weights: { ann: 0.3, bob: 0.1, cleo: 0.2 } },
    { ann: 1, bob: 2, cleo: 2 },
    'tie',
    0,
  ],
  ['weights of nothing', { weights: { ann: 0, bob: 0 } }, { ann: 1, bob: 2 }, 'noWeight', null],
  ['no weight by a name of objects', { weights: {} }, { constructor: 1, bob: 1 }, 1, 1],
  ['objects with their keys in another order', {}, { ann: { a: 1, b: 2 }, bob: { b: 2, a: 1 } }, { a: 1, b: 2 }, 1],
  ['false is an answer', {}, { ann: false, bob: false }, false, 1],
] as const

it.each(CASES)('%s', (_, options, said, expected, margin) => {
  const verdict = weigh(opinions(said), ResolveRule.parse({ rule: 'vote', ...options }))
  expect(verdict.decided?.value ?? verdict.escalate?.doubt).toEqual(expected)
  if (margin === null) expect(verdict.margin).toBeNull()
  else expect(verdict.margin).toBeCloseTo(margin)
})

it('keeps who said what, also of those who lost', () => {
  const said = [
    { agent: 'ann', value: 'yes' },
    { agent: 'bob', value: 'no', confidence: 0.9, reason: 'The sums are wrong.' },
    { agent: 'cleo', value: 'yes' },
    { agent: 'dan', reason: 'its model is down' },
  ]
  expect(weigh(said, ResolveRule.parse({ rule: 'vote' }))).toMatchObject({
    rule: 'vote',
    decided: { value: 'yes', by: ['ann', 'cleo'] },
    tally: [
      { value: 'yes', agents: ['ann', 'cleo'], weight: 2 },
      { value: 'no', agents: ['bob'], weight: 1 },
    ],
    dissent: [{ agent: 'bob', value: 'no', confidence: 0.9, reason: 'The sums are wrong.' }],
    abstained: ['dan'],
  })
})
