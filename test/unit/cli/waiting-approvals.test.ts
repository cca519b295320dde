import { expect, it } from 'vitest'
import type { ApprovalView } from '../../../src/api/approvals.ts'
import type { Place } from '../../../src/cli/place.ts'
import { waitingLines } from '../../../src/cli/waiting-approvals.ts'
import type { Run } from '../../../src/schema/run.ts'
import { ASKED_MS, pending, requestOf } from '../approval/requests.ts'

const view: ApprovalView = { ...pending(requestOf()), roles: ['editor'], missing: 1 }
const decided: ApprovalView = { ...view, status: 'denied', request: requestOf({ subject: 'other' }) }

function placeWith(...approvals: ApprovalView[]): Place {
  return { runs: { listApprovals: async () => ({ approvals }) }, words: ' --data /d' } as unknown as Place
}
const run = (status: Run['status']) => ({ runId: 'run-1', status }) as Run

it('names what a run waits for, who may decide, and the command to paste', async () => {
  const text = (await waitingLines(run('running'), placeWith(view, decided), ASKED_MS + 60_000)).join('\n')
  expect(text).toContain(view.request.approvalId.slice(0, 10))
  expect(text).toMatch(/pending +1 min 0 s ago +59 min 0 s +editor +run-1 +May I\?/)
  expect(text).toContain('npx baton approvals ID --data /d')
  expect(text).not.toContain(decided.request.approvalId.slice(0, 10))
})

it('says nothing where nobody is asked, or the run is over', async () => {
  expect(await waitingLines(run('interrupted'), placeWith(decided), ASKED_MS)).toEqual([])
  expect(await waitingLines(run('failed'), placeWith(view), ASKED_MS)).toEqual([])
})
