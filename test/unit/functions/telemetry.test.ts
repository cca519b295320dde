import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { agentHandler } from '../../../functions/agent.ts'
import type { AgentSurroundings } from '../../../functions/agent-surroundings.ts'
import { createTelemetry, type Telemetry } from '../../../functions/telemetry.ts'
import { RetryableError } from '../../../src/errors.ts'
import { scriptedModel } from '../../../src/models/scripted.ts'
import type { JsonObject } from '../../../src/schema/json.ts'
import { METRIC_NAMESPACE, METRIC_UNITS } from '../../../src/telemetry/metric-names.ts'
import { CANARY, rowsWithCanaries } from '../telemetry/canaries.ts'
import { RUN, runLike } from '../telemetry/run-like.ts'
import { ANSWERED, rowsOfStep } from '../telemetry/step-rows.ts'
import { lambdaContext, memoryStores, PRICES, team } from './support/team.ts'

const place = { runId: 'run-1', stepId: 'answer', agent: 'solver' }
const context = { awsRequestId: 'request-1', functionName: 'solver-function' }

let written: string[] = []

beforeEach(() => {
  written = []
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand')
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  }
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** Every line that was written: each must be JSON. */
function lines(): JsonObject[] {
  return written
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
const logs = () => lines().filter((line) => !('_aws' in line))
const documents = () => lines().filter((line) => '_aws' in line) as unknown as EmfDocument[]

interface EmfDocument {
  readonly [key: string]: unknown
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
}

async function tellStep(telemetry: Telemetry, ended = { status: 'completed' }): Promise<void> {
  const step = telemetry.step(place, context)
  for (const { row, body } of await rowsOfStep(ANSWERED)) step.onRow(row, body)
  step.finish(ended)
}

it('writes one JSON line a row, with the keys of its place, and one at the end', async () => {
  let nowMs = 1_000
  await tellStep(createTelemetry({ team: 'newsroom', now: () => (nowMs += 250) }))
  expect(logs().map(({ message }) => message)).toEqual(['start', 'turn', 'tool', 'turn', 'outcome', 'invocation'])
  for (const line of logs()) {
    expect(line).toMatchObject({
      level: 'INFO',
      service: 'newsroom',
      correlation_id: 'run-1',
      run: 'run-1',
      step: 'answer',
      agent: 'solver',
      attempt: 1,
      function_name: 'solver-function',
      function_request_id: 'request-1',
    })
  }
  expect(logs().at(-1)).toMatchObject({ event: 'invocation', status: 'completed' })
  expect(logs().at(-1)?.['baton.duration_ms']).toBeGreaterThan(0)
})

it('is told of each row by the function of an agent, and of its end', async () => {
  const stores = memoryStores()
  const model = scriptedModel({ solver: [{ submit: { answer: '6' } }] }, { clock: stores.clock })
  const surroundings: AgentSurroundings = {
    agent: 'solver',
    clock: stores.clock,
    telemetry: createTelemetry({ team: team.name }),
    reach: async () => ({ ...stores, model }),
  }
  const handler = agentHandler({ team, prices: PRICES }, async () => surroundings)
  const event = { ...place, stepId: 'first', execution: 1, input: { question: 'What?' }, settings: {} }
  await handler({ ...event, runId: RUN }, lambdaContext())
  await handler({ ...event, runId: 'run-2', input: 'off schema' }, lambdaContext())
  expect(logs().map(({ run, message, status }) => [run, message, status].join(' ').trim())).toEqual([
    'run-1 start',
    'run-1 turn toolUse',
    'run-1 outcome completed',
    'run-1 invocation completed',
    'run-2 start',
    'run-2 outcome inputRejected',
    'run-2 invocation inputRejected',
  ])
  expect(documents()).toContainEqual(expect.objectContaining({ service: team.name, error: 'inputRejected', Errors: 1 }))
})

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
it('writes metrics as the embedded metric format has them', async () => {
  const telemetry = createTelemetry({ team: 'newsroom' })
  await tellStep(telemetry)
  const operation = telemetry.operation('endRun', context)
  operation.onRunEnd(runLike())
  operation.finish({ status: 'ended' })
  expect(documents().length).toBeGreaterThanOrEqual(4)
  for (const document of documents()) {
    expect(Math.abs(document._aws.Timestamp - Date.now())).toBeLessThan(60_000)
    expect(document._aws.CloudWatchMetrics).toHaveLength(1)
    for (const { Namespace, Dimensions, Metrics } of document._aws.CloudWatchMetrics) {
      expect(Namespace).toBe(METRIC_NAMESPACE)
      expect(Dimensions.length).toBeGreaterThan(0)
      for (const set of Dimensions) {
        expect(set).toContain('service')
        for (const name of set) expect(document[name]).toEqual(expect.stringMatching(/^.{1,1024}$/))
      }
      expect(Metrics.length).toBeLessThanOrEqual(100)
      for (const { Name, Unit } of Metrics) {
        expect(document[Name]).toEqual(expect.any(Number))
        expect(METRIC_UNITS).toMatchObject({ [Name]: Unit })
      }
    }
  }
})

it('has the run, the step and the attempt beside the metrics, never as a dimension', async () => {
  await tellStep(createTelemetry({ team: 'newsroom' }))
  for (const document of documents()) {
    expect(document).toMatchObject({ service: 'newsroom', run: 'run-1', step: 'answer', attempt: '1' })
    expect(document._aws.CloudWatchMetrics[0]?.Dimensions.flat()).not.toContain('run')
  }
})

it('sends what a step took, once', async () => {
  const telemetry = createTelemetry({ team: 'newsroom' })
  const step = telemetry.step(place, context)
  for (const { row, body } of await rowsOfStep(ANSWERED)) step.onRow(row, body)
  step.finish({ status: 'completed' })
  step.finish({ error: new Error('a second time') })
  const sent = documents().filter((document) => 'Turns' in document)
  expect(sent).toMatchObject([{ agent: 'solver', Turns: 2, InputTokens: 300, OutputTokens: 30 }])
  expect(sent[0]?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service', 'agent']])
  const errors = documents().find((document) => 'StepErrors' in document)
  expect(errors?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([['service'], ['service', 'agent']])
  expect(logs().filter(({ event }) => event === 'invocation')).toHaveLength(1)
})

it('counts one cold start a process', async () => {
  const telemetry = createTelemetry({ team: 'newsroom' })
  await tellStep(telemetry)
  await tellStep(telemetry)
  expect(documents().filter((document) => document['ColdStart'] === 1)).toHaveLength(1)
  const invocations = logs().filter(({ event }) => event === 'invocation')
  expect(invocations.map((line) => line['cold_start'])).toEqual([true, false])
})

it('does not mix invocations that go on at the same time', async () => {
  const telemetry = createTelemetry({ team: 'newsroom' })
  const rows = await rowsOfStep(ANSWERED)
  const steps = ['one', 'two'].map((name) => ({
    name,
    step: telemetry.step(
      { runId: `run-${name}`, stepId: name, agent: `agent-${name}` },
      { awsRequestId: `request-${name}` },
    ),
  }))
  for (const { row, body } of rows) {
    for (const { name, step } of steps) {
      step.onRow({ ...row, runId: `run-${name}` as typeof row.runId, stepId: name as typeof row.stepId }, body)
    }
  }
  for (const { step } of steps) step.finish({ status: 'completed' })
  expect(logs()).toHaveLength(12)
  for (const { name } of steps) {
    const own = logs().filter(({ function_request_id: id }) => id === `request-${name}`)
    expect(own).toHaveLength(6)
    for (const line of own) {
      const id = `run-${name}`
      expect(line).toMatchObject({ run: id, correlation_id: id, step: name, agent: `agent-${name}` })
    }
    const metrics = documents().filter((document) => document['run'] === `run-${name}` && 'Turns' in document)
    expect(metrics).toMatchObject([{ agent: `agent-${name}`, step: name, Turns: 2 }])
  }
})

it('says what was thrown by its name and place, and counts it', () => {
  class Unavailable extends RetryableError {
    override readonly name = 'RetryableRecordsUnavailable'
  }
  const step = createTelemetry({ team: 'newsroom' }).step(place, context)
  step.finish({ error: new Unavailable({ message: 'the table said canary-text', next: 'Wait.' }) })
  expect(logs()).toMatchObject([{ level: 'ERROR', event: 'invocation', 'error.type': 'RetryableRecordsUnavailable' }])
  expect(documents().some(({ StepErrors }) => StepErrors === 1)).toBe(true)
  expect(documents()).toContainEqual(expect.objectContaining({ error: 'RetryableRecordsUnavailable', Errors: 1 }))
  expect(written.join('')).not.toMatch(CANARY)
})

it.each([false, true])('writes content: %s', async (logContent) => {
  const step = createTelemetry({ team: 'newsroom', logContent }).step(place, context)
  for (const { row, body } of await rowsWithCanaries()) step.onRow(row, body)
  step.finish({ status: 'completed' })
  expect(CANARY.test(written.join(''))).toBe(logContent)
})

it('keeps to the log level; metrics are sent all the same', async () => {
  await tellStep(createTelemetry({ team: 'newsroom', logLevel: 'ERROR' }))
  expect(logs()).toEqual([])
  expect(documents().some((document) => 'Turns' in document)).toBe(true)
})

it('tells of a request, and of a run that ended', () => {
  const operation = createTelemetry({ team: 'newsroom', now: () => 5_000 }).operation('api', context)
  operation.ofRun(RUN)
  operation.onRunEnd(runLike({ status: 'failed' }))
  operation.finish({ status: '202', operation: 'startRun' })
  expect(logs()).toMatchObject([
    { event: 'run', run: RUN, correlation_id: RUN, status: 'failed', 'baton.run.cost_usd': 0.25 },
    { event: 'invocation', run: RUN, status: '202', 'baton.operation': 'startRun' },
  ])
  expect(documents()).toContainEqual(expect.objectContaining({ operation: 'startRun', RequestLatency: 0 }))
  expect(documents()).toContainEqual(expect.objectContaining({ status: 'failed', Runs: 1 }))
  expect(documents()).toContainEqual(expect.objectContaining({ workflow: 'report', RunCostUsd: 0.25 }))
})

it.each([false, true])(
  'tells a fault by name and place, and its message where content is asked for: %s',
  (logContent) => {
    const telemetry = createTelemetry({ team: 'newsroom', logContent })
    telemetry.fault(new TypeError('not to be told'), { method: 'GET', path: '/runs' })
    expect(logs()).toMatchObject([
      { level: 'ERROR', message: 'request failed', method: 'GET', path: '/runs', 'error.type': 'TypeError' },
    ])
    expect(written.join('').includes('not to be told')).toBe(logContent)
  },
)
