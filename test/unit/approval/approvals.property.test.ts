/** Approvals in every interleaving: people who may and who may not, replays, forgeries, skewed clocks, lost replies. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Approval, Vote } from '../../../src/approval/approval-state.ts'
import { openApprovals } from '../../../src/approval/approvals.ts'
import type { Clock } from '../../../src/clock.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import type { ApprovalRequest } from '../../../src/schema/approval.ts'
import { RunId } from '../../../src/schema/ids.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { HOUR_MS, requestOf, voteOn, voter } from './requests.ts'

const SKEW_MS = 600_000
const runId = RunId.parse('run-1')

type Fate = 'answered' | 'lost' | 'unsent'

/** Answers when the scheduler says so, or loses the reply, or the request. */
function faultyRecords(records: Records, scheduler: fc.Scheduler, fate: () => Fate): Records {
  async function ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    const kind = fate()
    await scheduler.schedule(Promise.resolve(what))
    if (kind === 'unsent') throw new RecordsUnavailable({ message: `${what} did not arrive`, next: 'Again.' })
    const answer = await request()
    if (kind === 'lost') throw new RecordsUnavailable({ message: `no answer to ${what}`, next: 'Again.' })
    return answer
  }
  return {
    get: (key) => ask('get', () => records.get(key)),
    query: (partition, options) => ask('query', () => records.query(partition, options)),
    queryIndex: (partition, options) => ask('index', () => records.queryIndex(partition, options)),
    write: (write) => ask('write', () => records.write(write)),
    transact: (writes) => ask('transact', () => records.transact(writes)),
  }
}

function skewed(clock: Clock, bySeconds: number): Clock {
  return { ...clock, now: () => new Date(clock.now().getTime() + bySeconds * 1_000) }
}

/** They may decide; `starter` started the run, `chief` may after half an hour, `mallory` never. */
const PEOPLE = {
  anna: voter('anna', 'editor'),
  bert: voter('bert', 'editor'),
  cora: voter('cora', 'editor'),
  starter: voter('starter', 'editor'),
  chief: voter('chief', 'chief'),
  mallory: voter('mallory', 'reader'),
}

const vote = fc.record({
  do: fc.constant('vote' as const),
  who: fc.constantFrom(...(Object.keys(PEOPLE) as (keyof typeof PEOPLE)[])),
  decision: fc.constantFrom<Vote['decision']>('approve', 'approve', 'approve', 'deny'),
  about: fc.constantFrom('this', 'this', 'this', 'this', 'otherHash', 'otherId', 'otherRun'),
  edited: fc.constantFrom(false, false, false, true),
})
const other = fc.record({ do: fc.constantFrom('ask' as const, 'expire' as const, 'close' as const) })
const deed = fc.record({
  act: fc.oneof({ weight: 6, arbitrary: vote }, { weight: 1, arbitrary: other }),
  skewSeconds: fc.integer({ min: -SKEW_MS / 1_000, max: SKEW_MS / 1_000 }),
  /** Before it, the time that passes. */
  afterMs: fc.constantFrom(0, 0, 0, 60_000, HOUR_MS / 2),
})
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never

const ROUNDS = 6

async function repeated<T>(what: () => Promise<T>): Promise<T | undefined> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    try {
      return await what()
    } catch (error) {
      if (!(error instanceof RecordsUnavailable)) throw error
    }
  }
  return undefined
}

function voteFor(act: Extract<Deed['act'], { do: 'vote' }>, request: ApprovalRequest): readonly [string, Vote] {
  const foreign = requestOf({ runId: 'run-10' })
  const id = { this: request.approvalId, otherHash: request.approvalId, otherRun: foreign.approvalId }
  const approvalId = act.about === 'otherId' ? `a-${'0'.repeat(32)}` : id[act.about]
  const said = voteOn(request, act.decision, act.edited && act.decision === 'approve' ? { edited: { to: 'eve' } } : {})
  return [approvalId, act.about === 'otherHash' ? { ...said, subjectSha256: '0'.repeat(64) as never } : said]
}

/** What must hold of every state that is ever stored. */
function holds({ status, votes, decision, request }: Approval): void {
  expect(new Set(votes.map(({ by }) => by)).size).toBe(votes.length)
  for (const { by, decision: said, at, subjectSha256 } of votes) {
    expect(['local:anna', 'local:bert', 'local:cora', 'local:chief', 'local:starter']).toContain(by)
    if (said === 'approve') expect(by).not.toBe('local:starter')
    if (by === 'local:chief') expect(at >= '2026-01-01T00:30:00.000Z').toBe(true)
    expect(at < request.expiresAt).toBe(true)
    expect(subjectSha256).toBe(request.subjectSha256)
  }
  const approvals = votes.filter(({ decision: said }) => said === 'approve')
  const contents = approvals.map(({ edited }) => JSON.stringify(edited))
  expect(new Set(contents).size).toBeLessThanOrEqual(1)
  if (status === 'approved') {
    expect(decision).toMatchObject({ outcome: 'approved', expired: false, by: approvals.map(({ by }) => by) })
    expect(approvals).toHaveLength(request.policy.quorum)
    expect(JSON.stringify(decision?.edited)).toBe(contents[0])
  }
  if (status === 'denied') expect(votes.at(-1)?.decision).toBe('deny')
  if (status === 'expired') expect(decision).toMatchObject({ outcome: 'denied', expired: true, by: [] })
}

it('accepts nothing that is replayed, forged, late, foreign or somebody else’s, and decides once', async () => {
  const tally = { approved: 0, denied: 0, expired: 0, closed: 0, pending: 0, refused: 0 }
  const fates = fc.infiniteStream(
    fc.oneof(
      { weight: 10, arbitrary: fc.constant('answered' as const) },
      { weight: 1, arbitrary: fc.constant('lost' as const) },
      { weight: 1, arbitrary: fc.constant('unsent' as const) },
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(deed, { minLength: 3, maxLength: 12 }),
      fates,
      async (scheduler, deeds, fate) => {
        const sqlite = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
        const clock = fakeClock('2026-01-01T00:00:00.000Z')
        const policy = { role: 'editor', quorum: 2, escalate: [{ afterSeconds: 1_800, role: 'chief' }] }
        const request = requestOf({ policy })
        const asked = { request, startedBy: 'local:starter' }
        const plain = openApprovals({ records: sqlite, clock })
        await plain.request(asked, 'token')
        const faulty = faultyRecords(sqlite, scheduler, () => fate.next().value ?? 'answered')
        /** What somebody was told of the decision. */
        const told: unknown[] = []

        async function perform(one: Deed): Promise<void> {
          const approvals = openApprovals({ records: faulty, clock: skewed(clock, one.skewSeconds) })
          await scheduler.schedule(Promise.resolve('begin'))
          await clock.advance(one.afterMs)
          const { act } = one
          if (act.do === 'vote') {
            const [approvalId, said] = voteFor(act, request)
            const outcome = await repeated(() => approvals.vote(approvalId, said, PEOPLE[act.who]))
            if (act.about === 'otherId' || act.about === 'otherRun') expect(outcome).toBeUndefined()
            if (outcome?.voted.kind === 'refused') tally.refused += 1
            else if (act.about === 'otherHash') expect(outcome).toBeUndefined()
            if (outcome?.approval.decision) told.push(outcome.approval.decision)
          } else if (act.do === 'close') await repeated(() => approvals.close(runId))
          else {
            const end = await repeated(() =>
              act.do === 'ask' ? approvals.request(asked, 'token-2') : approvals.expire(runId, request.approvalId),
            )
            if (end?.decision) told.push(end.decision)
          }
          const now = await plain.read(request.approvalId)
          if (now === undefined) throw new Error('it is gone')
          holds(now)
          if (now.decision) told.push(now.decision)
        }

        await scheduler.waitFor(Promise.all(deeds.map(perform)))
        for (const decision of told) expect(decision).toEqual(told[0])
        const end = await plain.read(request.approvalId)
        tally[end?.status ?? 'pending'] += 1
        sqlite.close()
      },
    ),
    { numRuns: 300 },
  )
  // Each of them did happen.
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(5)
}, 60_000)
