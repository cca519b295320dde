import { expect, it } from 'vitest'
import { type ApprovalBinding, approvalIdOf } from '../../../src/approval/approval-id.ts'
import { ApprovalId } from '../../../src/schema/approval.ts'

const binding: ApprovalBinding = {
  runId: 'run-1',
  stepId: 'pay',
  kind: 'tool',
  tool: 'send_money',
  subjectSha256: 'a'.repeat(64),
  requester: 'clerk',
  policyVersion: 'b'.repeat(64),
  which: 'c'.repeat(64),
}

it('is the same for the same question, and of the form that the wire wants', () => {
  expect(approvalIdOf({ ...binding })).toBe(approvalIdOf(binding))
  expect(ApprovalId.parse(approvalIdOf(binding))).toBe(approvalIdOf(binding))
})

it.each([
  ['run', { runId: 'run-10' }],
  ['step', { stepId: 'pay2' }],
  ['kind', { kind: 'question' }],
  ['tool', { tool: undefined }],
  ['arguments', { subjectSha256: 'd'.repeat(64) }],
  ['requester', { requester: 'other' }],
  ['policy', { policyVersion: 'e'.repeat(64) }],
  ['call', { which: 1 }],
] as const)('is another for another %s', (_, change) => {
  expect(approvalIdOf({ ...binding, ...change })).not.toBe(approvalIdOf(binding))
})
