import { describe, expect, it } from 'vitest'
import { type HistoryStore, openHistory } from '../../../src/engine/history-store.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import type { Json } from '../../../src/schema/json.ts'
import { crashingStore } from './support/crashing-store.ts'
import { type Fn, type Harness, harness, invoke, labelsOf, MACHINE_ARN, machine } from './support/harness.ts'

/** Sleeps, then fails where it is told to. */
const work: Fn = async (payload, { clock, signal }) => {
  const { seconds, fails } = payload as { readonly seconds: number; readonly fails?: boolean }
  await clock.sleep(seconds * 1_000, signal)
  if (fails) throw new FunctionError('Boom', `after ${seconds} s`)
  return seconds
}
const item = invoke('work', { seconds: '{% $states.input %}', fails: '{% $states.input = 2 %}' })
const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'End' }] }
const end: Json = { Type: 'Succeed' }

const CASES: readonly (readonly [string, Json])[] = [
  [
    'a Map whose second item fails, retried once, then caught',
    machine('M', {
      M: {
        ...{
          Type: 'Map',
          Items: [5, 2, 1, 7],
          MaxConcurrency: 2,
          ItemProcessor: { StartAt: 'W', States: { W: item } },
        },
        ...{ Retry: [{ ErrorEquals: ['Boom'], MaxAttempts: 1 }], ...caught, Next: 'End' },
      },
      End: end,
    }),
  ],
  [
    'a Parallel with a Map in one branch, a Parallel in another, and a third that fails',
    machine('P', {
      P: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Slow',
            States: {
              Slow: { Type: 'Map', Items: [4, 3], ItemProcessor: { StartAt: 'W', States: { W: item } }, End: true },
            },
          },
          {
            StartAt: 'Deep',
            States: {
              Deep: {
                Type: 'Parallel',
                Branches: [{ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 9, End: true } } }],
                End: true,
              },
            },
          },
          {
            StartAt: 'A',
            States: {
              A: invoke('work', { seconds: 1 }, { Next: 'B' }),
              B: invoke('work', { seconds: 1, fails: true }),
            },
          },
        ],
        ...caught,
        Next: 'End',
      },
      End: end,
    }),
  ],
  [
    'a distributed Map that goes over its tolerance',
    machine('M', {
      M: {
        ...{ Type: 'Map', Items: [5, 2, 2, 7], ToleratedFailureCount: 1 },
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'W', States: { W: item } },
        ...{ ...caught, Next: 'End' },
      },
      End: end,
    }),
  ],
  [
    'a state whose Output cannot be evaluated, in a loop with a counter',
    machine('T', {
      T: invoke(
        'work',
        { seconds: 1 },
        {
          ...{ Output: '{% $nothing %}', Assign: { n: 1 } },
          Catch: [
            {
              ErrorEquals: ['States.QueryEvaluationError'],
              Assign: { n: '{% $exists($n) ? $n + 1 : 1 %}' },
              Output: {},
              Next: 'C',
            },
          ],
        },
      ),
      C: { Type: 'Choice', Choices: [{ Condition: '{% $n < 3 %}', Next: 'T' }], Default: 'End' },
      End: { Type: 'Succeed', Output: '{% $n %}' },
    }),
  ],
  [
    'a token with a heartbeat, answered at once, and one that times out',
    machine('Ask', {
      Ask: {
        ...{
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          HeartbeatSeconds: 60,
          Next: 'Wait',
        },
        Arguments: { FunctionName: 'answer', Payload: '{% $states.context.Task.Token %}' },
      },
      Wait: {
        ...{
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          TimeoutSeconds: 30,
          ...caught,
          Next: 'End',
        },
        Arguments: { FunctionName: 'ignore', Payload: '{% $states.context.Task.Token %}' },
      },
      End: end,
    }),
  ],
]

function engineOn(history: HistoryStore): Harness {
  const made: Harness = harness({
    history,
    functions: {
      work,
      ignore: () => null,
      answer(token) {
        setImmediate(() => made.engine.sendTaskSuccess(String(token), 'yes').catch(() => undefined))
        return null
      },
    },
  })
  return made
}

describe.each(CASES)('%s', (_what, definition) => {
  const start = { name: 'run', machineArn: MACHINE_ARN, definition, input: {} }

  it('ends the same from any commit on, and keeps what is recorded', async () => {
    const counting = crashingStore(
      openHistory({ path: ':memory:', synchronous: 'NORMAL' }),
      Number.POSITIVE_INFINITY,
      'before',
    )
    const plain = engineOn(counting)
    const expected = await (await plain.engine.start(start)).done
    expect(expected.status).toBe('SUCCEEDED')
    const last = labelsOf(plain.engine.history('run')).slice(-3)
    let crashes = 0
    for (let at = 2; at <= counting.commits(); at++) {
      for (const when of ['before', 'after'] as const) {
        const store = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
        const dying = crashingStore(store, at, when)
        const died = await engineOn(dying)
          .engine.start(start)
          .then(({ done }) => done)
          .catch((error: Error) => error.message)
        if (typeof died !== 'string' || store.find('run') === undefined) continue
        crashes++
        const { engine } = engineOn(store)
        const recorded = engine.history('run')
        const result = await (await engine.resume('run')).done
        expect(result, `${when} commit ${at}`).toEqual(expected)
        const events = engine.history('run')
        expect(events.slice(0, recorded.length), `${when} commit ${at}`).toEqual(recorded)
        expect(labelsOf(events).slice(-3), `${when} commit ${at}`).toEqual(last)
        expect(
          engine.list('').every(({ status }) => status !== 'RUNNING'),
          `${when} commit ${at}`,
        ).toBe(true)
      }
    }
    expect(crashes).toBeGreaterThan(4)
  })
})
