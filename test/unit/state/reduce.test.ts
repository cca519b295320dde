/** What writes come to, by reducer: a table of cases, and the laws that hold for all of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../src/audit/canonical.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { StateReducer } from '../../../src/schema/state.ts'
import { reduceState } from '../../../src/state/reduce.ts'

const CASES: readonly [StateReducer, Json | undefined, readonly Json[], Json][] = [
  ['replace', undefined, [], null],
  ['replace', 'a', [], 'a'],
  ['replace', 'a', ['b', null], null],
  ['replace', undefined, [{ a: 1 }, { b: 2 }], { b: 2 }],
  ['append', undefined, [], []],
  ['append', undefined, [[1], [], [2, 1]], [1, 2, 1]],
  ['append', [0], [[[1]]], [0, [1]]],
  ['union', undefined, [], []],
  [
    'union',
    undefined,
    [
      ['b', 'a'],
      ['a', 'c', 'c'],
    ],
    ['b', 'a', 'c'],
  ],
  ['union', [{ a: 1, b: 2 }], [[{ b: 2, a: 1 }, { a: 1 }]], [{ a: 1, b: 2 }, { a: 1 }]],
  ['union', undefined, [[1, '1', 1.0]], [1, '1']],
  ['merge', undefined, [], {}],
  ['merge', { a: 1 }, [{ b: 2 }, { a: 3 }], { a: 3, b: 2 }],
  ['merge', undefined, [{ a: { x: 1 } }, { a: { y: 2 } }], { a: { y: 2 } }],
  ['merge', undefined, [JSON.parse('{"__proto__": {"x": 1}}')], JSON.parse('{"__proto__": {"x": 1}}')],
  ['max', undefined, [], null],
  ['max', undefined, [3, -1, 2], 3],
  ['max', 5, [3], 5],
  ['max', undefined, ['2026-01-02', '2026-01-10', '2025-12-31'], '2026-01-10'],
]

describe('a reducer', () => {
  it.each(CASES)('%s of %j and %j is %j', (reducer, initial, deltas, value) => {
    const rules = { reducer, ...(initial !== undefined && { initial }) }
    expect(canonicalJson(reduceState(rules, deltas))).toBe(canonicalJson(value))
  })

  it.each<[StateReducer, Json]>([
    ['append', 'a'],
    ['union', { a: 1 }],
    ['merge', [1]],
    ['max', [1]],
  ])('%s takes no %j', (reducer, delta) => {
    expect(() => reduceState({ reducer, initial: reducer === 'max' ? 1 : undefined }, [delta])).toThrow(TypeError)
  })

  it('changes neither the initial value nor what was written', () => {
    const rules = { reducer: 'append', initial: Object.freeze([1]) } as const
    const deltas = [Object.freeze([2]), Object.freeze([3])]
    expect([reduceState(rules, deltas), reduceState(rules, deltas)]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
  })

  it('gives the same whatever the order, but for what the order is: union, max', () => {
    const lists = fc.array(fc.array(fc.oneof(fc.integer(), fc.string())), { maxLength: 6 })
    fc.assert(
      fc.property(lists, (deltas) => {
        const sorted = (value: Json) => (value as Json[]).map((item) => canonicalJson(item)).sort()
        const [one, other] = [deltas, deltas.toReversed()].map((each) => reduceState({ reducer: 'union' }, each))
        expect(sorted(one ?? null)).toEqual(sorted(other ?? null))
        const numbers = deltas.flat().filter((item) => typeof item === 'number')
        const largest = numbers.length === 0 ? null : Math.max(...numbers)
        expect(reduceState({ reducer: 'max' }, numbers.toReversed())).toBe(largest)
      }),
    )
  })
})
