import { describe, expect, it } from 'vitest'
import { openHistory } from '../../../src/engine/history-store.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'
import { harness, invoke, MACHINE_ARN, machine } from './support/harness.ts'

const CHILD_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:child'
const parent = (resource: string, more: { readonly [field: string]: Json } = {}): Json =>
  machine('Start', {
    Start: {
      Type: 'Task',
      Resource: `arn:aws:states:::states:${resource}`,
      Arguments: { StateMachineArn: CHILD_ARN, Input: { n: 2 } },
      End: true,
      ...more,
    },
  })
const child = (state: Json) => [{ arn: CHILD_ARN, definition: machine('S', { S: state }) }]

describe('startExecution', () => {
  it('.sync:2 gives input and output as JSON', async () => {
    const machines = child({ Type: 'Pass', Output: '{% $states.input.n * 2 %}', End: true })
    const { run, engine } = harness({ machines })
    const { result, labels } = await run(parent('startExecution.sync:2'))
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { Input: { n: 2 }, Output: 4, Status: 'SUCCEEDED', StateMachineArn: CHILD_ARN },
    })
    expect(labels).toContain('TaskSubmitted')
    expect(engine.list('run/')).toMatchObject([{ name: 'run/Start/3', status: 'SUCCEEDED', isChild: true }])
  })

  it('.sync gives them as text, and without waiting only the name', async () => {
    const machines = child({ Type: 'Pass', Output: '{% $states.input.n * 2 %}', End: true })
    const text = await harness({ machines }).run(parent('startExecution.sync'))
    expect(text.result).toMatchObject({ output: { Input: '{"n":2}', Output: '4' } })
    const free = await harness({ machines }).run(parent('startExecution'))
    expect(Object.keys((free.result as { output: object }).output)).toEqual(['ExecutionArn', 'StartDate'])
  })

  it('fails as States.TaskFailed with the whole description where the child fails', async () => {
    const { run } = harness({ machines: child({ Type: 'Fail', Error: 'Inner', Cause: 'because' }) })
    const { result } = await run(parent('startExecution.sync:2'))
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' })
    expect(JSON.parse((result as { cause: string }).cause)).toMatchObject({
      Error: 'Inner',
      Cause: 'because',
      Status: 'FAILED',
    })
  })

  it('fails by name where there is no such machine', async () => {
    const { result } = await harness().run(parent('startExecution.sync:2'))
    expect(result).toMatchObject({ error: 'StepFunctions.StateMachineDoesNotExistException' })
  })

  it('stops the child with its parent', async () => {
    const machines = child(invoke('never', {}))
    const { promise, resolve } = Promise.withResolvers<void>()
    const { engine } = harness({
      machines,
      functions: {
        never() {
          resolve()
          return new Promise(() => undefined)
        },
      },
    })
    const definition = parent('startExecution.sync:2')
    const { done } = await engine.start({ name: 'run', machineArn: MACHINE_ARN, definition, input: {} })
    await promise
    await engine.stop('run', { error: 'Cancelled', cause: 'by hand' })
    expect(await done).toEqual({ status: 'ABORTED', error: 'Cancelled', cause: 'by hand' })
    await expect.poll(() => engine.describe('run/Start/3')?.status).toBe('ABORTED')
  })

  it.each([
    ['startExecution.sync:2', 'ABORTED'],
    ['startExecution', 'RUNNING'],
  ])('%s: stopping an interrupted parent leaves its child %s', async (resource, status) => {
    const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
    const functions = { never: () => new Promise<never>(() => undefined) }
    const machines = child(invoke('never', {}))
    const first = harness({ history, machines, functions })
    const { End: _, ...started } = (parent(resource) as { States: { Start: JsonObject } }).States.Start
    const definition = machine('Start', { Start: { ...started, Next: 'Hang' }, Hang: invoke('never', {}) })
    const { done } = await first.engine.start({ name: 'run', machineArn: MACHINE_ARN, definition, input: {} })
    const interrupted = expect(done).rejects.toThrow(/interrupted/)
    await expect.poll(() => first.calls.length).toBe(resource === 'startExecution' ? 2 : 1)
    await first.engine.interrupt()
    await interrupted
    const second = harness({ history, machines, functions })
    await second.engine.stop('run')
    expect(second.engine.describe('run')).toMatchObject({ status: 'ABORTED' })
    expect(second.engine.describe('run/Start/3')).toMatchObject({ status })
  })
})
