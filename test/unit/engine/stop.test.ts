import { describe, expect, it } from 'vitest'
import { openHistory } from '../../../src/engine/history-store.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { harness, invoke, labelsOf, MACHINE_ARN, machine } from './support/harness.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const never = () => new Promise<never>(() => undefined)
const stuck = machine('T', { T: invoke('never', {}) })

describe('stop', () => {
  it('ends a waiting Task as aborted, once', async () => {
    const { engine } = harness({ functions: { never } })
    const { done } = await engine.start({ name: 'run', machineArn: MACHINE_ARN, definition: stuck, input: {} })
    await turn()
    await engine.stop('run', { error: 'Cancelled', cause: 'by hand' })
    await engine.stop('run', { error: 'Again' })
    expect(await done).toEqual({ status: 'ABORTED', error: 'Cancelled', cause: 'by hand' })
    expect(labelsOf(engine.history('run')).slice(-2)).toEqual(['TaskStateAborted', 'ExecutionAborted'])
    expect(engine.describe('run')).toMatchObject({ status: 'ABORTED', isLive: false, error: 'Cancelled' })
  })

  it('of a Wait leaves no event but the last', async () => {
    const { engine } = harness({ clock: fakeClock() })
    const definition = machine('W', { W: { Type: 'Wait', Seconds: 60, End: true } })
    await engine.start({ name: 'run', machineArn: MACHINE_ARN, definition, input: {} })
    await turn()
    await engine.stop('run')
    expect(labelsOf(engine.history('run'))).toEqual(['ExecutionStarted', 'WaitStateEntered:W', 'ExecutionAborted'])
  })

  it('ends an interrupted execution, too', async () => {
    const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
    const first = harness({ history, functions: { never } })
    const { done } = await first.engine.start({ name: 'run', machineArn: MACHINE_ARN, definition: stuck, input: {} })
    const interrupted = expect(done).rejects.toThrow(/can be resumed/)
    await turn()
    await first.engine.interrupt()
    await interrupted
    const second = harness({ history, functions: { never } })
    await second.engine.stop('run')
    expect(second.engine.describe('run')).toMatchObject({ status: 'ABORTED' })
    expect(labelsOf(second.engine.history('run')).slice(-2)).toEqual(['TaskStateAborted', 'ExecutionAborted'])
    expect(second.calls).toEqual([])
  })
})

describe('TimeoutSeconds of a machine', () => {
  it('ends it as TIMED_OUT, and runs no Catch', async () => {
    const task = invoke('never', {}, { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'D' }] })
    const definition = machine('T', { T: task, D: { Type: 'Succeed' } }, { TimeoutSeconds: 30 })
    const { run, clock } = harness({ functions: { never } })
    const started = clock.now().getTime()
    const { result, labels } = await run(definition)
    expect(result).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout', cause: undefined })
    expect(labels.at(-1)).toBe('ExecutionTimedOut')
    expect(clock.now().getTime() - started).toBe(30_000)
  })
})

describe('names', () => {
  it('are used once; resuming what runs here, or does not exist, is refused', async () => {
    const { engine, run } = harness({ functions: { never } })
    const start = { name: 'run', machineArn: MACHINE_ARN, definition: stuck, input: {} }
    await engine.start(start)
    await expect(engine.start(start)).rejects.toThrow(/exists already/)
    await expect(engine.resume('run')).rejects.toThrow(/runs already/)
    await expect(engine.resume('other')).rejects.toThrow(/no execution named other/)
    await engine.stop('run')
    const { done } = await engine.resume('run')
    expect(await done).toMatchObject({ status: 'ABORTED' })
    await expect(run(stuck)).rejects.toThrow(/exists already/)
  })
})

describe('subscribe', () => {
  it('tells each event with its place, until one stops listening', async () => {
    const { engine, run } = harness({ functions: { double: (n) => Number(n) * 2 } })
    const seen: string[] = []
    const stop = engine.subscribe(({ type, path, state }) => {
      seen.push(`${path.map((place) => `${place.state}#${place.index}/`).join('')}${state ?? ''}:${type}`)
    })
    const ItemProcessor = { StartAt: 'W', States: { W: invoke('double', '{% $states.input %}') } }
    const definition = machine('M', { M: { Type: 'Map', ItemProcessor, End: true } })
    await run(definition, [4])
    expect(seen).toContain('M#0/W:TaskSucceeded')
    expect(seen[0]).toBe(':ExecutionStarted')
    expect(seen.at(-1)).toBe(':ExecutionSucceeded')
    stop()
    const before = seen.length
    await run(definition, [4], 'again')
    expect(seen).toHaveLength(before)
  })
})
