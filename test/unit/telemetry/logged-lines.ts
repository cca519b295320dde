/** What functions really write, of steps that go well and badly, and of runs that end: the lines, as objects. */

import { vi } from 'vitest'
import { createTelemetry } from '../../../functions/telemetry.ts'
import { ApprovalDecision, ApprovalRequest } from '../../../src/schema/approval.ts'
import type { JsonObject } from '../../../src/schema/json.ts'
import { Move } from '../../../src/schema/versions.ts'
import { NO_RUNS } from '../../../src/versions/guard.ts'
import { testAgent } from '../agent/harness.ts'
import { rowsWithCanaries } from './canaries.ts'
import {
  effectAllowed,
  heldByBrake,
  heldByBreaker,
  heldByBudget,
  heldByPerson,
  ofUnknownEffect,
} from './guarded-rows.ts'
import { runLike, USAGE } from './run-like.ts'
import { ANSWERED, rowsOfStep, type ToldRow } from './step-rows.ts'

const context = { awsRequestId: 'request-1', functionName: 'solver-function' }

export async function loggedLines(): Promise<JsonObject[]> {
  const steps = [
    await rowsOfStep(ANSWERED),
    await rowsOfStep(ANSWERED, { dependencies: { priceOf: () => undefined } }),
    await rowsOfStep(ANSWERED, { agent: testAgent({ limits: { turns: 1 } }) }),
    await rowsWithCanaries(),
    await rowsOfStep(ANSWERED, { dependencies: { deadline: new Date('2025-12-31T00:00:00.000Z') } }),
    await waitedTwice(),
    ...(await Promise.all([
      heldByBreaker(),
      heldByBudget(),
      heldByBrake(),
      heldByPerson(),
      effectAllowed(),
      ofUnknownEffect(),
    ])),
  ]
  return captured(() => {
    const telemetry = createTelemetry({ team: 'newsroom' })
    for (const rows of steps) tell(rows)
    telemetry.decided(DECIDED)
    telemetry.moved('newsroom', STOPPED)
    const ended = telemetry.operation('runEnded', context)
    const error = { name: 'Stopped.turnLimit', message: 'No output.', next: 'Raise it.' }
    ended.onRunEnd(runLike({ status: 'failed', error }))
    ended.onRunEnd(runLike({ usage: { ...USAGE, costUsd: null } }))
    ended.finish({ error: new TypeError('x') })

    function tell(rows: readonly ToldRow[]): void {
      const step = telemetry.step({ runId: 'run-1', stepId: 'answer', agent: 'solver' }, context)
      for (const { row, body } of rows) step.onRow(row, body)
      step.finish({ status: 'completed' })
    }
  })
}

/** By its guard. */
const STOPPED = Move.parse({
  ...{
    revision: 4,
    kind: 'canaryStopped',
    from: { stable: 1, canary: { release: 2, percent: 20 } },
    to: { stable: 1 },
  },
  ...{ at: '2026-01-01T00:00:00.000Z', by: 'guard', reason: 'canary-rule' },
  rule: { rule: 'errorRate', value: 1, bound: 0.1, stable: NO_RUNS, canary: NO_RUNS },
})

const DECIDED: Parameters<ReturnType<typeof createTelemetry>['decided']>[0] = {
  request: ApprovalRequest.parse({
    approvalId: `a-${'0'.repeat(32)}`,
    kind: 'tool',
    runId: 'run-1',
    stepId: 'answer',
    agent: 'solver',
    summary: 'canary-summary',
    subject: { to: 'canary-subject' },
    subjectSha256: 'ab'.repeat(32),
    policy: {},
    requestedAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-04T00:00:00.000Z',
  }),
  decision: ApprovalDecision.parse({
    approvalId: `a-${'0'.repeat(32)}`,
    subjectSha256: 'ab'.repeat(32),
    outcome: 'denied',
    by: ['canary-person'],
    at: '2026-01-01T00:01:00.000Z',
    guidance: 'canary-guidance',
  }),
}

/** The rows of a second attempt that waits, as the first did. */
async function waitedTwice(): Promise<ToldRow[]> {
  const rows = await rowsOfStep({ solver: [{ fail: 'throttled', retryAfterMs: 60_000 }] })
  return rows.map(({ row, body }) => ({ row: { ...row, attempt: 2 }, body }))
}

function captured(work: () => void): JsonObject[] {
  const written: string[] = []
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand')
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
  )
  try {
    work()
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
  }
  const lines = written.join('').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}
