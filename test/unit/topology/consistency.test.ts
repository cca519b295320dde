import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/schema/json.ts'
import { agreement, consistency, cosine, similarity } from '../../../src/topology/consistency.ts'

describe('the cosine of two vectors', () => {
  it.each([
    [
      [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      1 / 3,
    ],
    [
      [
        [1, 0],
        [1, 1],
        [0, 1],
      ],
      0.4714,
    ],
  ] as const)('averages over the pairs of %j to %d', (vectors, expected) => {
    expect(consistency<readonly number[]>(vectors, cosine)).toBeCloseTo(expected, 4)
  })

  it('is 0 for nothing at all, and refuses vectors of two lengths', () => {
    expect(cosine([0, 0], [1, 1])).toBe(0)
    expect(cosine([1, 2], [-1, -2])).toBe(-1)
    expect(() => cosine([1], [1, 2])).toThrow(RangeError)
  })
})

describe('what two answers have in common', () => {
  it.each<[Json, Json, number]>([
    ['The queue keeps messages for four days', 'the queues kept a message four days', 0.8],
    ['', '', 1],
    ['', 'words', 0],
    [null, null, 1],
    [null, [], 0],
    [{ answer: 42 }, { answer: 42 }, 1],
    [{ answer: 42 }, { answer: 43 }, 0],
    [{ approve: true, safe: false }, { approve: false, safe: true }, 0],
    ['apples', 'bridges', 0],
    ['yes', 'no', 0],
  ])('%j and %j: %d', (one, other, expected) => {
    expect(similarity(one, other)).toBeCloseTo(expected, 5)
    expect(similarity(other, one)).toBeCloseTo(expected, 5)
  })

  it('is less than all where one of them denies it', () => {
    expect(similarity('the migration is safe', 'the migration is not safe')).toBeLessThan(0.9)
    expect(similarity("it isn't safe", 'it is not safe')).toBeGreaterThan(similarity("it isn't safe", 'it is safe'))
  })

  it('depends neither on the order of fields nor on their nesting in lists', () => {
    expect(similarity({ a: 1, b: 'two words' }, { b: ['words two'], a: 1 })).toBeCloseTo(1, 10)
  })
})

describe('several answers', () => {
  it('agree where there is one, and not where each says something else', () => {
    expect(consistency(['anything'])).toBe(1)
    expect(consistency([])).toBe(1)
    expect(consistency(['apples', 'apples', 'bridges'])).toBeCloseTo(1 / 3, 10)
  })

  it('are compared with one answer, each by itself', () => {
    expect(agreement('apples', ['apples', 'bridges', 'apples', 'clocks'])).toBe(0.5)
    expect(agreement('apples', [])).toBe(1)
    expect(
      agreement(
        [1, 0] as readonly number[],
        [
          [1, 0],
          [0, 1],
        ],
        cosine,
      ),
    ).toBe(0.5)
  })
})
