import { expect, it } from 'vitest'
import type { Run } from '../../../src/schema/run.ts'
import { logOfRun, runMetrics } from '../../../src/telemetry/run-end.ts'
import { runLike, USAGE } from './run-like.ts'

it('tells how a run ended and what it took, and nothing that it said', () => {
  const fields = logOfRun(runLike())
  expect(fields).toEqual({
    run: 'run-1',
    event: 'run',
    status: 'succeeded',
    'baton.workflow': 'report',
    'baton.execution': 1,
    'baton.duration_ms': 90_000,
    'baton.run.turns': 4,
    'baton.run.input_tokens': 400,
    'baton.run.output_tokens': 40,
    'baton.run.cost_usd': 0.25,
  })
})

it('names what a failed run failed with', () => {
  const error = { name: 'Stopped.checkRejected', message: 'canary', next: 'canary' }
  const fields = logOfRun(runLike({ status: 'failed', error }))
  expect(fields).toMatchObject({ status: 'failed', 'error.type': 'Stopped.checkRejected' })
  expect(JSON.stringify(fields)).not.toContain('canary')
})

it('counts runs by status, and their time and cost by workflow', () => {
  expect(runMetrics(runLike({ status: 'timedOut' }))).toEqual([
    { dimensions: [{ status: 'timedOut' }], metrics: [{ name: 'Runs', unit: 'Count', value: 1 }] },
    { dimensions: [{}], metrics: [{ name: 'RunFailures', unit: 'Count', value: 1 }] },
    {
      dimensions: [{ workflow: 'report' }],
      metrics: [
        { name: 'RunDuration', unit: 'Milliseconds', value: 90_000 },
        { name: 'RunCostUsd', unit: 'None', value: 0.25 },
      ],
    },
  ])
})

it('counts an unknown cost apart, and none where nothing was bought', () => {
  const named = (given: Run) => runMetrics(given).flatMap(({ metrics }) => metrics.map(({ name }) => name))
  expect(named(runLike({ usage: { ...USAGE, costUsd: null } }))).toEqual([
    'Runs',
    'RunFailures',
    'RunDuration',
    'RunUnknownCosts',
  ])
  expect(named(runLike({ usage: { ...USAGE, turns: 0, costUsd: 0 } }))).toEqual(['Runs', 'RunFailures', 'RunDuration'])
})
