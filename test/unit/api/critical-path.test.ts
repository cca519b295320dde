import { describe, expect, it } from 'vitest'
import { criticalPath } from '../../../src/api/critical-path.ts'

const step = (stepId: string, startedAt: number, endedAt: number) => ({ stepId, startedAt, endedAt })

describe('criticalPath', () => {
  it('follows the slowest branch of a fan-out', () => {
    const steps = [step('plan', 0, 10), step('a', 11, 20), step('b', 11, 50), step('report', 52, 60)]
    expect(criticalPath(steps, { startedAt: 0, endedAt: 61 })).toEqual({
      stepIds: ['plan', 'b', 'report'],
      stepsMs: 57,
      overheadMs: 4,
    })
  })

  it('takes steps that follow each other without a gap, each once', () => {
    const steps = [step('a', 0, 5), step('b', 5, 5), step('c', 5, 9)]
    expect(criticalPath(steps, { startedAt: 0, endedAt: 9 })).toMatchObject({ stepIds: ['a', 'b', 'c'], overheadMs: 0 })
  })

  it('takes one of the steps that took no time at the same moment, and names a step tried again once in a row', () => {
    const steps = [step('a', 0, 5), step('b', 5, 5), step('c', 5, 5), step('d', 5, 9), step('d', 10, 12)]
    expect(criticalPath(steps, { startedAt: 0, endedAt: 12 })).toEqual({
      stepIds: ['a', 'c', 'd'],
      stepsMs: 11,
      overheadMs: 1,
    })
  })

  it('is all overhead where there are no steps', () => {
    expect(criticalPath([], { startedAt: 3, endedAt: 8 })).toEqual({ stepIds: [], stepsMs: 0, overheadMs: 5 })
  })
})
