import { describe, expect, it } from 'vitest'
import { openHistory } from '../../../src/engine/history-store.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import type { Json } from '../../../src/schema/json.ts'
import { harness, invoke, MACHINE_ARN, machine } from './support/harness.ts'

type Fields = { readonly [field: string]: Json }

function distributed(body: Json, more: Fields = {}): Json {
  const ProcessorConfig = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }
  const ItemProcessor = { ProcessorConfig, StartAt: 'Body', States: { Body: body } }
  return machine('M', { M: { Type: 'Map', ItemProcessor, End: true, ...more } })
}

const odd = {
  odd(payload: Json) {
    if (Number(payload) % 2 === 0) throw new FunctionError('Even', 'only odd ones')
    return payload
  },
}
const task = invoke('odd', '{% $states.input %}')

describe('a distributed Map', () => {
  it('runs each item in an execution of its own, with a history of its own', async () => {
    const { run, engine } = harness({ functions: odd })
    const { result, labels } = await run(distributed(task), [1, 3, 5])
    expect(result).toEqual({ status: 'SUCCEEDED', output: [1, 3, 5] })
    expect(labels).toEqual([
      ...['ExecutionStarted', 'MapStateEntered:M', 'MapStateStarted', 'MapRunStarted', 'MapRunSucceeded'],
      ...['MapStateSucceeded', 'MapStateExited:M', 'ExecutionSucceeded'],
    ])
    const children = engine.list('run/')
    expect(children).toHaveLength(3)
    expect(children.every(({ isChild, status }) => isChild && status === 'SUCCEEDED')).toBe(true)
    expect(engine.describe(children[1]?.name ?? '')).toMatchObject({ input: 3, output: 3, events: 7 })
  })

  it('selects and batches items', async () => {
    const { run } = harness()
    const body = { Type: 'Pass', End: true }
    const more = {
      ItemSelector: { n: '{% $states.context.Map.Item.Value %}', i: '{% $states.context.Map.Item.Index %}' },
      ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { of: '{% $count($states.input) %}' } },
    }
    const { result, events } = await run(distributed(body, more), [7, 8, 9])
    expect(events[2]?.mapStateStartedEventDetails).toEqual({ length: 3 })
    const mapRunArn = 'arn:aws:states:us-east-1:000000000000:mapRun:test/M:run-3'
    expect(events[3]?.mapRunStartedEventDetails).toEqual({ mapRunArn })
    expect(result).toEqual({
      status: 'SUCCEEDED',
      output: [
        {
          BatchInput: { of: 3 },
          Items: [
            { n: 7, i: 0 },
            { n: 8, i: 1 },
          ],
        },
        { BatchInput: { of: 3 }, Items: [{ n: 9, i: 2 }] },
      ],
    })
  })

  it('cuts batches by bytes', async () => {
    const body = { Type: 'Pass', Output: '{% $count($states.input.Items) %}', End: true }
    const batcher = { ItemBatcher: { MaxInputBytesPerBatch: 60 } }
    const { result } = await harness().run(
      distributed(body, batcher),
      Array.from({ length: 5 }, () => 'x'.repeat(18)),
    )
    expect(result).toEqual({ status: 'SUCCEEDED', output: [2, 2, 1] })
  })

  it('fails at the first failure, stops the others, and can be caught', async () => {
    const { run, engine } = harness({
      functions: {
        odd: async (payload, { clock, signal }) =>
          payload === 3 ? clock.sleep(99_000, signal).then(() => 3) : odd.odd(payload),
      },
    })
    const { result, labels } = await run(distributed(task), [1, 2, 3])
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' })
    expect(labels.slice(-3)).toEqual(['MapRunFailed', 'MapStateFailed', 'ExecutionFailed'])
    const byStatus = Object.groupBy(engine.list('run/'), ({ status }) => status)
    expect([byStatus.SUCCEEDED?.length, byStatus.FAILED?.length, byStatus.ABORTED?.length]).toEqual([1, 1, 1])
  })

  it.each([
    [{ ToleratedFailureCount: 2 }, [1, 2, 3, 4], [1, 3]],
    [{ ToleratedFailureCount: 1 }, [1, 2, 3, 4], undefined],
    [{ ToleratedFailurePercentage: 50 }, [1, 2, 3, 4], [1, 3]],
    [{ ToleratedFailurePercentage: 49.9 }, [1, 2, 3, 4], undefined],
    [{ ToleratedFailureCount: '{% $states.input[0] %}' }, [1, 2, 3], [1, 3]],
  ] as [Fields, Json, Json | undefined][])('tolerates %j', async (more, items, output) => {
    const { result } = await harness({ functions: odd }).run(distributed(task, { ...more, MaxConcurrency: 1 }), items)
    if (output === undefined) expect(result).toMatchObject({ error: 'States.ExceedToleratedFailureThreshold' })
    else expect(result).toEqual({ status: 'SUCCEEDED', output })
  })

  it('does not see the variables around it', async () => {
    const body = { Type: 'Pass', Output: '{% $outer %}', End: true }
    const ItemProcessor = { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'B', States: { B: body } }
    const definition = machine('A', {
      A: { Type: 'Pass', Assign: { outer: 1 }, Next: 'M' },
      M: { Type: 'Map', Items: [1], ItemProcessor, End: true },
    })
    const { run, engine } = harness()
    const { result } = await run(definition)
    expect(result).toMatchObject({ error: 'States.ExceedToleratedFailureThreshold' })
    expect(engine.describe(engine.list('run/')[0]?.name ?? '')).toMatchObject({ error: 'States.QueryEvaluationError' })
  })

  it('keeps to MaxConcurrency', async () => {
    let now = 0
    let most = 0
    const { run } = harness({
      functions: {
        async odd(payload, { clock, signal }) {
          most = Math.max(most, ++now)
          await clock.sleep(10, signal)
          now--
          return payload
        },
      },
    })
    await run(
      distributed(task, { MaxConcurrency: 4 }),
      Array.from({ length: 20 }, (_, i) => i),
    )
    expect(most).toBe(4)
  })

  it('is continued after an interruption, without the children that were over', async () => {
    const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
    const held = Promise.withResolvers<void>()
    const first = harness({
      history,
      functions: { odd: (payload) => (payload === 3 ? held.promise.then(() => 3) : payload) },
    })
    const definition = distributed(task)
    const { done } = await first.engine.start({ name: 'run', machineArn: MACHINE_ARN, definition, input: [1, 3, 5] })
    const interrupted = expect(done).rejects.toThrow(/interrupted/)
    await expect.poll(() => first.engine.list('run/').filter(({ status }) => status === 'SUCCEEDED').length).toBe(2)
    await first.engine.interrupt()
    await interrupted
    const second = harness({ history, functions: odd })
    const resumed = await second.engine.resume('run')
    expect(await resumed.done).toEqual({ status: 'SUCCEEDED', output: [1, 3, 5] })
    expect(second.calls).toEqual([{ name: 'odd', payload: 3 }])
  })
})
