import { describe, expect, it } from 'vitest'
import { FunctionError } from '../../../src/engine/state-error.ts'
import { harness, invoke, machine } from './support/harness.ts'

const fails = () => {
  throw new FunctionError('Boom', 'it broke')
}
const never = () => new Promise<never>(() => undefined)

describe('a failing branch', () => {
  it('stops the others, tells their functions, and hands on its error', async () => {
    let told = false
    const { run } = harness({
      functions: {
        async fails(_payload, { clock, signal }) {
          await clock.sleep(1_000, signal)
          return fails()
        },
        never(_payload, { signal }) {
          signal.addEventListener('abort', () => (told = true))
          return never()
        },
      },
    })
    const definition = machine('P', {
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'A', States: { A: invoke('fails', {}) } },
          { StartAt: 'B', States: { B: invoke('never', {}) } },
          { StartAt: 'C', States: { C: { Type: 'Wait', Seconds: 60, End: true } } },
        ],
        End: true,
      },
    })
    const { result, labels, events } = await run(definition)
    expect(result).toMatchObject({ status: 'FAILED', error: 'Boom' })
    expect(told).toBe(true)
    expect(labels.slice(-6)).toEqual([
      'TaskFailed',
      'TaskStateAborted',
      'WaitStateAborted',
      'TaskStateAborted',
      'ParallelStateFailed',
      'ExecutionFailed',
    ])
    expect(events.at(-1)?.timestamp).toEqual(new Date('2026-01-01T00:00:01.000Z'))
  })

  it('stops what is nested in the others, from the inside out', async () => {
    const { run } = harness({
      functions: {
        never,
        async fails(_payload, { clock, signal }) {
          await clock.sleep(10, signal)
          return fails()
        },
      },
    })
    const inner = {
      Type: 'Parallel',
      Branches: [{ StartAt: 'Deep', States: { Deep: invoke('never', {}) } }],
      End: true,
    }
    const definition = machine('P', {
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'A', States: { A: invoke('fails', {}) } },
          {
            StartAt: 'M',
            States: {
              M: { Type: 'Map', Items: [1], ItemProcessor: { StartAt: 'Inner', States: { Inner: inner } }, End: true },
            },
          },
        ],
        Catch: [{ ErrorEquals: ['Boom'], Next: 'Rescued' }],
        End: true,
      },
      Rescued: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
    })
    const { result, labels } = await run(definition)
    expect(result).toEqual({ status: 'SUCCEEDED', output: 'Boom' })
    expect(labels.slice(-10)).toEqual([
      'TaskStateAborted',
      'TaskStateAborted',
      'MapIterationAborted',
      'ParallelStateAborted',
      'MapStateAborted',
      'ParallelStateFailed',
      'ParallelStateExited:P',
      'PassStateEntered:Rescued',
      'PassStateExited:Rescued',
      'ExecutionSucceeded',
    ])
  })

  it('in a Map gives one failed iteration, the rest aborted, and starts no more', async () => {
    const { run, calls } = harness({
      functions: {
        async work(payload, { clock, signal }) {
          await clock.sleep(Number(payload) * 1_000, signal)
          return Number(payload) === 2 ? fails() : payload
        },
      },
    })
    const definition = machine('M', {
      M: {
        Type: 'Map',
        Items: [5, 2, 6, 7],
        MaxConcurrency: 3,
        ItemProcessor: { StartAt: 'W', States: { W: invoke('work', '{% $states.input %}') } },
        End: true,
      },
    })
    const { result, labels } = await run(definition)
    expect(result).toMatchObject({ status: 'FAILED', error: 'Boom' })
    expect(calls).toHaveLength(3)
    const counts = Object.groupBy(labels, (label) => label)
    expect(counts['MapIterationStarted']).toHaveLength(3)
    expect(counts['MapIterationFailed']).toHaveLength(1)
    expect(counts['MapIterationAborted']).toHaveLength(2)
    expect(counts['TaskStateAborted']).toHaveLength(3)
    expect(counts['MapStateFailed']).toHaveLength(1)
  })

  it('retried starts all over: Started again, Failed only at the end', async () => {
    const { run, calls } = harness({ functions: { fails, ok: (payload) => payload } })
    const definition = machine('P', {
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'A', States: { A: invoke('ok', 1) } },
          { StartAt: 'B', States: { B: invoke('fails', 1) } },
        ],
        Retry: [{ ErrorEquals: ['Boom'], MaxAttempts: 2 }],
        End: true,
      },
    })
    const { labels } = await run(definition)
    expect(labels.filter((label) => label === 'ParallelStateStarted')).toHaveLength(3)
    expect(labels.filter((label) => label === 'ParallelStateFailed')).toHaveLength(1)
    expect(calls.filter(({ name }) => name === 'fails')).toHaveLength(3)
  })
})
