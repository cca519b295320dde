import { describe, expect, it } from 'vitest'
import { compileExpression, type Evaluation } from '../../../src/engine/expression.ts'
import type { Json } from '../../../src/schema/json.ts'
import { harness, machine } from './support/harness.ts'

const functions = { now: () => Date.parse('2026-01-01T00:00:00Z'), random: () => 0.25 }

async function evaluate(source: string, variables: Readonly<Record<string, Json>> = {}): Promise<Evaluation> {
  const scope = {
    states: { input: { list: [1, 2], one: [1] } },
    variable: (name: string) => variables[name],
    isKnown: () => false,
  }
  const expression = compileExpression(source, functions)
  const evaluation = await expression.evaluate(scope)
  const quick = expression.quickly(scope)
  if (quick !== undefined) expect(evaluation).toEqual({ kind: 'value', value: quick })
  return evaluation
}

describe('expressions', () => {
  it.each<[string, Json]>([
    ['$partition([1, 2, 3], 2)', [[1, 2], [3]]],
    ['$partition([0], 2)', [[0]]],
    ['$range(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['$range(1, 9, 9)', 1],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$hash("a", "SHA-256")', 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['$hash("a", "MD5")', '0cc175b9c0f1b6a831c399e269772661'],
    ['$random()', 0.25],
    ['$random(7) = $random(7)', true],
    ['$length($uuid())', 36],
    ['$parse("{\\"a\\": [1]}")', { a: [1] }],
    ['$now()', '2026-01-01T00:00:00.000Z'],
    ['$now("[Y]")', '2026'],
    ['$millis()', 1_767_225_600_000],
    ['$states.input.list', [1, 2]],
    ['$states.input.one', [1]],
    ['$v', 4],
    ['$v.w', 5],
    ['[1, [2, 3]]', [1, [2, 3]]],
    ['{"a": [1], "b": $states.input.nothing}', { a: [1] }],
  ])('%s', async (source, value) => {
    const variables: Record<string, Json> = source === '$v.w' ? { v: { w: 5 } } : { v: 4 }
    expect(await evaluate(source, variables)).toEqual({ kind: 'value', value })
  })

  it.each([
    ['$nothing', /^returned nothing \(undefined\)\.$/],
    ['$', /^returned nothing/],
    ['$$', /^returned nothing/],
    ['input', /^returned nothing/],
    ['$sum', /^returned an unsupported result type\.$/],
    ['{"f": function($x){$x}}', /^returned an unsupported result type\.$/],
    ['1("x")', /^threw an error during evaluation\. T1006: Attempted to invoke a non-function$/],
    ['$eval("1")', /T1006/],
    ['$range(1, 9, 0)', /step other than 0/],
    ['$hash("a", "CRC")', /SHA-512, got CRC/],
    ['$parse("{")', /threw an error during evaluation/],
  ])('%s fails', async (source, what) => {
    expect(await evaluate(source)).toEqual({ kind: 'failure', what: expect.stringMatching(what) })
  })

  it('leave no marks of JSONata on arrays', async () => {
    const result = await evaluate('{"deep": [[$states.input.list[$ > 0]], [$states.input.one]]}')
    const deep = (result as unknown as { value: { deep: Json[] } }).value.deep
    for (const list of [deep, deep[1] as Json[]])
      expect(Reflect.ownKeys(list).filter((key) => !/^\d+$/.test(String(key)))).toEqual(['length'])
  })

  it('of one state all see the values at its entry', async () => {
    const definition = machine('A', {
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'C' },
      C: { Type: 'Pass', Output: { before: '{% $states.input %}', x: '{% $x %}', y: '{% $y %}' }, End: true },
    })
    expect((await harness().run(definition)).result).toEqual({ status: 'SUCCEEDED', output: { before: 1, x: 2, y: 1 } })
  })

  it('inside a Map read outer variables; what is assigned there is gone afterwards', async () => {
    const body = {
      I: { Type: 'Pass', Assign: { inner: '{% $outer + $states.input %}' }, Next: 'J' },
      J: { Type: 'Pass', Output: '{% $inner %}', End: true },
    }
    const definition = machine('A', {
      A: { Type: 'Pass', Assign: { outer: 10 }, Next: 'M' },
      M: { Type: 'Map', Items: [1, 2], ItemProcessor: { StartAt: 'I', States: body }, Next: 'Z' },
      Z: { Type: 'Pass', Output: { result: '{% $states.input %}', gone: '{% $exists($inner) %}' }, End: true },
    })
    expect((await harness().run(definition)).result).toEqual({
      status: 'SUCCEEDED',
      output: { result: [11, 12], gone: false },
    })
  })

  it('see the context', async () => {
    const definition = machine('A', { A: { Type: 'Pass', Output: '{% $states.context %}', End: true } })
    const { result } = await harness().run(definition, { in: 1 })
    expect(result).toMatchObject({
      output: {
        Execution: {
          Id: 'arn:aws:states:us-east-1:000000000000:execution:test:run',
          Input: { in: 1 },
          Name: 'run',
          StartTime: '2026-01-01T00:00:00.000Z',
          RedriveCount: 0,
        },
        StateMachine: { Id: 'arn:aws:states:us-east-1:000000000000:stateMachine:test', Name: 'test' },
        State: { EnteredTime: '2026-01-01T00:00:00.000Z', Name: 'A' },
      },
    })
  })

  it('that never end are ended', async () => {
    expect(await evaluate('($f := function($n){ $f($n + 1) }; $f(0))')).toMatchObject({
      kind: 'failure',
      what: expect.stringMatching(/D1012/),
    })
  }, 20_000)
})
