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

  it('stays within one item of a forEach whose items ran side by side', () => {
    const steps = [
      step('plan', 0, 5),
      step('topics:0/research', 5, 10),
      step('topics:0/review', 10, 15),
      step('topics:1/research', 5, 14),
      step('topics:1/review', 15, 30),
      step('report', 30, 40),
    ]
    expect(criticalPath(steps, { startedAt: 0, endedAt: 40 })).toEqual({
      stepIds: ['plan', 'topics:1/research', 'topics:1/review', 'report'],
      stepsMs: 39,
      overheadMs: 1,
    })
  })

  it('goes from item to item where one began when another was over', () => {
    const steps = [
      step('topics:0/research', 0, 5),
      step('topics:0/review', 5, 9),
      step('topics:1/research', 0, 20),
      step('topics:2/research', 9, 25),
    ]
    expect(criticalPath(steps, { startedAt: 0, endedAt: 25 })).toEqual({
      stepIds: ['topics:0/research', 'topics:0/review', 'topics:2/research'],
      stepsMs: 25,
      overheadMs: 0,
    })
  })

  it('comes back to no other item by way of a step outside, and tells nested forEachs and rounds apart', () => {
    const around = [step('all:0/a', 0, 4), step('beside', 4, 6), step('all:1/b', 2, 3), step('all:1/c', 6, 9)]
    expect(criticalPath(around, { startedAt: 0, endedAt: 9 }).stepIds).toEqual(['all:1/b', 'beside', 'all:1/c'])
    const nested = [step('o:0/i:0/a', 0, 4), step('o:0/i:1/a', 0, 3), step('o:0/i:1/b', 4, 9), step('o:1/i:1/a', 0, 1)]
    expect(criticalPath(nested, { startedAt: 0, endedAt: 9 }).stepIds).toEqual(['o:0/i:1/a', 'o:0/i:1/b'])
    const rounds = [step('again=1/all:0/a', 0, 4), step('again=2/all:1/a', 4, 8)]
    expect(criticalPath(rounds, { startedAt: 0, endedAt: 8 }).stepIds).toEqual(['again=1/all:0/a', 'again=2/all:1/a'])
  })

  it('is all overhead where there are no steps', () => {
    expect(criticalPath([], { startedAt: 3, endedAt: 8 })).toEqual({ stepIds: [], stepsMs: 0, overheadMs: 5 })
  })
})
