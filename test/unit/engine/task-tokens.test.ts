import { describe, expect, it } from 'vitest'
import { openHistory } from '../../../src/engine/history-store.ts'
import type { Json } from '../../../src/schema/json.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { type Fn, harness, labelsOf, MACHINE_ARN, machine } from './support/harness.ts'

const waiting = (more: { readonly [field: string]: Json } = {}): Json =>
  machine('Ask', {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
      End: true,
      ...more,
    },
  })

function asking(options: Parameters<typeof harness>[0] = {}) {
  const { promise, resolve } = Promise.withResolvers<string>()
  const ask: Fn = (payload) => {
    resolve((payload as { token: string }).token)
    return 'handed over'
  }
  return { ...harness({ ...options, functions: { ask } }), token: promise }
}

describe('a Task that waits for its token', () => {
  it('ends with what is sent to it', async () => {
    const { engine, run, token } = asking()
    const ran = run(waiting())
    await engine.sendTaskSuccess(await token, { approved: true })
    const { result, labels } = await ran
    expect(result).toEqual({ status: 'SUCCEEDED', output: { approved: true } })
    expect(labels.slice(1)).toEqual([
      'TaskStateEntered:Ask',
      ...['TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded'],
      ...['TaskStateExited:Ask', 'ExecutionSucceeded'],
    ])
  })

  it('fails with what is sent to it, and refuses a second answer and an unknown token by name', async () => {
    const { engine, run, token } = asking()
    const ran = run(waiting())
    const sent = await token
    await engine.sendTaskFailure(sent, { error: 'Denied', cause: 'by a person' })
    await expect(engine.sendTaskSuccess(sent, 1)).rejects.toThrow(/TaskTimedOut|TaskDoesNotExist/)
    await expect(engine.sendTaskSuccess('no such token', 1)).rejects.toThrow(/TaskDoesNotExist/)
    expect((await ran).result).toEqual({ status: 'FAILED', error: 'Denied', cause: 'by a person' })
  })

  it('ends as States.Timeout where a heartbeat is missed, and lives on while they come', async () => {
    const clock = fakeClock()
    const { engine, run, token } = asking({ clock })
    const ran = run(waiting({ HeartbeatSeconds: 10 }))
    const sent = await token
    const tick = async (seconds: number) => {
      for (let i = 0; i < 5; i++) await clock.advance(0)
      await clock.advance(seconds * 1_000)
    }
    await tick(8)
    engine.sendTaskHeartbeat(sent)
    await tick(8)
    expect(engine.describe('run')).toMatchObject({ status: 'RUNNING', isLive: true })
    await tick(3)
    const { result, labels } = await ran
    expect(result).toEqual({ status: 'FAILED', error: 'States.Timeout', cause: undefined })
    expect(labels).toContain('TaskTimedOut')
  })

  it('survives its process: what was sent meanwhile is found on resume, and nobody is asked twice', async () => {
    const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
    const first = asking({ history })
    const { done } = await first.engine.start({
      name: 'run',
      machineArn: MACHINE_ARN,
      definition: waiting(),
      input: {},
    })
    const sent = await first.token
    await new Promise((resolve) => setImmediate(resolve))
    const interrupted = expect(done).rejects.toThrow(/interrupted/)
    await first.engine.interrupt()
    await interrupted
    const second = asking({ history })
    expect(second.engine.describe('run')).toMatchObject({ status: 'RUNNING', isLive: false })
    await second.engine.sendTaskSuccess(sent, 'later')
    const resumed = await second.engine.resume('run')
    expect(await resumed.done).toEqual({ status: 'SUCCEEDED', output: 'later' })
    expect(second.calls).toEqual([])
    expect(labelsOf(second.engine.history('run')).filter((label) => label === 'TaskSubmitted')).toHaveLength(1)
  })

  it('has had its time: TimeoutSeconds counts on from the first process', async () => {
    const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
    const clock = fakeClock()
    const first = asking({ history, clock })
    const definition = waiting({ TimeoutSeconds: 100 })
    const { done } = await first.engine.start({ name: 'run', machineArn: MACHINE_ARN, definition, input: {} })
    const interrupted = expect(done).rejects.toThrow(/interrupted/)
    await first.token
    for (let i = 0; i < 3; i++) await clock.advance(0)
    await first.engine.interrupt()
    await interrupted
    await clock.advance(90_000)
    const second = asking({ history, clock })
    const resumed = await second.engine.resume('run')
    for (let i = 0; i < 3; i++) await clock.advance(0)
    await clock.advance(10_000)
    expect(await resumed.done).toMatchObject({ status: 'FAILED', error: 'States.Timeout' })
  })
})
