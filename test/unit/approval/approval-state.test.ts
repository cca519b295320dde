import { describe, expect, it } from 'vitest'
import {
  type Approval,
  cast,
  closed,
  expired,
  rolesAt,
  type Vote,
  type Voter,
} from '../../../src/approval/approval-state.ts'
import type { ApprovalKind } from '../../../src/schema/approval.ts'
import { ASKED_MS, HOUR_MS, pending, requestOf, voteOn, voter } from './requests.ts'

const SOON = ASKED_MS + 60_000

function following(approval: Approval, ...votes: readonly (readonly [Vote, Voter])[]): Approval {
  return votes.reduce((before, [vote, who]) => {
    const voted = cast(before, vote, who, SOON)
    if (voted.kind !== 'changed') throw new Error(JSON.stringify(voted))
    return voted.approval
  }, approval)
}

it('is approved by the only one who is needed, and keeps what they said', () => {
  const request = requestOf()
  const vote = voteOn(request, 'approve', { edited: { to: 'eve' }, comment: 'less' })
  const approval = following(pending(request), [vote, voter('anna')])
  expect(approval).toMatchObject({
    status: 'approved',
    decision: {
      approvalId: request.approvalId,
      subjectSha256: request.subjectSha256,
      outcome: 'approved',
      by: ['local:anna'],
      at: new Date(SOON).toISOString(),
      expired: false,
      edited: { to: 'eve' },
      comment: 'less',
    },
  })
})

it('waits for as many different people as it takes, and names them', () => {
  const request = requestOf({ policy: { quorum: 2 } })
  const once = following(pending(request), [voteOn(request, 'approve'), voter('anna')])
  expect(once).toMatchObject({ status: 'pending', votes: [{ by: 'local:anna' }] })
  expect(once.decision).toBeUndefined()
  expect(cast(once, voteOn(request, 'approve'), voter('anna'), SOON)).toEqual({ kind: 'same' })
  const twice = following(once, [voteOn(request, 'approve'), voter('bert')])
  expect(twice).toMatchObject({ status: 'approved', decision: { by: ['local:anna', 'local:bert'] } })
})

it('is denied by one, with guidance, however many had approved', () => {
  const request = requestOf({ policy: { quorum: 3 } })
  const denied = following(
    pending(request),
    [voteOn(request, 'approve'), voter('anna')],
    [voteOn(request, 'deny', { guidance: 'ask the bank' }), voter('bert')],
  )
  expect(denied).toMatchObject({
    status: 'denied',
    decision: { outcome: 'denied', by: ['local:bert'], guidance: 'ask the bank' },
  })
})

it('lets a second approver agree only to what the first one made of the arguments', () => {
  const request = requestOf({ policy: { quorum: 2 } })
  const edited = following(pending(request), [voteOn(request, 'approve', { edited: { to: 'eve' } }), voter('anna')])
  expect(cast(edited, voteOn(request, 'approve'), voter('bert'), SOON)).toMatchObject({ why: 'conflict' })
  const agreed = following(edited, [voteOn(request, 'approve', { edited: { to: 'eve' } }), voter('bert')])
  expect(agreed.decision).toMatchObject({ edited: { to: 'eve' } })
})

describe('refuses', () => {
  const request = requestOf()
  const yes = voteOn(request, 'approve')
  it.each<[string, Approval, Vote, Voter, number, string]>([
    ['whoever started the run', pending(request), yes, voter('starter'), SOON, 'forbidden'],
    [
      'whoever lacks the role',
      pending(requestOf({ policy: { role: 'editor' } })),
      yes,
      voter('anna', 'chief'),
      SOON,
      'forbidden',
    ],
    [
      'what is about something else',
      pending(request),
      { ...yes, subjectSha256: '0'.repeat(64) as never },
      voter('anna'),
      SOON,
      'conflict',
    ],
    ['what comes too late', pending(request), yes, voter('anna'), ASKED_MS + HOUR_MS, 'conflict'],
    [
      'another word of the same person',
      following(pending(request), [yes, voter('anna')]),
      voteOn(request, 'deny'),
      voter('anna'),
      SOON,
      'conflict',
    ],
    [
      'anybody after the decision',
      following(pending(request), [yes, voter('anna')]),
      yes,
      voter('bert'),
      SOON,
      'conflict',
    ],
    ['anybody after the run', closed(pending(request)) as Approval, yes, voter('anna'), SOON, 'conflict'],
    ['anybody after the expiry', expired(pending(request), SOON) as Approval, yes, voter('anna'), SOON, 'conflict'],
  ])('%s', (_, approval, vote, who, nowMs, why) => {
    const said = { ...vote, subjectSha256: vote === yes ? approval.request.subjectSha256 : vote.subjectSha256 }
    expect(cast(approval, said, who, nowMs)).toMatchObject({ kind: 'refused', why })
  })

  it.each<[ApprovalKind, Partial<Vote> & Pick<Vote, 'decision'>]>([
    ['tool', { decision: 'approve', answer: 'yes' }],
    ['tool', { decision: 'approve', guidance: 'do it' }],
    ['tool', { decision: 'deny', edited: {} }],
    ['question', { decision: 'approve' }],
    ['question', { decision: 'deny', answer: 'no' }],
    ['person', { decision: 'approve' }],
    ['approve', { decision: 'approve', edited: {} }],
    ['approve', { decision: 'approve', answer: 'ok' }],
    ['limit', { decision: 'approve', edited: {} }],
  ])('of a %s: %j', (kind, said) => {
    const of = requestOf({ kind })
    const vote = { ...said, subjectSha256: of.subjectSha256 }
    expect(cast(pending(of), vote, voter('anna'), SOON)).toMatchObject({ kind: 'refused', why: 'invalid' })
  })
})

it('lets whoever started the run deny, answer its questions, and approve where the policy says so', () => {
  const starter = voter('starter')
  const request = requestOf()
  expect(cast(pending(request), voteOn(request, 'deny'), starter, SOON)).toMatchObject({ kind: 'changed' })
  const question = requestOf({ kind: 'question' })
  const answer = voteOn(question, 'approve', { answer: 'blue' })
  expect(cast(pending(question), answer, starter, SOON)).toMatchObject({
    approval: { decision: { answer: 'blue' } },
  })
  const own = requestOf({ policy: { requesterMayApprove: true } })
  expect(cast(pending(own), voteOn(own, 'approve'), starter, SOON)).toMatchObject({ kind: 'changed' })
})

it('lets more roles decide the longer it waits', () => {
  const policy = { role: 'editor', escalate: [{ afterSeconds: 600, role: 'chief' }] }
  const request = requestOf({ policy })
  const chief = voter('anna', 'chief')
  const at = (seconds: number) => ASKED_MS + seconds * 1_000
  expect(rolesAt(request, at(599))).toEqual(['editor'])
  expect(rolesAt(request, at(600))).toEqual(['editor', 'chief'])
  expect(cast(pending(request), voteOn(request, 'approve'), chief, at(599))).toMatchObject({ why: 'forbidden' })
  expect(cast(pending(request), voteOn(request, 'approve'), chief, at(600))).toMatchObject({ kind: 'changed' })
})

it.each<[ApprovalKind, 'approve' | 'deny', 'approved' | 'denied']>([
  ['tool', 'deny', 'denied'],
  ['tool', 'approve', 'approved'],
  ['limit', 'approve', 'approved'],
  ['question', 'approve', 'denied'],
  ['person', 'approve', 'denied'],
])('of a %s with onExpiry %s, nobody’s decision is: %s', (kind, onExpiry, outcome) => {
  const request = requestOf({ kind, policy: { onExpiry } })
  expect(expired(pending(request), ASKED_MS + HOUR_MS)).toMatchObject({
    status: 'expired',
    decision: { outcome, by: [], expired: true },
  })
})

it('leaves what is decided as it is', () => {
  const request = requestOf()
  const approved = following(pending(request), [voteOn(request, 'approve'), voter('anna')])
  expect(expired(approved, ASKED_MS + 2 * HOUR_MS)).toBeUndefined()
  expect(closed(approved)).toBeUndefined()
})

it.each([
  ['an empty comment', { comment: '' }, 'anna'],
  ['too long a guidance', { guidance: 'x'.repeat(4_001), decision: 'deny' as const }, 'anna'],
  ['a name beyond all measure', {}, 'x'.repeat(3_000)],
])('refuses what could not be read back: %s', (_, more, name) => {
  const request = requestOf()
  expect(cast(pending(request), { ...voteOn(request, 'approve'), ...more }, voter(name), ASKED_MS + 1)).toMatchObject({
    kind: 'refused',
    why: 'invalid',
  })
})
