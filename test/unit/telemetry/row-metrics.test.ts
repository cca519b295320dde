import { describe, expect, it } from 'vitest'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { MetricGroup } from '../../../src/telemetry/metric-group.ts'
import { stepMetrics } from '../../../src/telemetry/row-metrics.ts'
import { testAgent } from '../agent/harness.ts'
import { rowsWithCanaries } from './canaries.ts'
import { heldByBrake, heldByBreaker, heldByBudget, heldByPerson, ofUnknownEffect } from './guarded-rows.ts'
import { ANSWERED, rowsOfStep } from './step-rows.ts'

const solver = { agent: 'solver' }

async function rows(...given: Parameters<typeof rowsOfStep>): Promise<JournalRow[]> {
  return (await rowsOfStep(...given)).map(({ row }) => row)
}

/** `name{dimensions}` → value. */
function flat(groups: readonly MetricGroup[]): Record<string, number> {
  return Object.fromEntries(
    groups.flatMap(({ dimensions, metrics }) =>
      metrics.flatMap(({ name, value }) =>
        dimensions.map((set) => [`${name}{${Object.values(set).join()}}`, value] as const),
      ),
    ),
  )
}

it('counts what a finished step took, and nothing that did not happen', async () => {
  expect(flat(stepMetrics(await rows(ANSWERED), solver))).toEqual({
    'StepLatency{solver}': 0,
    'StepErrors{}': 0,
    'StepErrors{solver}': 0,
    'Turns{solver}': 2,
    'InputTokens{solver}': 300,
    'OutputTokens{solver}': 30,
    'CostUsd{solver}': expect.closeTo(0.00045, 8),
  })
})

it('measures an attempt from its first row to its last', async () => {
  const script = { solver: [{ submit: { answer: '3' }, latencyMs: 1_500 }] }
  expect(flat(stepMetrics(await rows(script), solver))).toMatchObject({ 'StepLatency{solver}': 1_500 })
})

it('counts an unknown cost apart, and never as 0', async () => {
  const metrics = flat(stepMetrics(await rows(ANSWERED, { dependencies: { priceOf: () => undefined } }), solver))
  expect(metrics).toMatchObject({ 'UnknownCosts{solver}': 2 })
  expect(metrics).not.toHaveProperty(['CostUsd{solver}'])
})

it('counts denials, tool errors and model retries', async () => {
  const told = (await rowsWithCanaries()).map(({ row }) => row)
  expect(flat(stepMetrics(told, solver))).toMatchObject({
    'DeniedCalls{}': 2,
    'DeniedCalls{solver}': 2,
    'ToolErrors{solver}': 1,
    'Errors{OtherError}': 1,
    'Retries{solver}': 1,
    'StepErrors{solver}': 0,
  })
})

it('counts a stop by its cause', async () => {
  const agent = testAgent({ limits: { turns: 1 } })
  const metrics = flat(stepMetrics(await rows(ANSWERED, { agent }), solver))
  expect(metrics).toMatchObject({ 'StepErrors{}': 1, 'StepErrors{solver}': 1, 'Errors{turnLimit}': 1 })
})

it('takes no cancellation for an error', async () => {
  const metrics = flat(stepMetrics(await rows(ANSWERED, { dependencies: { isCancelled: async () => true } }), solver))
  expect(metrics).toEqual({ 'StepLatency{solver}': 0, 'StepErrors{}': 0, 'StepErrors{solver}': 0 })
})

it('counts what an invocation threw, even before it wrote a row', () => {
  expect(flat(stepMetrics([], { ...solver, error: 'RetryableRecordsUnavailable' }))).toEqual({
    'StepErrors{}': 1,
    'StepErrors{solver}': 1,
    'Errors{RetryableRecordsUnavailable}': 1,
  })
})

it('counts pauses and later attempts', async () => {
  const script = { solver: [{ fail: 'throttled' as const, retryAfterMs: 60_000 }] }
  const waited = await rows(script)
  expect(flat(stepMetrics(waited, solver))).toMatchObject({ 'Waits{solver}': 1, 'StepErrors{solver}': 0 })
  const again = waited.map((row) => ({ ...row, attempt: 2 }))
  expect(flat(stepMetrics(again, solver))).toMatchObject({ 'RepeatedAttempts{solver}': 1 })
  const nearlyUp = await rows(ANSWERED, { dependencies: { deadline: new Date('2025-12-31T00:00:00.000Z') } })
  expect(flat(stepMetrics(nearlyUp, solver))).toMatchObject({ 'Continues{solver}': 1 })
})

describe('what held a step', () => {
  const told = async (rowsOf: () => Promise<readonly { readonly row: JournalRow }[]>) =>
    flat(
      stepMetrics(
        (await rowsOf()).map(({ row }) => row),
        solver,
      ),
    )

  it('an open breaker, and no call of it', async () => {
    const metrics = await told(heldByBreaker)
    expect(metrics).toMatchObject({ 'OpenBreakers{}': 1, 'Retries{solver}': 1 })
    expect(metrics).not.toHaveProperty(['Turns{solver}'])
  })

  it('a budget that is used up, as an error by that name', async () => {
    expect(await told(heldByBudget)).toMatchObject({
      'BudgetStops{solver}': 1,
      'Errors{budget}': 1,
    })
  })

  it('a brake, which is no error', async () => {
    const metrics = await told(heldByBrake)
    expect(metrics).toMatchObject({ 'BrakedSteps{solver}': 1, 'StepErrors{}': 0 })
    expect(Object.keys(metrics).filter((name) => name.startsWith('Errors'))).toEqual([])
  })

  it('a person who is asked', async () => {
    expect(await told(heldByPerson)).toMatchObject({ 'ApprovalRequests{solver}': 1, 'StepErrors{}': 0 })
  })

  it('an effect that nobody knows of', async () => {
    const metrics = await told(ofUnknownEffect)
    expect(metrics).toMatchObject({ 'UnknownEffects{}': 1, 'UnknownEffects{solver}': 1, 'Errors{EffectUnknown}': 1 })
  })
})

it('counts at most ten names of errors apart', async () => {
  const [, , tool] = await rows(ANSWERED)
  const letters = [...'abcdefghijklmnop']
  const failed = letters.map((letter) => ({ ...tool, status: 'error', reason: `E${letter}: x` }) as JournalRow)
  const counted = Object.entries(flat(stepMetrics(failed, solver))).filter(([name]) => name.startsWith('Errors'))
  expect(counted).toHaveLength(11)
  expect(Object.fromEntries(counted)).toMatchObject({ 'Errors{Ea}': 1, 'Errors{FurtherErrors}': 6 })
})
