/** What can become of a run on its way: stopped, cancelled, resumed, started by an event. */
import { randomUUID } from 'node:crypto'
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { AwsClient } from 'aws4fetch'
import { expect, it } from 'vitest'
import { ask, detailsOf, runEnded, startRun } from './support/api.ts'
import { client, deployed, stepFunctions, storesOf } from './support/deployed.ts'
import { modelCalls } from './support/model-calls.ts'
import { executionArn } from './support/on-aws.ts'
import { until } from './support/until.ts'

const { patterns, callsUrl } = deployed
const FAR_AWAY = '2099-01-01T00:00:00Z'

async function startPaused(): Promise<Awaited<ReturnType<typeof startRun>>> {
  const run = await startRun(patterns, { workflow: 'paused', input: { word: randomUUID(), untilIso: FAR_AWAY } })
  await until('the first step', 200_000, async () => {
    const { steps } = await detailsOf(patterns, run.runId)
    return steps.some(({ stepId, status }) => stepId === 'before' && status === 'completed') || undefined
  })
  return run
}

it.concurrent('a stopped execution ends its run, which the API shows', async () => {
  const { runId, lock } = await startPaused()
  const arn = executionArn(lock.workflows['paused']?.stateMachineArn ?? '', `${runId}.1`)
  await stepFunctions.send(new StopExecutionCommand({ executionArn: arn, error: 'Enough', cause: 'by hand' }))
  const { run, steps } = await runEnded(patterns, runId)
  expect(run).toMatchObject({ status: 'cancelled', execution: 1 })
  expect(run.endedAt).toBeDefined()
  expect(steps.map(({ stepId, status }) => [stepId, status])).toEqual([['before', 'completed']])
})

it.concurrent('a cancelled run that waits is stopped after its grace time, and can be resumed', async () => {
  const { runId } = await startPaused()
  expect(await ask(patterns, `/runs/${runId}/cancel`, { method: 'POST' })).toMatchObject({
    status: 202,
    body: { runId, cancelRequested: true },
  })
  const { run } = await runEnded(patterns, runId)
  expect(run).toMatchObject({ status: 'cancelled', cancelRequested: true })
  const again = await ask(patterns, `/runs/${runId}/resume`, { method: 'POST' })
  expect(again).toMatchObject({ status: 202, body: { runId, status: 'running', execution: 2 } })
  await ask(patterns, `/runs/${runId}/cancel`, { method: 'POST' })
  expect((await runEnded(patterns, runId)).run).toMatchObject({ status: 'cancelled', execution: 2 })
})

it.concurrent('a failed run is resumed, and what was finished is not done again', async () => {
  const word = `refused-1-${randomUUID()}`
  const { runId } = await startRun(patterns, { workflow: 'resumable', input: { word } })
  const failed = await runEnded(patterns, runId)
  expect(failed.run).toMatchObject({ status: 'failed', error: { name: 'Stopped.modelRejected', stepId: 'fragile' } })
  expect(await agentsAsked(word)).toEqual(['worker before', 'fragile fragile'])

  expect((await ask(patterns, `/runs/${runId}/resume`, { method: 'POST' })).status).toBe(202)
  const { run } = await runEnded(patterns, runId)
  expect(run).toMatchObject({ status: 'succeeded', execution: 2, output: { text: word.toUpperCase() } })
  expect(await agentsAsked(word)).toEqual(['worker before', 'fragile fragile', 'fragile fragile', 'worker after'])
  expect((await ask(patterns, `/runs/${runId}/resume`, { method: 'POST' })).status).toBe(409)
})

async function agentsAsked(word: string): Promise<string[]> {
  return (await modelCalls(callsUrl, word)).map(({ agent, stepId }) => `${agent} ${stepId}`)
}

it.concurrent('a run starts when an event comes', async () => {
  const target = 1_000_000 + Math.floor(Math.random() * 1_000_000)
  const { accessKeyId, secretAccessKey } = client.credentials
  const aws = new AwsClient({ accessKeyId, secretAccessKey, region: client.region, service: 'events' })
  const Entries = [{ Source: 'baton.test', DetailType: 'Asked', Detail: JSON.stringify({ target }) }]
  const put = await aws.fetch(deployed.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' },
    body: JSON.stringify({ Entries }),
  })
  expect(await put.json()).toMatchObject({ FailedEntryCount: 0 })
  const { runs } = storesOf(patterns)
  const started = await until('the run', 200_000, async () => {
    const { runs: newest } = await runs.list({ limit: 100 })
    return newest.find(({ input }) => (input as { target?: number } | null)?.target === target)
  })
  expect(started.runId).toMatch(/^k-/)
  expect((await runEnded(patterns, started.runId)).run).toMatchObject({ status: 'succeeded', workflow: 'brief' })
})
