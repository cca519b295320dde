import { SFNClient } from '@aws-sdk/client-sfn'
import { afterEach, describe, expect, it } from 'vitest'
import { executionArn, stepFunctionsExecutions, stopAfterGrace } from '../../../functions/step-functions-executions.ts'
import { runInput } from '../../../src/api/run-input.ts'
import { type Answer, type Asked, type AwsService, awsService, fault } from './support/aws-service.ts'
import { MACHINE, runOf } from './support/team.ts'

const CANCEL_MACHINE = 'arn:aws:states:us-east-1:123456789012:stateMachine:grace'
const EXECUTION = 'arn:aws:states:us-east-1:123456789012:execution:solve-abc:run-1.1'
const run = runOf()
let service: AwsService | undefined
afterEach(() => service?.close())

async function prepare(answers: Readonly<Record<string, Answer | ((asked: Asked) => Answer)>>) {
  service = await awsService((asked) => {
    const answer = answers[asked.operation] ?? fault('UnknownOperation')
    return typeof answer === 'function' ? answer(asked) : answer
  })
  const client = new SFNClient(service.config)
  const { asked } = service
  const bodies = () => asked.map(({ operation, body }) => ({ operation, ...JSON.parse(body) }))
  return { client, executions: stepFunctionsExecutions(client), bodies }
}

it('names the execution of a version after the machine alone', () => {
  expect(executionArn(run)).toBe(EXECUTION)
})

describe('start', () => {
  it('starts the version in the lockfile, under the name of the run’s execution', async () => {
    const { executions, bodies } = await prepare({
      StartExecution: { body: { executionArn: EXECUTION, startDate: 0 } },
    })
    await executions.start(run)
    const [{ input, ...rest }] = bodies()
    expect(rest).toEqual({ operation: 'StartExecution', stateMachineArn: `${MACHINE}:3`, name: 'run-1.1' })
    expect(JSON.parse(input)).toEqual(runInput(run))
  })

  it('takes an execution that was started before with this input for its own', async () => {
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(runInput(run)).toReversed()))
    const found = {
      executionArn: EXECUTION,
      stateMachineArn: MACHINE,
      startDate: 0,
      status: 'SUCCEEDED',
      input: reordered,
    }
    const { executions } = await prepare({
      StartExecution: fault('ExecutionAlreadyExists'),
      DescribeExecution: { body: found },
    })
    await executions.start(run)
  })

  it('is a Conflict where one of its name has another input', async () => {
    const found = { executionArn: EXECUTION, stateMachineArn: MACHINE, startDate: 0, status: 'RUNNING', input: '{}' }
    const { executions } = await prepare({
      StartExecution: fault('ExecutionAlreadyExists'),
      DescribeExecution: { body: found },
    })
    await expect(executions.start(run)).rejects.toMatchObject({ name: 'Conflict' })
  })

  it.each([
    [fault('ThrottlingException'), 'RetryableRecordsUnavailable'],
    [fault('ExecutionLimitExceeded'), 'RetryableRecordsUnavailable'],
    [fault('InternalServerError', 500), 'RetryableRecordsUnavailable'],
    [fault('StateMachineDoesNotExist'), 'Conflict'],
    [fault('AccessDeniedException'), 'AccessDeniedException'],
  ])('%j is a %s', async (answer, name) => {
    const { executions } = await prepare({ StartExecution: answer })
    await expect(executions.start(run)).rejects.toMatchObject({ name })
  })

  it('a refused connection is one to try again', async () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
    const client = new SFNClient({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1', maxAttempts: 1, credentials })
    const started = stepFunctionsExecutions(client).start(run)
    await expect(started).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  })

  it('needs a state machine in the lockfile', async () => {
    const { executions } = await prepare({})
    const other = runOf({ lock: { agents: {}, workflows: {} } })
    await expect(executions.start(other)).rejects.toMatchObject({ name: 'Conflict' })
  })
})

describe('describe', () => {
  const found = { executionArn: EXECUTION, stateMachineArn: MACHINE, startDate: 0 }

  it.each([
    [{ status: 'RUNNING' }, { status: 'running' }],
    [{ status: 'PENDING_REDRIVE' }, { status: 'running' }],
    [
      { status: 'SUCCEEDED', output: '{"answer":"6"}' },
      { status: 'succeeded', output: { answer: '6' } },
    ],
    [
      { status: 'FAILED', error: 'Stopped.turnLimit', cause: '{}' },
      { status: 'failed', error: 'Stopped.turnLimit', cause: '{}' },
    ],
    [{ status: 'TIMED_OUT' }, { status: 'timedOut' }],
    [
      { status: 'ABORTED', error: 'a', cause: 'b' },
      { status: 'aborted', error: 'a', cause: 'b' },
    ],
  ])('%j is %j', async (given, state) => {
    const { executions, bodies } = await prepare({ DescribeExecution: { body: { ...found, ...given } } })
    expect(await executions.describe(run)).toEqual(state)
    expect(bodies()).toEqual([{ operation: 'DescribeExecution', executionArn: EXECUTION }])
  })

  it('knows nothing of an execution that was never started', async () => {
    const { executions } = await prepare({ DescribeExecution: fault('ExecutionDoesNotExist') })
    expect(await executions.describe(run)).toBeUndefined()
  })
})

it('stops an execution with its error, and minds no missing one', async () => {
  const why = { error: 'Stopped.cancelled', cause: 'The run was cancelled.' }
  const { executions, bodies } = await prepare({ StopExecution: { body: { stopDate: 0 } } })
  await executions.stop(run, why)
  expect(bodies()).toEqual([{ operation: 'StopExecution', executionArn: EXECUTION, ...why }])
  service?.close()
  const gone = await prepare({ StopExecution: fault('ExecutionDoesNotExist') })
  await gone.executions.stop(run, why)
})

it('stops after a time of grace, once however often it is asked', async () => {
  const answers = [{ body: { executionArn: 'a', startDate: 0 } }, fault('ExecutionAlreadyExists')]
  const { client, bodies } = await prepare({ StartExecution: () => answers.shift() ?? {} })
  const stopLater = stopAfterGrace(client, CANCEL_MACHINE)
  await stopLater(run)
  await stopLater(run)
  const request = {
    stateMachineArn: CANCEL_MACHINE,
    name: 'run-1.1.cancel',
    input: JSON.stringify({ executionArn: EXECUTION }),
  }
  expect(bodies()).toEqual(Array(2).fill({ operation: 'StartExecution', ...request }))
})
