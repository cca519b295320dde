/** The numbers that take long: 500 workers, 5 MB between agents, 5,000 steps. Says how far it has come. */
import { expect, it } from 'vitest'
import { detailsOf, startRun } from '../support/api.ts'
import { deployed, stepFunctions, storesOf } from '../support/deployed.ts'
import { executionArn, toldOf } from '../support/on-aws.ts'
import { ended } from '../support/step-functions.ts'
import { until } from '../support/until.ts'

const { patterns } = deployed
const HOUR_MS = 3_600_000
const END_MS = 300_000
const EVERY_MS = 15_000

async function runAtScale(workflow: string, input: { readonly [key: string]: string | number }) {
  const started = Date.now()
  const { runId, lock } = await startRun(patterns, { workflow, input })
  const { journal, runs } = storesOf(patterns)
  const say = async () => {
    let chains = 0
    for await (const _ of journal.listChains(runId)) chains++
    console.error(`${workflow}: ${chains} steps after ${Math.round((Date.now() - started) / 1_000)} s`)
  }
  const telling = setInterval(() => void say().catch(() => undefined), EVERY_MS)
  try {
    const arn = executionArn(lock.workflows[workflow]?.stateMachineArn ?? '', `${runId}.1`)
    await ended(stepFunctions, arn, HOUR_MS)
    // The end is written by a function of its own, which is told of it and reads every step.
    await until(`the end of run ${runId}`, END_MS, async () => {
      const run = await runs.read(runId)
      return run?.status === 'running' ? undefined : run
    })
  } finally {
    clearInterval(telling)
  }
  await say()
  return runId
}

it('500 workers at once', async () => {
  const runId = await runAtScale('wide', { word: 'w', count: 500 })
  const { output, run } = await toldOf(patterns, runId)
  expect(run.usage).toMatchObject({ turns: 502 })
  const letters = Array.from({ length: 500 }, (_, index) => `w-${index}`.length).reduce((sum, length) => sum + length)
  expect(output).toEqual({ report: 'items', score: letters })
})

it('5 MB from one agent to the next', async () => {
  const runId = await runAtScale('bulky', { bytes: 5_000_000 })
  expect((await toldOf(patterns, runId)).output).toEqual({ length: 2_500_000, end: 'üüü' })
})

it('5,000 steps', async () => {
  const runId = await runAtScale('long', { target: 5_000 })
  const { run } = await detailsOf(patterns, runId)
  expect(run).toMatchObject({ status: 'succeeded', output: { count: 5_000 }, usage: { turns: 5_000 } })
})
