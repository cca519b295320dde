import { expect, it } from 'vitest'
import type { ApprovalView } from '../../../src/api/approvals.ts'
import { approvalLines } from '../../../src/cli/approval-words.ts'
import { ASKED_MS, pending, requestOf, voteOn } from '../approval/requests.ts'

const viewOf = (request = requestOf()): ApprovalView => ({ ...pending(request), roles: ['editor'], missing: 1 })

it('shows the whole arguments, who may decide and by when, and commands that hold whole ids', () => {
  const view = viewOf()
  const text = approvalLines(view, ' --data /d', ASKED_MS).join('\n')
  expect(text).toContain(`the whole arguments (sha256 ${view.request.subjectSha256}):\n{\n  "to": "bob"\n}`)
  expect(text).toMatch(/until +2026-01-01T01:00:00.000Z \(1 h 0 min\), then denied/)
  expect(text).toMatch(/decides +editor/)
  expect(text).toContain(`npx baton approve ${view.request.approvalId} --data /d`)
})

it('shows what an answer must be, and that nobody’s silence is one', () => {
  const request = requestOf({ kind: 'person', answerSchema: { type: 'boolean' }, policy: { onExpiry: 'approve' } })
  const text = approvalLines(viewOf(request), '', ASKED_MS).join('\n')
  expect(text).toContain('an answer fits:\n{"type":"boolean"}')
  expect(text).toContain('then denied')
  expect(text).toContain('--answer')
})

it('tells what was said, and lets nobody write to the terminal', () => {
  const request = requestOf({ subject: 'a\u001b[2Jb' })
  const said = { ...voteOn(request, 'approve', { edited: { to: 'eve' } }), by: 'local:anna', at: request.requestedAt }
  const text = approvalLines({ ...viewOf(request), status: 'approved', votes: [said] }, '', ASKED_MS).join('\n')
  expect(text).toMatch(/approved +local:anna at 2026-01-01T00:00:00.000Z\n +to run +\{"to":"eve"\}/)
  expect(text).not.toContain('\u001b')
  expect(text).not.toContain('npx baton approve')
})

it.each([
  [false, 'anybody but who started the run'],
  [true, 'anybody'],
])('says whether whoever started the run may decide: %s', (requesterMayApprove, who) => {
  const view = { ...viewOf(requestOf({ policy: { requesterMayApprove } })), roles: [] }
  expect(approvalLines(view, '', ASKED_MS)).toContain(`decides    ${who}`)
})
