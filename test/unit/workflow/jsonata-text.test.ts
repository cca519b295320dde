import fc from 'fast-check'
import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import {
  and,
  at,
  count,
  eq,
  exists,
  gt,
  lower,
  lt,
  not,
  or,
  type Ref,
  reference,
  text,
} from '../../../src/define/expressions.ts'
import type { Json } from '../../../src/schema/json.ts'
import { access, condition, evaluated, literal, render } from '../../../src/workflow/jsonata-text.ts'

const evaluate = async (source: string, bindings: Record<string, unknown> = {}): Promise<unknown> => {
  const value: unknown = await jsonata(source).evaluate(undefined, bindings)
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
const resolve = (_source: unknown, path: readonly (string | number)[]) => path.reduce<string>(access, '$input')
const renderValue = (value: unknown) => render(lower(value), resolve)

describe('literal', () => {
  it('gives back any JSON, and never closes the expression around it', async () => {
    const json = fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)) as Json)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(json, fc.constantFrom<Json>('{% 1 %}', '%}', ['{%'], '"%}"', '\\', -1, -0.5e-9)),
        async (value) => {
          const source = literal(value)

          expect(source).not.toMatch(/\{%|%\}/)
          expect(await evaluate(source)).toEqual(value)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('access', () => {
  it('reads any field name', async () => {
    const names = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('and', 'true', 'a b', '`', '%}', '"', '\\n', 'in'),
    )
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        fc.pre(name !== '__proto__')
        expect(await evaluate(access('$input', name), { input: { [name]: [7] } })).toEqual([7])
      }),
    )
  })
})

describe('render', () => {
  const input = reference<{ list: number[]; nested: number[][]; none?: number; word: string; n: number }>({
    of: 'input',
  })
  const bindings = { input: { list: [1], nested: [[2]], word: 'w', n: 3 } }

  it.each<[string, unknown, unknown]>([
    ['a list of one', input.list, [1]],
    ['a list within a list', [input.list, input.nested, 'x'], [[1], [[2]], 'x']],
    ['an absent element as null', [input.none, 1], [null, 1]],
    ['an absent field as absent', { a: input.none, b: input.n }, { b: 3 }],
    ['an item', at(input.list, 0), 1],
    ['text', text('a', input.word, input.n), 'aw3'],
    ['a count', count(input.list), 1],
    ['equality of structures', eq(input.nested, [[2]]), true],
    ['and, or', and(or(false, gt(input.n, 2)), lt(input.n, 4)), true],
    ['no condition at all', [and(), or()], [true, false]],
    ['not of an absent comparison', not(lt(input.none as Ref<number>, 3)), true],
    ['exists', [exists(input.none as Ref<number>), exists(input.word)], [false, true]],
  ])('%s', async (_, value, expected) => {
    expect(await evaluate(renderValue(value), bindings)).toEqual(expected)
  })

  it('makes a condition false, not an error, where a value is absent', async () => {
    const absent = lower(gt(input.none as Ref<number>, 1))

    expect(await evaluate(condition(absent, resolve), bindings)).toBe(false)
  })

  it('marks what is evaluated', () => {
    expect(evaluated('$x')).toBe('{% $x %}')
  })
})
