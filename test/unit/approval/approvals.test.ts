import { expect, it, onTestFinished } from 'vitest'
import { openApprovals } from '../../../src/approval/approvals.ts'
import type { Item, Records } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId } from '../../../src/schema/ids.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { HOUR_MS, requestOf, voteOn, voter } from './requests.ts'

const runId = RunId.parse('run-1')

function bench(around: (records: Records) => Records = (records) => records) {
  const clock = fakeClock('2026-01-01T00:00:00.000Z')
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  onTestFinished(() => records.close())
  return { clock, records, approvals: openApprovals({ records: around(records), clock }) }
}

it('keeps a request, lists it while it is pending, and finds it by its id alone', async () => {
  const { approvals } = bench()
  const request = requestOf()
  const asked = await approvals.request({ request, startedBy: 'local:starter' }, 'token-1')
  expect(asked).toEqual({ request, startedBy: 'local:starter', status: 'pending', votes: [] })
  expect(await approvals.read(request.approvalId)).toEqual(asked)
  expect(await approvals.list({ limit: 10 })).toEqual({ approvals: [asked] })
  expect(await approvals.tokenOf(asked)).toBe('token-1')
  await approvals.vote(request.approvalId, voteOn(request, 'approve'), voter('anna'))
  expect(await approvals.list({ limit: 10 })).toEqual({ approvals: [] })
  expect(await approvals.ofRun(runId)).toMatchObject([{ status: 'approved' }])
})

it('keeps the token in an item of its own, which nobody sees who looks at the approval', async () => {
  const { approvals, records } = bench()
  const request = requestOf()
  await approvals.request({ request }, 'token-1')
  const { items } = await records.query('RUN#run-1#APPROVAL')
  const told = (item: Item | undefined) => JSON.stringify(item).includes('token-1')
  expect(items.map((item) => [item.sort, told(item)])).toEqual([
    [`TOKEN#${request.approvalId}`, true],
    [request.approvalId, false],
  ])
  expect(JSON.stringify(await approvals.read(request.approvalId))).not.toContain('token-1')
})

it('asked again, takes the newer token and keeps the expiry and what was said', async () => {
  const { approvals } = bench()
  const request = requestOf({ policy: { quorum: 2 } })
  await approvals.request({ request }, 'token-1')
  await approvals.vote(request.approvalId, voteOn(request, 'approve'), voter('anna'))
  const later = { ...request, expiresAt: '2027-01-01T00:00:00.000Z' }
  const again = await approvals.request({ request: later }, 'token-2')
  expect(again).toMatchObject({ status: 'pending', request, votes: [{ by: 'local:anna' }] })
  expect(await approvals.tokenOf(again)).toBe('token-2')
  await approvals.vote(request.approvalId, voteOn(request, 'deny'), voter('bert'))
  const decided = await approvals.request({ request: later }, 'token-3')
  expect(decided).toMatchObject({ status: 'denied', decision: { outcome: 'denied' } })
})

it('has no approval of another id, nor of another run', async () => {
  const { approvals } = bench()
  const request = requestOf()
  await approvals.request({ request }, 'token-1')
  const foreign = requestOf({ runId: 'run-10' })
  expect(foreign.approvalId).not.toBe(request.approvalId)
  expect(await approvals.vote(foreign.approvalId, voteOn(foreign, 'approve'), voter('anna'))).toBeUndefined()
  expect(await approvals.expire(RunId.parse('run-10'), request.approvalId)).toBeUndefined()
  expect(await approvals.read(request.approvalId)).toMatchObject({ status: 'pending' })
})

it('expires once, or gives the decision that came before', async () => {
  const { approvals, clock } = bench()
  const request = requestOf({ policy: { onExpiry: 'approve' } })
  await approvals.request({ request }, 'token-1')
  await clock.advance(HOUR_MS)
  const expired = await approvals.expire(runId, request.approvalId)
  expect(expired).toMatchObject({ status: 'expired', decision: { outcome: 'approved', by: [], expired: true } })
  await clock.advance(HOUR_MS)
  expect(await approvals.expire(runId, request.approvalId)).toEqual(expired)
  const vote = voteOn(request, 'deny')
  expect(await approvals.vote(request.approvalId, vote, voter('anna'))).toMatchObject({ voted: { why: 'conflict' } })
})

it('ends what is pending with its run, and asks anew when the run goes on', async () => {
  const { approvals } = bench()
  const [open, done] = [requestOf(), requestOf({ subject: 'done' })]
  await approvals.request({ request: open }, 'token-1')
  await approvals.request({ request: done }, 'token-2')
  await approvals.vote(done.approvalId, voteOn(done, 'approve'), voter('anna'))
  await approvals.close(runId)
  await approvals.close(runId)
  expect((await approvals.list({ limit: 10 })).approvals).toEqual([])
  const statuses = (await approvals.ofRun(runId)).map(({ status }) => status)
  expect(statuses.toSorted()).toEqual(['approved', 'closed'])
  expect(await approvals.vote(open.approvalId, voteOn(open, 'approve'), voter('anna'))).toMatchObject({
    voted: { why: 'conflict' },
  })
  const again = { ...open, requestedAt: '2026-03-01T00:00:00.000Z', expiresAt: '2026-03-02T00:00:00.000Z' }
  expect(await approvals.request({ request: again }, 'token-3')).toMatchObject({ status: 'pending', request: again })
  expect((await approvals.list({ limit: 10 })).approvals).toHaveLength(1)
})

it('counts a vote once whose reply was lost', async () => {
  let lost = 0
  const { approvals } = bench((records) => ({
    get: (key) => records.get(key),
    query: (partition, options) => records.query(partition, options),
    queryIndex: (partition, options) => records.queryIndex(partition, options),
    transact: (writes) => records.transact(writes),
    // As a client that sends again by itself: the first reply is lost, the second one says that the condition failed.
    async write(write) {
      if (write.kind === 'put' && write.item.sort.startsWith('a-') && lost++ === 0) await records.write(write)
      return records.write(write)
    },
  }))
  const request = requestOf({ policy: { quorum: 2 } })
  await approvals.request({ request }, 'token-1')
  const outcome = await approvals.vote(request.approvalId, voteOn(request, 'approve'), voter('anna'))
  expect(outcome).toMatchObject({ voted: { kind: 'changed' }, approval: { status: 'pending', votes: [{}] } })
  expect(await approvals.read(request.approvalId)).toEqual(outcome?.approval)
})

it('gives pages of the inbox, oldest first', async () => {
  const { approvals } = bench()
  const requests = Array.from({ length: 7 }, (_, number) => ({
    ...requestOf({ subject: number }),
    requestedAt: `2026-01-01T00:00:0${number}.000Z`,
  }))
  for (const request of requests.toReversed()) await approvals.request({ request }, 'token')
  const seen: unknown[] = []
  let after: string | undefined
  do {
    const page = await approvals.list({ limit: 3, after })
    seen.push(...page.approvals.map((approval) => approval.request.subject))
    after = page.next
  } while (after !== undefined)
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
})
