import { describe, expect, it } from 'vitest'
import { harness, invoke, machine } from './support/harness.ts'

describe('history', () => {
  it('has the shape that AWS gives', async () => {
    const { run } = harness({ functions: { double: (n) => Number(n) * 2 } })
    const definition = machine('T', {
      T: invoke('double', '{% $states.input %}', { TimeoutSeconds: 60, Assign: { v: [1] } }),
    })
    const { events } = await run(definition, 4)
    const at = { timestamp: new Date('2026-01-01T00:00:00.000Z') }
    const whole = { truncated: false }
    const lambda = { resourceType: 'lambda', resource: 'invoke' }
    expect(events.slice(0, 4)).toEqual([
      {
        ...at,
        id: 1,
        previousEventId: 0,
        type: 'ExecutionStarted',
        executionStartedEventDetails: { input: '4', inputDetails: whole },
      },
      {
        ...at,
        id: 2,
        previousEventId: 0,
        type: 'TaskStateEntered',
        stateEnteredEventDetails: { name: 'T', input: '4', inputDetails: whole },
      },
      {
        ...{ ...at, id: 3, previousEventId: 2, type: 'TaskScheduled' },
        taskScheduledEventDetails: {
          ...lambda,
          region: 'us-east-1',
          parameters: '{"FunctionName":"double","Payload":4}',
          timeoutInSeconds: 60,
        },
      },
      { ...at, id: 4, previousEventId: 3, type: 'TaskStarted', taskStartedEventDetails: lambda },
    ])
    expect(events[5]).toEqual({
      ...{ ...at, id: 6, previousEventId: 5, type: 'TaskStateExited' },
      stateExitedEventDetails: {
        name: 'T',
        output: '8',
        outputDetails: whole,
        assignedVariables: { v: '[1]' },
        assignedVariablesDetails: whole,
      },
    })
    expect(events[6]).toMatchObject({ type: 'ExecutionSucceeded', executionSucceededEventDetails: { output: '8' } })
  })

  it('links each iteration to the start of its Map, and what follows to the last event of all', async () => {
    const definition = machine('M', {
      M: {
        Type: 'Map',
        Items: [1, 2],
        MaxConcurrency: 1,
        ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
        End: true,
      },
    })
    const { events } = await harness().run(definition)
    expect(events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'MapStateEntered'],
      [3, 2, 'MapStateStarted'],
      [4, 3, 'MapIterationStarted'],
      [5, 4, 'PassStateEntered'],
      [6, 5, 'PassStateExited'],
      [7, 6, 'MapIterationSucceeded'],
      [8, 3, 'MapIterationStarted'],
      [9, 8, 'PassStateEntered'],
      [10, 9, 'PassStateExited'],
      [11, 10, 'MapIterationSucceeded'],
      [12, 11, 'MapStateSucceeded'],
      [13, 12, 'MapStateExited'],
      [14, 13, 'ExecutionSucceeded'],
    ])
    expect(events[7]?.mapIterationStartedEventDetails).toEqual({ name: 'M', index: 1 })
  })

  it('takes at most 400 bytes a step beside content, as many for 50 steps as for 3,000', async () => {
    const perStep = async (steps: number) => {
      const { run, history } = harness({ functions: { next: (p) => (p as { n: number }).n + 1 } })
      const definition = machine('T', {
        T: invoke(
          'next',
          { n: '{% $states.input.n %}', lock: '{% $states.input.lock %}' },
          {
            Output: { n: '{% $states.result.Payload %}', lock: '{% $states.input.lock %}' },
            Next: 'C',
          },
        ),
        C: { Type: 'Choice', Choices: [{ Condition: `{% $states.input.n < ${steps} %}`, Next: 'T' }], Default: 'D' },
        D: { Type: 'Succeed' },
      })
      await run(definition, { n: 0, lock: { agents: 'x'.repeat(3_000) } })
      return history.chunks(1).reduce((sum, { text }) => sum + text.length + 20, 0) / steps
    }
    const [few, many] = [await perStep(50), await perStep(3_000)]
    expect(many).toBeLessThan(400)
    expect(many).toBeLessThan(few * 1.2)
  })
})
