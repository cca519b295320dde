/** Machines written in ASL, on Step Functions and on the engine: equal histories, tokens, stops. */
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda'
import {
  CreateStateMachineCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { openHistory } from '../../src/engine/history-store.ts'
import type { Json, JsonObject } from '../../src/schema/json.ts'
import { FUNCTION_CODE, MACHINES, TOKEN_MACHINE, WAITING_MACHINE } from './machines.ts'
import { normalizeHistory, type RawEvent } from './normalize-history.ts'
import { client, stepFunctions } from './support/deployed.ts'
import { LOCAL_FUNCTION, namesOf, runMachine } from './support/run-machine.ts'
import { ended, historyOf } from './support/step-functions.ts'
import { until } from './support/until.ts'
import { zip } from './support/zip.ts'

const lambda = new LambdaClient(client)
const mark = `machines-${process.pid}-${Date.now()}`
const ROLE = 'arn:aws:iam::000000000000:role/any'
let functionArn = ''

beforeAll(async () => {
  const created = await lambda.send(
    new CreateFunctionCommand({
      ...{ FunctionName: mark, Runtime: 'nodejs22.x', Handler: 'index.handler', Role: ROLE, Timeout: 30 },
      Code: { ZipFile: zip({ 'index.mjs': FUNCTION_CODE }) },
    }),
  )
  functionArn = created.FunctionArn ?? ''
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: mark })
})

async function start(definition: Json, input: Json, name: string): Promise<string> {
  const machine = new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: ROLE })
  const { stateMachineArn } = await stepFunctions.send(machine)
  const whole = JSON.stringify({ ...(input as JsonObject), functionName: functionArn })
  const { executionArn = '' } = await stepFunctions.send(
    new StartExecutionCommand({ stateMachineArn, name, input: whole }),
  )
  return executionArn
}

describe('histories are equal', () => {
  it.concurrent.each(Object.entries(MACHINES))('%s', async (label, { definition, input }) => {
    const name = `${mark}-${label}`
    const arn = await start(definition, input, name)
    const [described, here] = await Promise.all([ended(stepFunctions, arn), runMachine(definition, input, name)])
    const there = normalizeHistory(await historyOf(stepFunctions, arn), namesOf(functionArn, name))
    expect(described.status).toBe(here.result.status)
    expect(there).toEqual(here.history)
  })
})

describe('a task token', () => {
  it('is answered through the API of Step Functions as on the engine', async () => {
    const arn = await start(TOKEN_MACHINE, {}, `${mark}-token`)
    await stepFunctions.send(
      new SendTaskSuccessCommand({ taskToken: await tokenOf(() => historyOf(stepFunctions, arn)), output: '{"ok":1}' }),
    )
    const { output } = await ended(stepFunctions, arn)
    expect(JSON.parse(output ?? '')).toEqual({ answered: { ok: 1 } })
    expect(await answeredOnTheEngine((engine, token) => engine.sendTaskSuccess(token, { ok: 1 }))).toEqual({
      answered: { ok: 1 },
    })
  })

  it('is refused, and caught', async () => {
    const arn = await start(TOKEN_MACHINE, {}, `${mark}-refused`)
    const taskToken = await tokenOf(() => historyOf(stepFunctions, arn))
    await stepFunctions.send(new SendTaskFailureCommand({ taskToken, error: 'Refused', cause: 'not so' }))
    const { output } = await ended(stepFunctions, arn)
    expect(JSON.parse(output ?? '')).toEqual({ refused: 'not so' })
    const here = await answeredOnTheEngine((engine, token) =>
      engine.sendTaskFailure(token, { error: 'Refused', cause: 'not so' }),
    )
    expect(here).toEqual({ refused: 'not so' })
  })
})

it('a stopped execution ends as on the engine', async () => {
  const name = `${mark}-stopped`
  const arn = await start(WAITING_MACHINE, {}, name)
  await until('the wait', 20_000, async () => {
    return (await historyOf(stepFunctions, arn)).some(({ type }) => type === 'WaitStateEntered') || undefined
  })
  await stepFunctions.send(new StopExecutionCommand({ executionArn: arn, error: 'Enough', cause: 'no more' }))
  const { status, error, cause } = await ended(stepFunctions, arn)
  expect({ status, error, cause }).toEqual({ status: 'ABORTED', error: 'Enough', cause: 'no more' })

  const { engine, close } = openEngine()
  const input = { functionName: LOCAL_FUNCTION }
  const { done } = await engine.start({ name, machineArn: 'arn:machine', definition: WAITING_MACHINE, input })
  await until(
    'the wait',
    5_000,
    async () => engine.history(name).some((e) => e.type === 'WaitStateEntered') || undefined,
  )
  await engine.stop(name, { error: 'Enough', cause: 'no more' })
  const result = await done
  expect(result).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'no more' })
  const lastOf = (events: readonly RawEvent[], functionName: string) =>
    normalizeHistory(events, namesOf(functionName, name)).at(-1)
  expect(lastOf(await historyOf(stepFunctions, arn), functionArn)).toEqual(
    lastOf(engine.history(name) as unknown as RawEvent[], LOCAL_FUNCTION),
  )
  close()
})

function openEngine() {
  const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  const surroundings = { history, clock: systemClock, random: () => 0, machine: () => undefined }
  const engine = createEngine({ ...surroundings, invokeFunction: async (_, payload) => payload })
  return { engine, close: () => history.close() }
}

type Engine = ReturnType<typeof openEngine>['engine']

async function answeredOnTheEngine(answer: (engine: Engine, token: string) => Promise<void>): Promise<unknown> {
  const { engine, close } = openEngine()
  const input = { functionName: LOCAL_FUNCTION }
  const { done } = await engine.start({ name: 'run', machineArn: 'arn:machine', definition: TOKEN_MACHINE, input })
  await answer(engine, await tokenOf(async () => engine.history('run') as unknown as RawEvent[]))
  const result = await done
  close()
  return result.status === 'SUCCEEDED' ? result.output : result
}

/** The token as it went to the function: whoever approves gets it from there. */
function tokenOf(read: () => Promise<readonly RawEvent[]>): Promise<string> {
  return until('the task token', 20_000, async () => {
    const events = await read()
    // The function has it once the task has begun.
    if (!events.some(({ type }) => type === 'TaskSubmitted')) return undefined
    const scheduled = events.find(({ type }) => type === 'TaskScheduled') as
      | { readonly taskScheduledEventDetails?: { readonly parameters?: string } }
      | undefined
    const { Payload } = JSON.parse(scheduled?.taskScheduledEventDetails?.parameters ?? '{}') as {
      Payload?: { value?: string }
    }
    return Payload?.value
  })
}
