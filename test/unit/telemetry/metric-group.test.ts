import { expect, it } from 'vitest'
import { metricGroups } from '../../../src/telemetry/metric-group.ts'
import { METRIC_DIMENSIONS } from '../../../src/telemetry/metric-names.ts'

it('puts together what is counted by the same dimensions', () => {
  expect(metricGroups({ Turns: 2, DeniedCalls: 1, CostUsd: 0.5, Waits: undefined }, { agent: 'solver' })).toEqual([
    {
      dimensions: [{ agent: 'solver' }],
      metrics: [
        { name: 'Turns', unit: 'Count', value: 2 },
        { name: 'CostUsd', unit: 'None', value: 0.5 },
      ],
    },
    { dimensions: [{}, { agent: 'solver' }], metrics: [{ name: 'DeniedCalls', unit: 'Count', value: 1 }] },
  ])
})

it('counts by nothing that every run has another value of', () => {
  const dimensions = new Set(Object.values(METRIC_DIMENSIONS).flat(2))
  expect([...dimensions].toSorted()).toEqual(['agent', 'error', 'move', 'operation', 'outcome', 'status', 'workflow'])
})
