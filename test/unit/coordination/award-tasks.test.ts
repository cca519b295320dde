import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awardTasks, type Considered, type PeerBids } from '../../../src/coordination/award-tasks.ts'

const RULES = { policy: 'confidence', capacity: 10, least: 0 } as const
const tasks = (...ids: readonly string[]) => ids.map((id) => ({ id, tried: [] as string[] }))
const bids = (peer: string, given: Readonly<Record<string, number>>): PeerBids => ({
  peer,
  bids: Object.entries(given).map(([task, confidence]) => ({ task, confidence })),
})
const awarded = (...given: Parameters<typeof awardTasks>) => Object.fromEntries(awardTasks(...given).awards)

describe('an award', () => {
  const cases: readonly [string, Parameters<typeof awardTasks>, Readonly<Record<string, string>>][] = [
    ['nothing of nothing', [[], [], RULES], {}],
    ['nothing where nobody bids', [tasks('t'), [bids('a', {}), bids('b', {})], RULES], {}],
    ['the surest', [tasks('t'), [bids('a', { t: 0.4 }), bids('b', { t: 0.6 })], RULES], { t: 'b' }],
    ['the first declared of equals', [tasks('t'), [bids('a', { t: 0.5 }), bids('b', { t: 0.5 })], RULES], { t: 'a' }],
    [
      'the one with fewer tasks so far of equals',
      [tasks('t'), [bids('a', { t: 0.5 }), bids('b', { t: 0.5 })], RULES, new Map([['a', 1]])],
      { t: 'b' },
    ],
    [
      'shared out where everybody bids the same on everything',
      [tasks('t', 'u', 'v'), ['a', 'b'].map((peer) => bids(peer, { t: 1, u: 1, v: 1 })), RULES],
      { t: 'a', u: 'b', v: 'a' },
    ],
    [
      'no more than the capacity, the surest first',
      [tasks('t', 'u'), [bids('a', { t: 0.6, u: 0.9 }), bids('b', { t: 0.2 })], { ...RULES, capacity: 1 }],
      { t: 'b', u: 'a' },
    ],
    [
      'by load before confidence with spread',
      [tasks('t', 'u'), [bids('a', { t: 1, u: 1 }), bids('b', { t: 0.1, u: 0.1 })], { ...RULES, policy: 'spread' }],
      { t: 'a', u: 'b' },
    ],
    ['not to one who is too unsure', [tasks('t'), [bids('a', { t: 0.2 })], { ...RULES, least: 0.3 }], {}],
    [
      'not to one who failed it',
      [[{ id: 't', tried: ['a'] }], [bids('a', { t: 1 }), bids('b', { t: 0.1 })], RULES],
      { t: 'b' },
    ],
    ['no task that is not there', [tasks('t'), [bids('a', { nope: 1 })], RULES], {}],
  ]

  it.each(cases)('is %s', (_name, given, expected) => {
    expect(awarded(...given)).toEqual(expected)
  })

  it('says of each bid what became of it', () => {
    const both = { peer: 'a', bids: [1, 0.9].map((confidence) => ({ task: 't', confidence })) }
    const { considered } = awardTasks(tasks('t'), [both, bids('b', { t: 0.5, x: 1 })], RULES)
    const verdicts = considered.map(({ peer, task, verdict }) => `${peer} ${task} ${verdict}`)
    expect(verdicts).toEqual(['a t awarded', 'b t outbid', 'a t repeated', 'b x unknownTask'])
  })

  it('keeps its rules whatever is bid', () => {
    const id = fc.constantFrom('t0', 't1', 't2', 't3', 'unknown')
    const bid = fc.record({ task: id, confidence: fc.constantFrom(0, 0.25, 0.5, 1) })
    const peers = fc.array(fc.array(bid, { maxLength: 8 }), { maxLength: 4 })
    const tried = fc.array(fc.subarray(['p0', 'p1', 'p2', 'p3']), { maxLength: 4 })
    const rules = fc.record({
      policy: fc.constantFrom('confidence' as const, 'spread' as const),
      capacity: fc.integer({ min: 1, max: 3 }),
      least: fc.constantFrom(0, 0.5),
    })
    fc.assert(
      fc.property(peers, tried, rules, (given, failed, rule) => {
        const open = failed.map((one, index) => ({ id: `t${index}`, tried: one }))
        const all = given.map((one, index) => ({ peer: `p${index}`, bids: one }))
        const { awards, considered } = awardTasks(open, all, rule)
        expect(awardTasks(open, all, rule)).toEqual({ awards, considered })
        expect(considered).toHaveLength(given.flat().length)
        for (const [task, peer] of awards) {
          const won = (one: Considered) => one.peer === peer && one.task === task && one.verdict === 'awarded'
          expect(considered.find(won)?.confidence).toBeGreaterThanOrEqual(rule.least)
          expect(open.find((one) => one.id === task)?.tried).not.toContain(peer)
          expect([...awards.values()].filter((one) => one === peer).length).toBeLessThanOrEqual(rule.capacity)
        }
        // Nobody who has room and would do it goes without while a task stays open.
        for (const { peer, verdict } of considered) {
          if (verdict === 'full') expect([...awards.values()].filter((one) => one === peer)).toHaveLength(rule.capacity)
        }
      }),
    )
  })
})
