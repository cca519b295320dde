import fc from 'fast-check'
import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import { quickExpression } from '../../../src/engine/quick-expression.ts'
import type { Json } from '../../../src/schema/json.ts'

const NAMES = ['a', 'b', 'list', 'run.id', '_jsonata_function'] as const
const name = fc.constantFrom(...NAMES)

const value = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(null, 0, 7, -0, 0.1, 1e21, 123456789012345680, '', 'x', false, true),
    fc.array(tie('tree'), { maxLength: 2 }),
    fc.dictionary(name, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).tree

const literal = fc.constantFrom('"x"', '""', '7', '-1', '0.1', 'null', 'true', 'false')
const path = fc
  .array(name, { maxLength: 3 })
  .map((fields) => ['$v', ...fields.map((field) => (/\W/.test(field) ? `\`${field}\`` : field))].join('.'))

const source = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    path,
    literal,
    fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(${left} & ${right})`),
    fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `${left} = ${right}`),
    fc.tuple(tie('tree'), tie('tree'), tie('tree')).map((parts) => `(${parts[0]}) = "x" ? ${parts[1]} : ${parts[2]}`),
    fc.tuple(tie('tree'), tie('tree')).map(([first, second]) => `{"n": ${first}, "a b": ${second}}`),
    fc.tuple(name, tie('tree')).map(([key, part]) => `{"${key}": ${part}}`),
    // Not understood: as parts of what is.
    fc.constantFrom('$v[0]', '$v.a[b = 1]', '$count($v)', '$v.*', '[$v]', '$v{"a": 1}', '$v^(a)', '$', '$$.a'),
  ),
})).tree

/** As a result is recorded: without JSONata's marks. */
const plain = (result: unknown) => JSON.stringify(result)

describe('quickExpression', () => {
  it('gives what JSONata gives, or nothing', async () => {
    let answered = 0
    const property = fc.asyncProperty(source, value, async (text, v) => {
      const expression = jsonata(text)
      const quick = quickExpression(expression.ast())?.evaluate((variable) => (variable === 'v' ? v : undefined))
      if (quick === undefined) return
      answered += 1
      expect(plain(quick)).toBe(plain(await expression.evaluate(undefined, { v })))
    })
    await fc.assert(property, { numRuns: 3_000 })
    expect(answered).toBeGreaterThan(300)
  })

  it.each([
    ['$v.a', 1],
    ['$v.`run.id` & ":" & $v.a & "/step"', 'r:1/step'],
    ['$v.status = "done" ? $v.a : $sum([1, 2])', 1],
    ['{"status": "done", "run.id": $v.`run.id`}', { status: 'done', 'run.id': 'r' }],
    ['($v.list)', [1]],
  ])('evaluates %s', (text, expected) => {
    const v = { a: 1, 'run.id': 'r', status: 'done', list: [1] }
    expect(quickExpression(jsonata(text).ast())?.evaluate(() => v)).toEqual(expected)
  })

  it.each([
    '$sum([1])',
    '$v.a[0]',
    '$v.*',
    '$',
    '$$.a',
    '$v.a & $count($v)',
    '{"a": 1, "a": 2}',
    '{$v.a: 1}',
    '$v.a.(b)',
    '$v#$i.a',
    '($a := 1)',
    '$v.a[]',
  ])('leaves %s to JSONata', (text) => {
    const v = { a: [{ b: 1 }] }
    expect(quickExpression(jsonata(text).ast())?.evaluate(() => v)).toBeUndefined()
  })
})
