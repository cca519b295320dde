import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { openHistory } from '../../../src/engine/history-store.ts'
import type { Json } from '../../../src/schema/json.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { type Fn, harness, MACHINE_ARN, machine } from './support/harness.ts'

const asking: Json = machine('Ask', {
  Ask: {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: {
      FunctionName: 'ask',
      Payload: { token: '{% $states.context.Task.Token %}', for: '{% $states.input %}' },
    },
    TimeoutSeconds: '{% $states.input.seconds %}',
    Catch: [{ ErrorEquals: ['States.Timeout'], Output: { kept: '{% $states.input.id %}' }, Next: 'Late' }],
    Output: { answer: '{% $states.result %}' },
    End: true,
  },
  Late: { Type: 'Pass', Output: { late: '{% $states.input.kept %}' }, End: true },
})

function open(options: Parameters<typeof harness>[0]) {
  const { promise: token, resolve } = Promise.withResolvers<string>()
  const ask: Fn = (payload) => {
    resolve((payload as { token: string }).token)
    return null
  }
  return { ...harness({ ...options, functions: { ask } }), token }
}

const folders: string[] = []
afterEach(() => folders.splice(0).map((folder) => rmSync(folder, { recursive: true })))

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-tokens-'))
  folders.push(folder)
  return join(folder, 'engine.db')
}

describe('a token task whose TimeoutSeconds is an expression', () => {
  it('goes to its catcher after that time, and takes no answer any more', async () => {
    const clock = fakeClock()
    const { engine, run, token } = open({ clock })
    const ran = run(asking, { id: 'a', seconds: 3_600 })
    const sent = await token
    for (let i = 0; i < 5; i++) await clock.advance(0)
    await clock.advance(3_599_000)
    expect(engine.describe('run')).toMatchObject({ status: 'RUNNING' })
    await clock.advance(1_000)
    expect((await ran).result).toEqual({ status: 'SUCCEEDED', output: { late: 'a' } })
    await expect(engine.sendTaskSuccess(sent, 'late')).rejects.toThrow(/TaskTimedOut|TaskDoesNotExist/)
  })

  it('counts what came in time, however late the process comes back', async () => {
    const clock = fakeClock()
    const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
    const first = open({ clock, history })
    const input = { id: 'a', seconds: 100 }
    const { done } = await first.engine.start({ name: 'run', machineArn: MACHINE_ARN, definition: asking, input })
    const interrupted = expect(done).rejects.toThrow(/interrupted/)
    const sent = await first.token
    for (let i = 0; i < 5; i++) await clock.advance(0)
    await first.engine.interrupt()
    await interrupted
    await first.engine.sendTaskSuccess(sent, 'yes')
    await clock.advance(1_000_000)
    const resumed = await open({ clock, history }).engine.resume('run')
    expect(await resumed.done).toEqual({ status: 'SUCCEEDED', output: { answer: 'yes' } })
  })
})

describe('a token answered by another process', () => {
  it('is learned of at the next look', async () => {
    const path = file()
    const stores = [1, 2].map(() => openHistory({ path, synchronous: 'NORMAL' }))
    const [here, there] = stores.map((history) => open({ clock: systemClock, ...(history && { history }) }))
    const ran = here?.run(asking, { id: 'a', seconds: 3_600 })
    const sent = (await here?.token) ?? ''
    await new Promise((resolve) => setTimeout(resolve, 20))
    here?.engine.readTokens()
    await there?.engine.sendTaskSuccess(sent, { yes: true })
    expect(here?.engine.describe('run')).toMatchObject({ status: 'RUNNING' })
    here?.engine.readTokens()
    expect((await ran)?.result).toEqual({ status: 'SUCCEEDED', output: { answer: { yes: true } } })
    for (const store of stores) store.close()
  })

  it('is failed with all others of its execution, and of no other', async () => {
    const { engine, token } = open({ clock: systemClock })
    const start = (name: string) =>
      engine.start({ name, machineArn: MACHINE_ARN, definition: asking, input: { id: name, seconds: 3_600 } })
    const { done } = await start('run-1.1')
    await start('run-1.10')
    await token
    await new Promise((resolve) => setTimeout(resolve, 20))
    await engine.failWaiting('run-1.1', { error: 'Stopped.cancelled', cause: 'over' })
    expect(await done).toEqual({ status: 'FAILED', error: 'Stopped.cancelled', cause: 'over' })
    expect(engine.describe('run-1.10')).toMatchObject({ status: 'RUNNING' })
    await engine.stop('run-1.10')
  })
})
