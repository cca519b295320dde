import { expect, it } from 'vitest'
import { Move } from '../../../src/schema/versions.ts'
import { logOfMove, moveMetrics } from '../../../src/telemetry/release-move.ts'

const none = { runs: 0, failed: 0, costUsd: 0, priced: 0, score: 0, scored: 0 }
const at = '2026-01-01T00:00:00.000Z'
const started = Move.parse({
  ...{ revision: 3, kind: 'canaryStarted', from: { stable: 1 }, at, by: 'canary-person', reason: 'canary-reason' },
  to: { stable: 1, canary: { release: 2, percent: 20 } },
})
const stopped = Move.parse({
  ...{
    revision: 4,
    kind: 'canaryStopped',
    from: started.to,
    to: { stable: 1 },
    at,
    by: 'guard',
    reason: 'canary-rule',
  },
  rule: { rule: 'score', value: 0.2, bound: 0.8, stable: none, canary: none },
})

it('is a line of numbers and names, without who said what', () => {
  expect(logOfMove(started)).toEqual({
    ...{ event: 'release', status: 'canaryStarted' },
    ...{ 'baton.pointer.revision': 3, 'baton.release.before': 1, 'baton.release': 1 },
    ...{ 'baton.canary.release': 2, 'baton.canary.percent': 20 },
  })
  expect(logOfMove(stopped)).toMatchObject({ status: 'canaryStopped', rule: 'guard.score', 'baton.release': 1 })
  expect(JSON.stringify([logOfMove(started), logOfMove(stopped)])).not.toContain('canary-')
})

it('is counted by its kind, and apart where a guard did it', () => {
  const counted = (move: Move) =>
    moveMetrics(move).flatMap(({ dimensions, metrics }) => metrics.map(({ name }) => [name, dimensions]))
  expect(counted(started)).toEqual([['ReleaseMoves', [{ move: 'canaryStarted' }]]])
  expect(counted(stopped)).toEqual([
    ['ReleaseMoves', [{ move: 'canaryStopped' }]],
    ['BrokenGuards', [{}]],
  ])
})
