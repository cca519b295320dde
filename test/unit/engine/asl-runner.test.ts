import { describe, expect, it } from 'vitest'
import { runCase } from '../../../scripts/asl/run-case.ts'
import { openHistory } from '../../../src/engine/history-store.ts'
import { invoke, machine } from './support/harness.ts'

const ARN = 'arn:aws:lambda:us-east-1:111111111111:function:f'
const run = (definition: Parameters<typeof machine>[1], lambdas = {}) =>
  runCase(
    { name: 'c', definition: machine('T', definition), input: { in: 1 }, lambdas },
    openHistory({ path: ':memory:', synchronous: 'NORMAL' }),
  )

describe('the conformance runner', () => {
  it('answers with status, output and labelled events', async () => {
    const ItemProcessor = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } }
    const answer = await run({ T: { Type: 'Map', Items: [1], ItemProcessor, End: true } })
    expect(answer).toMatchObject({ name: 'c', status: 'SUCCEEDED', output: [1] })
    expect((answer as { events: string[] }).events).toContain('MapIterationStarted:T#0')
  })

  it.each([
    [{ kind: 'echo' }, { status: 'SUCCEEDED', output: { a: 1 } }],
    [
      { kind: 'return', value: 2 },
      { status: 'SUCCEEDED', output: 2 },
    ],
    [
      { kind: 'return_text', char: 'a', length: 3 },
      { status: 'SUCCEEDED', output: 'aaa' },
    ],
    [
      { kind: 'prefix', prefix: '> ' },
      { status: 'SUCCEEDED', output: '> {"a":1}' },
    ],
    [
      { kind: 'raise', payload: { errorType: 'E', errorMessage: 'm' } },
      { status: 'FAILED', error: 'E', cause: '{"errorType":"E","errorMessage":"m"}' },
    ],
    [
      { kind: 'sleep', seconds: 86_400, then: { kind: 'echo' } },
      { status: 'SUCCEEDED', output: { a: 1 } },
    ],
  ])('knows functions that do %j', async (behaviour, expected) => {
    expect(await run({ T: invoke('f', { a: 1 }) }, { [ARN]: behaviour })).toMatchObject(expected)
  })

  it('says that a function does not exist, as AWS does', async () => {
    expect(await run({ T: invoke(ARN, {}) })).toMatchObject({
      error: 'Lambda.ResourceNotFoundException',
      cause: expect.stringContaining(`Function not found: ${ARN}:$LATEST (Service: AWSLambda; Status Code: 404;`),
    })
  })

  it('says that a definition is refused', async () => {
    expect(await run({ T: { Type: 'Pass', InputPath: '$', End: true } })).toMatchObject({
      status: 'INVALID_DEFINITION',
      cause: expect.stringMatching(/SCHEMA_VALIDATION_FAILED: .* at \/States\/T\/InputPath/),
    })
  })
})
