/** A machine that goes through everything that must survive a crash, with functions that can tell how often they ran. */
import { FunctionError } from '../../../../src/engine/state-error.ts'
import type { Json } from '../../../../src/schema/json.ts'
import { type Fn, invoke, machine } from './harness.ts'

export const CHILD_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:child'
export const CHILD: Json = machine('Inner', { Inner: invoke('double', { key: 'child', n: '{% $states.input.n %}' }) })

const body = (name: string, key: string): { readonly [name: string]: Json } => ({
  [name]: invoke('double', { key: `{% '${key}-' & $states.input %}`, n: '{% $states.input %}' }),
})

export const DURABLE: Json = machine('First', {
  First: invoke(
    'double',
    { key: 'first', n: 1 },
    { Assign: { start: '{% $states.result.Payload.n %}', at: '{% $uuid() %}' }, Next: 'Both' },
  ),
  Both: {
    Type: 'Parallel',
    Branches: [
      {
        StartAt: 'Flaky',
        States: {
          Flaky: invoke(
            'flaky',
            {
              key: '{% "flaky-" & $states.context.State.RetryCount %}',
              retry: '{% $states.context.State.RetryCount %}',
            },
            { Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 3 }] },
          ),
        },
      },
      {
        StartAt: 'Pause',
        States: { Pause: { Type: 'Wait', Seconds: 5, Next: 'After' }, After: invoke('double', { key: 'after', n: 3 }) },
      },
    ],
    Output: { sum: '{% $sum($states.result.n) %}', start: '{% $start %}' },
    Next: 'Each',
  },
  Each: {
    Type: 'Map',
    Items: [1, 2, 3],
    MaxConcurrency: 2,
    ItemSelector: '{% $states.context.Map.Item.Value * 10 + $start %}',
    ItemProcessor: { StartAt: 'Item', States: body('Item', 'item') },
    Output: { sum: '{% $states.input.sum + $sum($states.result.n) %}' },
    Next: 'Wide',
  },
  Wide: {
    Type: 'Map',
    Items: [5, 6],
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Far',
      States: body('Far', 'far'),
    },
    Output: { sum: '{% $states.input.sum + $sum($states.result.n) %}' },
    Next: 'Child',
  },
  Child: {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Arguments: { StateMachineArn: CHILD_ARN, Input: { n: 50 } },
    Output: { sum: '{% $states.input.sum + $states.result.Output.n %}', round: 0 },
    Next: 'Loop',
  },
  Loop: invoke(
    'double',
    { key: '{% "loop-" & $states.input.round %}', n: '{% $states.input.round %}' },
    {
      Output: { sum: '{% $states.input.sum + $states.result.Payload.n %}', round: '{% $states.input.round + 1 %}' },
      Next: 'Again',
    },
  ),
  Again: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.round < 3 %}', Next: 'Loop' }], Default: 'Broken' },
  Broken: invoke(
    'broken',
    { key: 'broken' },
    {
      Catch: [
        {
          ErrorEquals: ['States.ALL'],
          Output: { sum: '{% $states.input.sum %}', error: '{% $states.errorOutput.Error %}' },
          Next: 'Done',
        },
      ],
    },
  ),
  Done: { Type: 'Succeed' },
})

export const DURABLE_OUTPUT: Json = { sum: 267, error: 'Broken' }

/** @param onCall Called with the key of each call when it starts. */
export function durableFunctions(onCall: (key: string) => void): Readonly<Record<string, Fn>> {
  const called = (payload: Json) => {
    const given = payload as { readonly key: string; readonly n: number; readonly retry: number }
    onCall(given.key)
    return given
  }
  return {
    double: (payload) => ({ n: called(payload).n * 2 }),
    flaky(payload) {
      if (called(payload).retry === 0) throw new FunctionError('Flaky', 'not the first time')
      return { n: 1 }
    },
    broken(payload) {
      called(payload)
      throw new FunctionError('Broken', 'never')
    },
  }
}
