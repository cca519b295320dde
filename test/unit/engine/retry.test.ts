import { describe, expect, it } from 'vitest'
import type { Retrier } from '../../../src/engine/program.ts'
import { delayFor, matches } from '../../../src/engine/recover.ts'
import { FunctionError, StateError } from '../../../src/engine/state-error.ts'
import { harness, invoke, machine } from './support/harness.ts'

const retrier = (more: Partial<Retrier> = {}): Retrier => ({
  errors: ['States.ALL'],
  intervalSeconds: 1,
  maxAttempts: 3,
  backoffRate: 2,
  maxDelaySeconds: undefined,
  jitter: 'NONE',
  ...more,
})
const boom = new StateError('Boom', 'cause')

function delays(retriers: readonly Retrier[], errors: readonly StateError[], random = () => 0.5) {
  const used = retriers.map(() => 0)
  return errors.map((error) => delayFor(retriers, used, error, random))
}

describe('delayFor', () => {
  it('backs off by the defaults and ends after three attempts', () => {
    expect(delays([retrier()], [boom, boom, boom, boom])).toEqual([1, 2, 4, undefined])
  })
  it('caps the delay, then spreads it over all of it', () => {
    const capped = retrier({ intervalSeconds: 10, maxDelaySeconds: 15, maxAttempts: 5, jitter: 'FULL' })
    expect(delays([capped], [boom, boom, boom], () => 0.5)).toEqual([5, 7.5, 7.5])
  })
  it('counts for each retrier; the first that matches decides, also that there is no retry', () => {
    const retriers = [
      retrier({ errors: ['Once'], maxAttempts: 1 }),
      retrier({ errors: ['Never'], maxAttempts: 0 }),
      retrier(),
    ]
    const [once, never] = [new StateError('Once'), new StateError('Never')]
    expect(delays(retriers, [once, boom, once, never, boom])).toEqual([1, 1, undefined, undefined, 2])
  })
})

describe('matches', () => {
  it.each([
    [['States.ALL'], 'Boom', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.DataLimitExceeded', true],
    [['States.ALL'], 'States.Runtime', false],
    [['States.Runtime'], 'States.Runtime', false],
    [['States.TaskFailed'], 'Boom', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['State.ALL'], 'Boom', false],
  ])('%j %s: %s', (names, error, expected) => {
    expect(matches(names, error)).toBe(expected)
  })
})

describe('a Task with retriers', () => {
  it('counts anew each time the state is entered, and tells the function how often', async () => {
    const { run, calls, clock } = harness({
      functions: {
        twice(payload) {
          if ((payload as { retry: number }).retry < 2) throw new FunctionError('Boom', 'not yet')
          return 1
        },
      },
    })
    const definition = machine('T', {
      T: invoke(
        'twice',
        { retry: '{% $states.context.State.RetryCount %}' },
        {
          Retry: [{ ErrorEquals: ['Boom'], MaxAttempts: 2, IntervalSeconds: 2 }],
          Assign: { rounds: '{% $exists($rounds) ? $rounds + 1 : 1 %}' },
          Next: 'C',
        },
      ),
      C: { Type: 'Choice', Choices: [{ Condition: '{% $rounds < 3 %}', Next: 'T' }], Default: 'D' },
      D: { Type: 'Succeed', Output: '{% $rounds %}' },
    })
    const started = clock.now().getTime()
    const { result } = await run(definition)
    expect(result).toEqual({ status: 'SUCCEEDED', output: 3 })
    expect(calls.map(({ payload }) => (payload as { retry: number }).retry)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
    expect(clock.now().getTime() - started).toBe(3 * (2 + 4) * 1_000)
  })

  it('is caught after the last attempt, with Error and Cause, by a catcher with its own Assign and Output', async () => {
    const { run } = harness({
      functions: {
        fails: () => {
          throw new FunctionError('Boom', 'text')
        },
      },
    })
    const definition = machine('T', {
      T: invoke(
        'fails',
        {},
        {
          Retry: [{ ErrorEquals: ['Boom'], MaxAttempts: 1 }],
          Catch: [
            { ErrorEquals: ['Other'], Next: 'D' },
            {
              ErrorEquals: ['States.ALL'],
              Assign: { e: '{% $states.errorOutput.Error %}' },
              Output: '{% $states.input %}',
              Next: 'D',
            },
          ],
        },
      ),
      D: { Type: 'Pass', Output: { e: '{% $e %}', i: '{% $states.input %}' }, End: true },
    })
    const { result, labels } = await run(definition, { in: 1 })
    expect(result).toEqual({ status: 'SUCCEEDED', output: { e: 'Boom', i: { in: 1 } } })
    expect(labels.filter((label) => label === 'TaskFailed')).toHaveLength(2)
  })

  it('times out by TimeoutSeconds: States.Timeout, without a cause', async () => {
    const { run } = harness({
      functions: { slow: (_p, { clock, signal }) => clock.sleep(60_000, signal).then(() => 1) },
    })
    const { result, labels } = await run(machine('T', { T: invoke('slow', {}, { TimeoutSeconds: 5 }) }))
    expect(result).toEqual({ status: 'FAILED', error: 'States.Timeout', cause: undefined })
    expect(labels.slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed'])
  })

  it('names an error after the class that was thrown', async () => {
    class RetryableModelThrottled extends Error {
      override readonly name = 'RetryableModelThrottled'
    }
    const { run } = harness({
      functions: {
        fails: () => {
          throw new RetryableModelThrottled('slow down')
        },
      },
    })
    const { result } = await run(machine('T', { T: invoke('fails', {}) }))
    expect(result).toMatchObject({
      error: 'RetryableModelThrottled',
      cause: '{"errorType":"RetryableModelThrottled","errorMessage":"slow down"}',
    })
  })
})
