/**
 * State machines in ASL, to hold the engine against Step Functions beyond what the patterns compile to. Their one function
 * does what its payload says, and is the same text on both hosts.
 */
import type { Json } from '../../src/schema/json.ts'

/** What the name of the function is on either host: goes in as the machine's input. */
const INVOKE = 'arn:aws:states:::lambda:invoke'

/** Runs as it stands in Lambda and, imported, on the engine. `fail`: an error of this name, the first `times` times. */
export const FUNCTION_CODE = `
export async function handler({ value = null, fail, times = Infinity, retry = 0 }) {
  if (fail === undefined || retry >= times) return { value }
  throw Object.assign(new Error('told to fail with ' + fail), { name: fail })
}
`

interface Machine {
  readonly definition: Json
  readonly input: Json
}

export const MACHINES: Readonly<Record<string, Machine>> = {
  joins: {
    input: { items: [3, 1, 2] },
    definition: machine('Both', {
      Both: {
        Type: 'Parallel',
        Assign: { kept: '{% $states.input.items[0] %}' },
        Branches: [
          {
            StartAt: 'Left',
            States: { Left: { Type: 'Pass', Output: '{% $count($states.input.items) %}', End: true } },
          },
          {
            StartAt: 'Right',
            States: { Right: { Type: 'Wait', Seconds: 1, Next: 'Each' }, Each: each({ Type: 'Pass', End: true }) },
          },
        ],
        Next: 'Last',
      },
      Last: { Type: 'Succeed', Output: '{% {"both": $states.input, "kept": $kept} %}' },
    }),
  },
  retriesThenCatches: {
    input: {},
    definition: machine('Flaky', {
      Flaky: task(
        { value: 1, fail: 'Flaky', times: 2, retry: '{% $states.context.State.RetryCount %}' },
        { Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 1 }], Next: 'Broken' },
      ),
      Broken: task(
        { fail: 'Broken' },
        {
          Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1 }],
          Catch: [
            { ErrorEquals: ['Other'], Next: 'Done' },
            { ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'Done' },
          ],
          Next: 'Done',
        },
      ),
      Done: { Type: 'Succeed' },
    }),
  },
  exhausts: {
    input: {},
    definition: machine('Flaky', {
      Flaky: task(
        { fail: 'Flaky' },
        { Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1, MaxAttempts: 2, BackoffRate: 1 }], End: true },
      ),
    }),
  },
  failsInAMap: {
    input: { items: [1] },
    definition: machine('Each', {
      Each: {
        ...each(task({ fail: 'Broken' }, { End: true })),
        Catch: [{ ErrorEquals: ['Broken'], Output: '{% $states.errorOutput.Error %}', Next: 'Done' }],
        ...{ End: undefined, Next: 'Done' },
      },
      Done: { Type: 'Succeed' },
    }),
  },
  failsInABranch: {
    input: {},
    definition: machine('Both', {
      Both: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'Broken', States: { Broken: { Type: 'Fail', Error: 'Broken', Cause: 'told to' } } }],
        Catch: [{ ErrorEquals: ['Broken'], Output: '{% $states.errorOutput %}', Next: 'Done' }],
        End: true,
      },
      Done: { Type: 'Succeed' },
    }),
  },
  chooses: {
    input: { n: 2 },
    definition: machine('Choose', {
      Choose: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n = 1 %}', Next: 'One' },
          { Condition: '{% $states.input.n > 1 %}', Assign: { many: true }, Output: { n: 'many' }, Next: 'Many' },
        ],
        Default: 'One',
      },
      One: { Type: 'Fail', Error: 'Wrong' },
      Many: { Type: 'Pass', Output: '{% $states.input.n & $string($many) %}', End: true },
    }),
  },
  choosesWhatDefaultLeadsTo: {
    input: { n: 2 },
    definition: machine('Choose', {
      Choose: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.n > 1 %}', Output: { chosen: 'rule' }, Next: 'Last' }],
        Default: 'Last',
        Assign: { by: 'default' },
        Output: { chosen: 'default' },
      },
      Last: { Type: 'Pass', Output: '{% {"input": $states.input} %}', End: true },
    }),
  },
  evaluates: {
    input: { id: 'a"b\\c' },
    definition: machine('Hash', {
      Hash: {
        Type: 'Pass',
        Assign: { id: '{% $states.input.id %}' },
        Output: '{% {"hash": $substring($hash($states.input.id, "SHA-256"), 0, 12), "parsed": $parse("[1]") } %}',
        Next: 'Read',
      },
      Read: {
        Type: 'Pass',
        Output: '{% {"id": $id, "range": $range(1, 5, 2), "hash": $states.input.hash} %}',
        End: true,
      },
    }),
  },
  failsToEvaluate: {
    input: {},
    definition: machine('Bad', { Bad: { Type: 'Pass', Output: '{% $states.input.missing.deeper %}', End: true } }),
  },
}

/** The function is told its task token and does not answer; whoever holds the token does. */
export const TOKEN_MACHINE: Json = machine('Ask', {
  Ask: {
    Type: 'Task',
    Resource: `${INVOKE}.waitForTaskToken`,
    Arguments: {
      FunctionName: '{% $states.context.Execution.Input.functionName %}',
      Payload: { value: '{% $states.context.Task.Token %}' },
    },
    Catch: [{ ErrorEquals: ['Refused'], Output: '{% $states.errorOutput %}', Next: 'No' }],
    Next: 'Yes',
  },
  Yes: { Type: 'Pass', Output: { answered: '{% $states.input %}' }, End: true },
  No: { Type: 'Pass', Output: { refused: '{% $states.input.Cause %}' }, End: true },
})

/** For StopExecution. */
export const WAITING_MACHINE: Json = machine('Wait', { Wait: { Type: 'Wait', Seconds: 3_600, End: true } })

function machine(startAt: string, states: { readonly [name: string]: unknown }): Json {
  const plain = JSON.parse(JSON.stringify(states)) as Json
  return { QueryLanguage: 'JSONata', StartAt: startAt, States: plain }
}

function task(payload: Json, more: { readonly [field: string]: unknown }) {
  const Arguments = { FunctionName: '{% $states.context.Execution.Input.functionName %}', Payload: payload }
  return { Type: 'Task', Resource: INVOKE, Arguments, Output: '{% $states.result.Payload %}', ...more }
}

function each(body: unknown) {
  return {
    Type: 'Map',
    Items: '{% $states.input.items %}',
    MaxConcurrency: 1,
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Item', States: { Item: body } },
    End: true,
  }
}
