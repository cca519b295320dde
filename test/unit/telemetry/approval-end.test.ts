import { describe, expect, it } from 'vitest'
import { ApprovalDecision, ApprovalRequest } from '../../../src/schema/approval.ts'
import { approvalMetrics, logOfApproval } from '../../../src/telemetry/approval-end.ts'

const approvalId = `a-${'1'.repeat(32)}`
const subjectSha256 = 'ab'.repeat(32)
const request = ApprovalRequest.parse({
  ...{ approvalId, subjectSha256, kind: 'tool', runId: 'run-1', stepId: 'send', agent: 'clerk' },
  ...{ summary: 'canary-summary', subject: { to: 'canary-subject' }, policy: { role: 'editor' } },
  ...{ requestedAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-04T00:00:00.000Z' },
})

function decided(more: object) {
  const decision = { approvalId, subjectSha256, outcome: 'denied', by: ['canary-person'], comment: 'canary-comment' }
  return { request, decision: ApprovalDecision.parse({ ...decision, at: '2026-01-01T00:01:30.000Z', ...more }) }
}

describe('what people decided', () => {
  it('is a line of ids and times, without anything that was asked or said', () => {
    const line = logOfApproval(decided({}))
    expect(line).toEqual({
      run: 'run-1',
      step: 'send',
      agent: 'clerk',
      'gen_ai.agent.name': 'clerk',
      event: 'approval',
      rule: 'approval.tool',
      status: 'denied',
      'baton.approval': approvalId,
      'baton.duration_ms': 90_000,
    })
  })

  it.each([
    ['approved', { outcome: 'approved' }],
    ['denied', {}],
    ['expired', { expired: true, by: [] }],
    ['expired', { outcome: 'approved', expired: true, by: [] }],
  ])('is counted by its outcome, with the time that it took: %s', (outcome, more) => {
    const [counted, waited] = approvalMetrics(decided(more)).flatMap(({ dimensions, metrics }) =>
      metrics.map((metric) => ({ dimensions, ...metric })),
    )
    expect(counted).toMatchObject({ name: 'Approvals', value: 1, dimensions: [{ outcome }] })
    expect(waited).toMatchObject({ name: 'ApprovalWait', value: 90_000, dimensions: [{ outcome }] })
  })
})
