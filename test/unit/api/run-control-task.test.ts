import { expect, it } from 'vitest'
import { requestOf } from '../approval/requests.ts'
import { approvalsBench, nodeTask, RUN } from './approvals-bench.ts'

const ANNA = 'local:anna'

it('asks for a node of the workflow, and answers its token with what was decided', async () => {
  const { control, list, decide, sent, rulesOf } = await approvalsBench()
  expect(await control(nodeTask('publish', 'token-1'))).toEqual({})
  const [approval] = (await list()).approvals
  expect(approval).toMatchObject({
    status: 'pending',
    startedBy: 'local:starter',
    node: { workflow: 'paying', name: 'publish' },
    request: { kind: 'approve', stepId: 'publish', subject: { text: 'all of it' }, policy: { role: 'editor' } },
    roles: ['editor'],
    missing: 1,
  })
  if (approval === undefined) throw new Error('nobody was asked')
  const decided = await decide(approval.request, ANNA, { comment: 'good' })
  expect(decided).toMatchObject({ status: 'approved', missing: 0 })
  expect(sent).toEqual([['token-1', decided.decision]])
  expect(await rulesOf('publish')).toEqual([
    'decision approval.approve',
    'decision approval.approved',
    'outcome completed',
  ])
})

it('writes down who decided what, about what, and why', async () => {
  const { control, list, decide, stores } = await approvalsBench()
  await control(nodeTask('publish', 'token-1'))
  const [approval] = (await list()).approvals
  if (approval === undefined) throw new Error('nobody was asked')
  await decide(approval.request, ANNA, { decision: 'deny', guidance: 'shorter' })
  const { records } = await stores.journal.readStep(RUN, 'publish' as never)
  const { approvalId, subjectSha256 } = approval.request
  const row = records.map((record) => record.row).find(({ rule }) => rule === 'approval.denied')
  expect(row).toMatchObject({
    status: 'denied',
    reason: 'local:anna: shorter',
    approval: approvalId,
    hashes: { subject: subjectSha256 },
    at: '2026-01-01T00:00:00.000Z',
  })
})

it('is safe to be given again: one request, one row, the newest token, the same answer', async () => {
  const { control, list, decide, sent, rulesOf } = await approvalsBench()
  await control(nodeTask('publish', 'token-1'))
  await control(nodeTask('publish', 'token-1'))
  await control(nodeTask('publish', 'token-2'))
  const { approvals } = await list()
  expect(approvals).toHaveLength(1)
  const { request } = approvals[0] as (typeof approvals)[number]
  await decide(request, ANNA)
  await decide(request, ANNA)
  await control(nodeTask('publish', 'token-2'))
  await control(nodeTask('publish', 'token-3'))
  expect(sent.map(([token]) => token)).toEqual(['token-2', 'token-3'])
  expect(await rulesOf('publish')).toHaveLength(3)
})

it('asks anew when the run goes on after a denial, but not for what comes late', async () => {
  const { control, list, decide, sent } = await approvalsBench()
  await control(nodeTask('publish', 'token-1'))
  const [first] = (await list()).approvals
  await decide((first as NonNullable<typeof first>).request, ANNA, { decision: 'deny' })
  await control(nodeTask('publish', 'token-1'))
  expect((await list()).approvals).toEqual([])
  await control(nodeTask('publish', 'token-2'))
  const [second] = (await list()).approvals
  expect(second?.request.approvalId).not.toBe(first?.request.approvalId)
  await decide((second as NonNullable<typeof second>).request, ANNA)
  expect(sent.map(([token, output]) => [token, (output as { outcome: string }).outcome])).toEqual([
    ['token-1', 'denied'],
    ['token-2', 'approved'],
  ])
})

it.each([
  ['deciding again', 'decide'],
  ['asking again', 'ask'],
  ['the expiry', 'expire'],
])('makes up for an answer that was cut off, by %s', async (_, by) => {
  const { control, list, decide, sent, cutOff } = await approvalsBench()
  await control(nodeTask('publish', 'token-1'))
  const [approval] = (await list()).approvals
  if (approval === undefined) throw new Error('nobody was asked')
  cutOff(true)
  await expect(decide(approval.request, ANNA)).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  cutOff(false)
  const expiry = { task: 'expireApproval', runId: RUN, stepId: 'publish' }
  if (by === 'decide') await decide(approval.request, ANNA)
  else if (by === 'ask') await control(nodeTask('publish', 'token-1'))
  else expect(await control(expiry)).toMatchObject({ outcome: 'approved', by: [ANNA], expired: false })
  // Whose time is up has no token any more that could be answered.
  const answered = [['token-1', { outcome: 'approved', by: [ANNA] }]]
  expect(sent).toMatchObject(by === 'expire' ? [] : answered)
})

it('gives what stands when nobody decided, and then takes no decision', async () => {
  const { control, list, decide, rulesOf, clock } = await approvalsBench()
  await control(nodeTask('publish', 'token-1'))
  const [approval] = (await list()).approvals
  if (approval === undefined) throw new Error('nobody was asked')
  await clock.advance(3 * 86_400_000)
  const task = { task: 'expireApproval', runId: RUN, stepId: 'publish' }
  const stands = await control(task)
  expect(stands).toMatchObject({ outcome: 'denied', by: [], expired: true })
  expect(await control({ ...task, approvalId: approval.request.approvalId })).toEqual(stands)
  await expect(decide(approval.request, ANNA)).rejects.toMatchObject({ name: 'Conflict' })
  expect(await rulesOf('publish')).toContain('decision approval.expired')
})

it('passes on what an agent asks, and leaves the rows to the agent', async () => {
  const { control, list, rulesOf, decide, sent } = await approvalsBench()
  const request = requestOf()
  await control({ task: 'requestApproval', token: 'token-1', request })
  expect((await list()).approvals).toMatchObject([{ request }])
  await decide(request, 'local:bert')
  expect(sent).toMatchObject([['token-1', { approvalId: request.approvalId, outcome: 'approved' }]])
  expect(await rulesOf(request.stepId)).toEqual([])
})

it.each([
  [{ task: 'other' }, 'InvalidRequest'],
  [{ ...nodeTask('publish', 'token-1'), node: 'nothing' }, 'NotFound'],
  [{ ...nodeTask('publish', 'token-1'), workflow: 'nothing' }, 'NotFound'],
  [{ task: 'expireApproval', runId: RUN, stepId: 'publish' }, 'RetryableRecordsUnavailable'],
])('refuses %j', async (task, name) => {
  const { control } = await approvalsBench()
  await expect(control(task)).rejects.toMatchObject({ name })
})
