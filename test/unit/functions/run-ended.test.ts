import { describe, expect, it } from 'vitest'
import { runEndedHandler } from '../../../functions/run-ended.ts'
import type { OperationTelemetry } from '../../../functions/telemetry.ts'
import { CANCELLED } from '../../../src/api/cancel-run.ts'
import { RunId } from '../../../src/schema/ids.ts'
import type { Run } from '../../../src/schema/run.ts'
import { controlDependencies, lambdaContext, runOf, team } from './support/team.ts'

const runId = RunId.parse('run-1')
const ARN = 'arn:aws:states:us-east-1:123456789012:execution:solve-abc'

/** As EventBridge delivers it. */
function eventOf(name: string, status: string, more: object = {}) {
  const detail = { executionArn: `${ARN}:${name}`, name, status, startDate: 1, stopDate: 2, input: null, ...more }
  return {
    version: '0',
    id: 'e',
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    detail,
  }
}

async function prepare() {
  const control = controlDependencies()
  await control.runs.create(runOf())
  await control.executions.start(runOf())
  const { dependencies } = control
  return {
    ...control,
    handle: (event: unknown) => runEndedHandler({ team }, () => ({ dependencies }))(event, lambdaContext()),
  }
}

it('ends the run with the output of the event', async () => {
  const { handle, runs } = await prepare()
  const ended = await handle(eventOf('run-1.1', 'SUCCEEDED', { output: '{"answer":"6"}' }))
  expect(ended).toEqual({ runId, status: 'succeeded' })
  expect(await runs.read(runId)).toMatchObject({ status: 'succeeded', output: { answer: '6' } })
})

it('tells of the run that ended, once, with the rows of its own chain', async () => {
  const { runs, executions, dependencies } = controlDependencies()
  await runs.create(runOf())
  await executions.start(runOf())
  const told: string[] = []
  const operation: OperationTelemetry = {
    ofRun: (id) => void told.push(`of ${id}`),
    onRow: ({ event, stepId, status }) => void told.push(`${stepId} ${event} ${status ?? ''}`),
    onRunEnd: ({ status }) => void told.push(`ended ${status}`),
    finish: ({ error }) => void told.push(`finished ${error ?? ''}`),
  }
  const handler = runEndedHandler({ team }, () => ({
    dependencies,
    telemetry: { operation: () => operation, fault: () => undefined },
  }))
  const event = eventOf('run-1.1', 'SUCCEEDED', { output: '{"answer":"6"}' })
  await handler(event, lambdaContext())
  const rows = [':run start ', ':run start ', ':run end succeeded']
  expect(told).toEqual(['of run-1', 'ended succeeded', ...rows, 'finished '])
  await handler(event, lambdaContext())
  expect(told.slice(6)).toEqual(['of run-1', 'finished '])
})

it('asks for an output that was too large for the event', async () => {
  const { handle, runs, states } = await prepare()
  states.set('run-1.1', { status: 'succeeded', output: { answer: 'long' } })
  await handle(eventOf('run-1.1', 'SUCCEEDED', { output: null, outputDetails: { included: false } }))
  expect(await runs.read(runId)).toMatchObject({ status: 'succeeded', output: { answer: 'long' } })
})

it.each([
  [
    'FAILED',
    { status: 'failed', error: 'Stopped.turnLimit', cause: '{"reason":"no output"}' },
    'failed',
    'Stopped.turnLimit',
  ],
  ['TIMED_OUT', { status: 'timedOut' }, 'timedOut', 'States.Timeout'],
  ['ABORTED', { status: 'aborted', ...CANCELLED }, 'cancelled', 'Stopped.cancelled'],
] as const)('asks why an execution ended as %s', async (status, state, ended, error) => {
  const { handle, runs, states } = await prepare()
  states.set('run-1.1', state)
  await handle(eventOf('run-1.1', status))
  expect(await runs.read(runId)).toMatchObject({ status: ended, error: { name: error } })
})

it('says the same when it is told again, and leaves the run as it ended', async () => {
  const { handle, runs } = await prepare()
  await handle(eventOf('run-1.1', 'SUCCEEDED', { output: '1' }))
  expect(await handle(eventOf('run-1.1', 'SUCCEEDED', { output: '2' }))).toEqual({
    ignored: 'the run is over: succeeded',
  })
  expect((await runs.read(runId))?.output).toBe(1)
})

describe('ignores', () => {
  it.each([
    ['a child’s execution', eventOf('run-1.1.0123456789ab', 'SUCCEEDED', { output: '1' }), /no run's own/],
    ['an execution that is no run’s', eventOf('nightly', 'SUCCEEDED', { output: '1' }), /no run's own/],
    ['a run that it does not know', eventOf('run-9.1', 'SUCCEEDED', { output: '1' }), /no run run-9/],
    ['a beginning', eventOf('run-1.1', 'RUNNING'), /only begun/],
    [
      'an execution of the same name elsewhere',
      eventOf('run-1.1', 'FAILED', { executionArn: `${ARN}x:run-1.1` }),
      /another/,
    ],
  ])('%s', async (_, event, why) => {
    const { handle, runs } = await prepare()
    expect(await handle(event)).toEqual({ ignored: expect.stringMatching(why) })
    expect((await runs.read(runId))?.status).toBe('running')
  })

  it('the end of an execution that the run has left behind', async () => {
    const { handle, runs } = await prepare()
    await runs.setExecution(runId, 2)
    expect(await handle(eventOf('run-1.1', 'FAILED'))).toEqual({ ignored: 'the run has gone on as run-1.2' })
    expect((await runs.read(runId))?.status).toBe('running')
  })
})

it('fails, to be told again, where Step Functions says otherwise', async () => {
  const { handle, runs } = await prepare()
  await expect(handle(eventOf('run-1.1', 'FAILED'))).rejects.toMatchObject({ name: 'Conflict' })
  expect((await runs.read(runId))?.status).toBe('running')
})

it.each([[undefined], [{}], [{ detail: { name: 1 } }]])('refuses %j', async (event) => {
  const { handle } = await prepare()
  await expect(handle(event)).rejects.toMatchObject({ name: 'InvalidRequest' })
})

it('leaves a run alone that somebody resumes while it is being ended', async () => {
  const { dependencies, runs, states } = await prepare()
  states.set('run-1.1', { status: 'failed', error: 'Stopped.turnLimit', cause: '{}' })
  const executions = {
    ...dependencies.executions,
    async describe(run: Run) {
      const state = await dependencies.executions.describe(run)
      await runs.setExecution(runId, 2)
      return state
    },
  }
  const handler = runEndedHandler({ team }, () => ({ dependencies: { ...dependencies, executions } }))
  expect(await handler(eventOf('run-1.1', 'FAILED'), lambdaContext())).toEqual({ runId, status: 'running' })
  expect(await runs.read(runId)).toMatchObject({ status: 'running', execution: 2 })
})
