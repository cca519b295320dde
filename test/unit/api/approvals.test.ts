import { describe, expect, it } from 'vitest'
import { endRun } from '../../../src/api/end-run.ts'
import { RUN_CHAIN } from '../../../src/records/run-chain.ts'
import { ASKED_MS, requestOf } from '../approval/requests.ts'
import { approvalsBench, nodeTask, RUN } from './approvals-bench.ts'

const ANNA = 'local:anna'
const payment = requestOf({ subject: { to: 'bob', cents: 100 }, policy: { expiresSeconds: 86_400 } })

/** With one request of an agent, one of an approval, and one of a person. */
async function asked() {
  const bench = await approvalsBench()
  await bench.control({ task: 'requestApproval', token: 'token-1', request: payment })
  await bench.clock.advance(1_000)
  await bench.control(nodeTask('publish', 'token-2'))
  await bench.clock.advance(1_000)
  await bench.control(nodeTask('review', 'token-3'))
  const [, publish, review] = (await bench.list()).approvals
  if (publish === undefined || review === undefined) throw new Error('somebody was not asked')
  return { ...bench, publish: publish.request, review: review.request }
}

it('lists what waits, oldest first, and of a run all that was ever asked', async () => {
  const { list, decide, publish } = await asked()
  const kinds = async (query = {}) => (await list(query)).approvals.map(({ request }) => request.kind)
  expect(await kinds()).toEqual(['tool', 'approve', 'person'])
  await decide(publish, ANNA)
  expect(await kinds()).toEqual(['tool', 'person'])
  expect(await kinds({ runId: RUN })).toEqual(['tool', 'approve', 'person'])
  expect(await kinds({ runId: 'run-10' })).toEqual([])
})

it('shows the whole of what is asked, and never the token', async () => {
  const { read } = await asked()
  const view = await read(payment.approvalId)
  expect(view).toMatchObject({ request: payment, startedBy: 'local:starter', votes: [], missing: 1 })
  expect(JSON.stringify(view)).not.toContain('token-1')
})

it.each([
  ['a role by name', ANNA, true],
  ['a role by the beginning of an ARN', 'arn:aws:sts::123456789012:assumed-role/Editors/ben', true],
  ['another role of the account', 'arn:aws:sts::123456789012:assumed-role/EditorsToo/ben', false],
  ['another account', 'arn:aws:sts::210987654321:assumed-role/Editors/ben', false],
  ['nobody of the role', 'local:annabel', false],
  ['whoever started the run', 'local:starter', false],
])('knows %s', async (_, principal, mayDecide) => {
  const { publish, decide, sent } = await asked()
  const deciding = decide(publish, principal)
  if (mayDecide) expect(await deciding).toMatchObject({ status: 'approved', votes: [{ by: principal }] })
  else await expect(deciding).rejects.toMatchObject({ name: 'Forbidden' })
  expect(sent).toHaveLength(mayDecide ? 1 : 0)
})

it('records who was not allowed to decide, once for each who tries', async () => {
  const { publish, decide, stores } = await asked()
  for (const principal of ['local:starter', 'local:starter', 'local:annabel']) {
    await expect(decide(publish, principal)).rejects.toMatchObject({ name: 'Forbidden' })
  }
  await decide(publish, ANNA)
  const chains = await stores.journal.readChains(RUN, RUN_CHAIN)
  const refused = chains.filter(({ records }) => records.some(({ row }) => row.rule === 'approval.forbidden'))
  expect(refused.map(({ records }) => records[0]?.row.actor?.onBehalfOf)).toEqual(['local:starter', 'local:annabel'])
  expect(refused[0]?.records[1]?.row).toMatchObject({ status: 'denied', approval: publish.approvalId })
})

describe('edited arguments', () => {
  it('run in place of those that were asked for', async () => {
    const { decide, sent } = await asked()
    await decide(payment, ANNA, { edited: { to: 'bob', cents: 50 } })
    expect(sent).toMatchObject([['token-1', { outcome: 'approved', edited: { to: 'bob', cents: 50 } }]])
  })

  it.each([{ to: 'bob', cents: 5_000 }, { to: 'bob' }, 'all of it'])('must fit the tool: %j', async (edited) => {
    const { decide, read, sent } = await asked()
    await expect(decide(payment, ANNA, { edited })).rejects.toMatchObject({ name: 'InvalidRequest' })
    expect(sent).toEqual([])
    expect(await read(payment.approvalId)).toMatchObject({ status: 'pending', votes: [] })
  })
})

describe('a person’s answer', () => {
  it('is what the node’s schema makes of it, however often it is given', async () => {
    const { decide, review, sent } = await asked()
    await decide(review, ANNA, { answer: { stars: 4 } })
    await decide(review, ANNA, { answer: { stars: 4 } })
    expect(sent).toMatchObject([['token-3', { answer: { stars: 4, text: 'none' } }]])
  })

  it.each([{ stars: 9 }, 'good'])('must fit: %j', async (answer) => {
    const { decide, review } = await asked()
    await expect(decide(review, ANNA, { answer })).rejects.toMatchObject({ name: 'InvalidRequest' })
  })

  it('must travel inside a state machine', async () => {
    const { decide, review } = await asked()
    const answer = { stars: 4, text: 'x'.repeat(20_000) }
    await expect(decide(review, ANNA, { answer })).rejects.toMatchObject({ message: expect.stringContaining('bytes') })
  })
})

it('takes each decision once: replayed, forged, expired and foreign ones change nothing', async () => {
  const { decide, publish, sent, clock, control } = await asked()
  const first = await decide(payment, ANNA)
  expect((await decide(payment, ANNA)).decision).toEqual(first.decision)
  await expect(decide(payment, ANNA, { decision: 'deny' })).rejects.toMatchObject({ name: 'Conflict' })
  await expect(decide(payment, 'local:bert')).rejects.toMatchObject({ name: 'Conflict' })
  const forged = { ...publish, approvalId: `a-${'0'.repeat(32)}` }
  await expect(decide(forged, ANNA)).rejects.toMatchObject({ name: 'NotFound' })
  const changed = { ...publish, subjectSha256: payment.subjectSha256 }
  await expect(decide(changed, ANNA)).rejects.toMatchObject({ name: 'Conflict' })
  const foreign = requestOf({ runId: 'run-10', policy: { expiresSeconds: 86_400 } })
  await expect(decide(foreign, ANNA)).rejects.toMatchObject({ name: 'NotFound' })
  await clock.advance(Date.parse(publish.expiresAt) - ASKED_MS)
  await expect(decide(publish, ANNA)).rejects.toMatchObject({ name: 'Conflict' })
  await control({ task: 'requestApproval', token: 'token-9', request: payment })
  expect(sent.map(([token]) => token)).toEqual(['token-1', 'token-9'])
})

it('closes what waits when the run ends', async () => {
  const { list, dependencies, stores, publish, decide } = await asked()
  const ended = { status: 'aborted' } as const
  await endRun(RUN, ended, { ...dependencies, records: stores.records })
  await endRun(RUN, ended, { ...dependencies, records: stores.records })
  expect((await list()).approvals).toEqual([])
  expect((await list({ runId: RUN })).approvals.map(({ status }) => status)).toEqual(['closed', 'closed', 'closed'])
  await expect(decide(publish, ANNA)).rejects.toMatchObject({
    name: 'Conflict',
    message: expect.stringContaining('its run has ended'),
  })
})
