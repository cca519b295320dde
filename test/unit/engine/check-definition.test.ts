import { describe, expect, it } from 'vitest'
import { checkDefinition, describeFaults } from '../../../src/engine/check-definition.ts'
import { InvalidStateMachine } from '../../../src/engine/engine.ts'
import type { Json } from '../../../src/schema/json.ts'
import { harness, invoke, machine } from './support/harness.ts'

const pass = { Type: 'Pass', End: true }
const one = (state: Json) => machine('S', { S: state })
const wait = (more: object): Json => one({ Type: 'Wait', End: true, ...more } as Json)
const map = (more: object): Json =>
  one({ Type: 'Map', ItemProcessor: { StartAt: 'I', States: { I: pass } }, End: true, ...more } as Json)

describe('checkDefinition', () => {
  it.each<[string, Json, string, RegExp]>([
    ['no object', [], '/', /must be an object/],
    ['no States', { StartAt: 'A' }, '/', /These fields are required: \[States\]/],
    [
      'unknown start',
      { QueryLanguage: 'JSONata', StartAt: 'X', States: { S: pass } },
      '/StartAt',
      /Missing 'StartAt' target: X/,
    ],
    ['unknown target', one({ Type: 'Pass', Next: 'X' }), '/States/S/Next', /Missing 'Next' target: X/],
    ['neither Next nor End', one({ Type: 'Pass' }), '/States/S', /either 'Next' or 'End'/],
    ['unknown type', one({ Type: 'Sleep', End: true }), '/States/S/Type', /'Sleep' is not one of/],
    ['unknown field', one({ ...pass, Colour: 'red' }), '/States/S/Colour', /'Colour' is not known for a Pass state/],
    [
      'JSONPath field',
      one({ ...pass, InputPath: '$.a' }),
      '/States/S/InputPath',
      /JSONPath dialect, which is not supported/,
    ],
    [
      'JSONPath state',
      { StartAt: 'S', States: { S: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true } } },
      '/States/S',
      /set "QueryLanguage": "JSONata"/,
    ],
    [
      'JSONPath Assign',
      { StartAt: 'S', States: { S: { ...pass, Assign: { 'a.$': '$' } } } },
      '/States/S/Assign',
      /JSONPath in Assign/,
    ],
    [
      'unknown resource',
      one({ Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true }),
      '/States/S/Resource',
      /'arn:aws:states:::sqs:sendMessage' is not supported here/,
    ],
    [
      'unknown argument',
      one(invoke('f', {}, { Arguments: { FunctionName: 'f', InvocationType: 'Event' } })),
      '/States/S/Arguments/InvocationType',
      /not known for this resource/,
    ],
    ['missing argument', one(invoke('f', {}, { Arguments: {} })), '/States/S/Arguments', /required: \[FunctionName\]/],
    [
      'EXPRESS children',
      map({
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
          StartAt: 'I',
          States: { I: pass },
        },
      }),
      '/States/S/ItemProcessor/ProcessorConfig/ExecutionType',
      /^EXPRESS executions are not supported here/,
    ],
    [
      'a heartbeat no shorter than the timeout',
      one(invoke('f', {}, { TimeoutSeconds: 60, HeartbeatSeconds: 60 })),
      '/States/S/HeartbeatSeconds',
      /^HeartbeatSeconds \(60\) must be smaller than TimeoutSeconds \(60\)$/,
    ],
    [
      'unreachable state',
      machine('S', { S: pass, T: { Type: 'Pass', Next: 'S' } }),
      '/States/T',
      /^MISSING_TRANSITION_TARGET: State "T" is not reachable\.$/,
    ],
    [
      'unreachable state of a branch',
      map({ ItemProcessor: { StartAt: 'I', States: { I: pass, J: pass } } }),
      '/States/S/ItemProcessor/States/J',
      /State "J" is not reachable/,
    ],
    ['ItemReader', map({ ItemReader: {} }), '/States/S/ItemReader', /pass the items in through Items/],
    ['ResultWriter', map({ ResultWriter: {} }), '/States/S/ResultWriter', /not supported/],
    ['inline batches', map({ ItemBatcher: { MaxItemsPerBatch: 1 } }), '/States/S/ItemBatcher', /DISTRIBUTED/],
    ['bad JSONata', one({ ...pass, Output: '{% $states. %}' }), '/States/S/Output', /has a syntax error/],
    ['open JSONata', one({ ...pass, Output: '{% 1' }), '/States/S/Output', /must end with '%}'/],
    ['$eval', one({ ...pass, Output: '{% $eval("1") %}' }), '/States/S/Output', /\$eval is not available/],
    ['reserved variable', one({ ...pass, Assign: { states: 1 } }), '/States/S/Assign/states', /reserved/],
    ['bad variable', one({ ...pass, Assign: { 'a-b': 1 } }), '/States/S/Assign/a-b', /name of a variable/],
    [
      'bad timestamp',
      wait({ Timestamp: '2026-01-01 00:00:00Z' }),
      '/States/S/Timestamp',
      /String does not match RFC3339 timestamp/,
    ],
    ['too long', wait({ Seconds: 2_147_483_648 }), '/States/S/Seconds', /at most 2147483647/],
    [
      'States.ALL early',
      one(invoke('f', {}, { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }] })),
      '/States/S/Retry[0]/ErrorEquals',
      /last one/,
    ],
    [
      'bad retrier',
      one(invoke('f', {}, { Retry: [{ ErrorEquals: ['X'], BackoffRate: 0.5 }] })),
      '/States/S/Retry[0]/BackoffRate',
      /at least 1/,
    ],
    ['no rules', one({ Type: 'Choice', Choices: [] }), '/States/S/Choices', /at least one rule/],
    [
      'missing rule target',
      one({ Type: 'Choice', Choices: [{ Condition: true, Next: 'X' }] }),
      '/States/S/Choices[0]/Next',
      /target: X/,
    ],
  ])('refuses %s', (_what, definition, path, message) => {
    const faults = checkDefinition(definition)
    expect(faults).toContainEqual({ path, message: expect.stringMatching(message) })
  })

  it('refuses an assignment to a variable of an outer scope, and allows the same name afterwards', () => {
    const inner = (name: string) => ({ StartAt: 'I', States: { I: { ...pass, Assign: { [name]: 1 } } } })
    const definition = machine('A', {
      A: { Type: 'Pass', Assign: { before: 1 }, Next: 'P' },
      P: { Type: 'Parallel', Branches: [inner('before')], Next: 'B' },
      B: { Type: 'Pass', Assign: { after: 1 }, End: true },
    })
    expect(checkDefinition(definition)).toEqual([
      { path: '/States/P/Branches[0]/States/I/Assign/before', message: expect.stringMatching(/outer scope/) },
    ])
    const allowed = machine('P', { P: { Type: 'Parallel', Branches: [inner('x')], Assign: { x: 2 }, End: true } })
    expect(checkDefinition(allowed)).toEqual([])
  })

  it('refuses a name that is used twice, wherever', () => {
    const definition = machine('S', {
      S: { Type: 'Parallel', Branches: [{ StartAt: 'S', States: { S: pass } }], End: true },
    })
    expect(checkDefinition(definition)[0]).toMatchObject({ message: expect.stringMatching(/DUPLICATE_STATE_NAME/) })
  })

  it('takes states that mean the same in either language', () => {
    const States = {
      A: { Type: 'Pass', Assign: { a: 1 }, Next: 'W' },
      W: { Type: 'Wait', Seconds: 0, Next: 'D' },
      D: { Type: 'Succeed' },
    }
    expect(checkDefinition({ StartAt: 'A', States })).toEqual([])
  })

  it('knows what a host adds', () => {
    const definition = one({ Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true })
    const sqs = {
      resource: 'arn:aws:states:::sqs:*',
      service: 'sqs',
      action: 'sendMessage',
      pattern: 'response',
      call: async () => null,
    } as const
    expect(checkDefinition(definition, [sqs])).toEqual([])
  })

  it('speaks like AWS, and start refuses in the same words before anything is stored', async () => {
    const definition = one({ Type: 'Pass', Next: 'X' })
    const text = describeFaults(checkDefinition(definition))
    expect(text).toBe(
      "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/S/Next'",
    )
    const { run, engine } = harness()
    await expect(run(definition)).rejects.toThrow(InvalidStateMachine)
    await expect(run(definition)).rejects.toThrow(text)
    expect(engine.list('')).toEqual([])
  })
})
