/**
 * An approval as data and pure transitions: pending → approved, denied or expired; closed with its run. Who somebody
 * is, their host says; what time it is comes in.
 */
import * as z from 'zod'
import { canonicalJson } from '../audit/canonical.ts'
import { ApprovalDecision, type ApprovalPolicy, ApprovalRequest } from '../schema/approval.ts'
import { Sha256, WorkflowName } from '../schema/ids.ts'
import { Json } from '../schema/json.ts'

const Text = z.string().min(1).max(4_000)

/** What somebody says of a request. They name the hash of what they saw. */
export const Vote = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  subjectSha256: Sha256,
  /** Arguments to run with in place of those asked for. */
  edited: Json.optional(),
  /** To a question, or the output of a person's step. */
  answer: Json.optional(),
  /** With a denial: what the agent should do instead. */
  guidance: Text.optional(),
  comment: Text.optional(),
})
export type Vote = z.infer<typeof Vote>

const CastVote = Vote.extend({ by: z.string().min(1).max(2_048), at: z.iso.datetime() })
export type CastVote = z.infer<typeof CastVote>

export const Approval = z.strictObject({
  request: ApprovalRequest,
  /** Who started the run, where the host knows. */
  startedBy: z.string().optional(),
  /** Of kind `approve` and `person`: the node that asks. */
  node: z.strictObject({ workflow: WorkflowName, name: z.string() }).optional(),
  /** `closed`: its run ended before anybody decided. */
  status: z.enum(['pending', 'approved', 'denied', 'expired', 'closed']),
  votes: z.array(CastVote).max(20),
  /** Absent while pending, and of one that was closed. */
  decision: ApprovalDecision.optional(),
})
export type Approval = z.infer<typeof Approval>

export interface Voter {
  readonly principal: string
  readonly holds: (role: string) => boolean
}

export type Voted =
  | { readonly kind: 'changed'; readonly approval: Approval }
  /** They said the same before. */
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly why: 'forbidden' | 'conflict' | 'invalid'; readonly message: string }

export function cast(approval: Approval, vote: Vote, { principal, holds }: Voter, nowMs: number): Voted {
  const { request, startedBy, votes } = approval
  const readable = CastVote.safeParse({ ...vote, by: principal, at: new Date(nowMs).toISOString() })
  if (!readable.success) return { kind: 'refused', why: 'invalid', message: z.prettifyError(readable.error) }
  const mine = votes.find(({ by }) => by === principal)
  if (mine !== undefined) {
    return isSame(mine, vote) ? { kind: 'same' } : conflict(`you have said something else before, at ${mine.at}`)
  }
  if (approval.status !== 'pending') return conflict(endedText(approval))
  // Times of different clocks: the state machine's own timeout is what ends the wait.
  if (nowMs >= Date.parse(request.expiresAt)) return conflict(`it expired at ${request.expiresAt}`)
  if (vote.subjectSha256 !== request.subjectSha256) {
    return conflict(`it is about ${request.subjectSha256}, and you decided about ${vote.subjectSha256}`)
  }
  const roles = rolesAt(request, nowMs)
  if (roles.length > 0 && !roles.some(holds)) {
    return { kind: 'refused', why: 'forbidden', message: `it takes the role ${roles.join(' or ')}` }
  }
  if (isOwn(request, startedBy, principal) && vote.decision === 'approve') {
    const message = 'whoever started the run may not approve what it asks for'
    return { kind: 'refused', why: 'forbidden', message }
  }
  const unfit = unfitting(request, vote)
  if (unfit !== undefined) return { kind: 'refused', why: 'invalid', message: unfit }
  const first = votes[0]
  if (vote.decision === 'approve' && first !== undefined && contentOf(first) !== contentOf(vote)) {
    return conflict(`${first.by} has approved other arguments: approve the same, or deny`)
  }
  return { kind: 'changed', approval: counted(approval, { ...vote, by: principal, at: new Date(nowMs).toISOString() }) }
}

/** Who may decide now: nobody in particular where there is no role. */
export function rolesAt({ policy, requestedAt }: ApprovalRequest, nowMs: number): readonly string[] {
  if (policy.role === undefined) return []
  const waitedMs = nowMs - Date.parse(requestedAt)
  const more = policy.escalate.filter(({ afterSeconds }) => waitedMs >= afterSeconds * 1_000).map(({ role }) => role)
  return [...new Set([policy.role, ...more])]
}

/** Nobody decided in time: said by the state machine, which has waited for as long. undefined: it has ended already. */
export function expired(approval: Approval, nowMs: number): Approval | undefined {
  if (approval.status !== 'pending') return undefined
  const { request } = approval
  const { approvalId, subjectSha256, policy } = request
  const outcome = policy.onExpiry === 'approve' && mayApproveByItself(request) ? 'approved' : 'denied'
  const at = new Date(nowMs).toISOString()
  const decision: ApprovalDecision = { approvalId, subjectSha256, outcome, by: [], at, expired: true }
  return { ...approval, status: 'expired', decision }
}

export function closed(approval: Approval): Approval | undefined {
  return approval.status === 'pending' ? { ...approval, status: 'closed' } : undefined
}

/** The default needs no answer that only a person can give. */
function mayApproveByItself({ kind }: ApprovalRequest): boolean {
  return kind !== 'question' && kind !== 'person'
}

/** A question is no deed: whoever started the run may answer it. */
function isOwn(
  { kind, policy }: { kind: ApprovalRequest['kind']; policy: ApprovalPolicy },
  startedBy: string | undefined,
  principal: string,
): boolean {
  return kind !== 'question' && !policy.requesterMayApprove && startedBy === principal
}

function unfitting(
  { kind, answerSchema }: ApprovalRequest,
  { decision, edited, answer, guidance }: Vote,
): string | undefined {
  if (decision === 'deny') {
    return edited === undefined && answer === undefined
      ? undefined
      : 'a denial has neither an answer nor edited arguments'
  }
  if (guidance !== undefined) return 'guidance comes with a denial; give a comment'
  const takesAnswer = kind === 'question' || kind === 'person'
  if (takesAnswer && answer === undefined) return 'an answer is expected'
  if (!takesAnswer && kind !== 'limit' && answer !== undefined) return 'it asks for no answer'
  if (edited !== undefined && (kind !== 'tool' || answerSchema === undefined)) return 'there are no arguments to edit'
  return undefined
}

function counted(approval: Approval, vote: CastVote): Approval {
  const votes = [...approval.votes, vote]
  const { approvalId, subjectSha256, policy } = approval.request
  const { decision, at, edited, answer, guidance, comment } = vote
  const by = votes.filter((one) => one.decision === decision).map((one) => one.by)
  if (decision === 'approve' && by.length < policy.quorum) return { ...approval, votes }
  const outcome = decision === 'approve' ? 'approved' : 'denied'
  return {
    ...approval,
    votes,
    status: outcome,
    decision: {
      approvalId,
      subjectSha256,
      outcome,
      by,
      at,
      expired: false,
      ...(edited !== undefined && { edited }),
      ...(answer !== undefined && { answer }),
      ...(guidance !== undefined && { guidance }),
      ...(comment !== undefined && { comment }),
    },
  }
}

function isSame(cast: CastVote, vote: Vote): boolean {
  const { by: _by, at: _at, ...said } = cast
  return canonicalJson(said as Json) === canonicalJson(vote as Json)
}

function contentOf({ edited, answer }: Vote): string {
  return canonicalJson({ ...(edited !== undefined && { edited }), ...(answer !== undefined && { answer }) })
}

function conflict(message: string): Voted {
  return { kind: 'refused', why: 'conflict', message }
}

function endedText({ status, decision, votes }: Approval): string {
  if (status === 'closed') return 'its run has ended'
  const who = decision?.expired ? 'nobody decided in time' : `by ${votes.map(({ by }) => by).join(', ')}`
  return `it is ${status} already: ${who}, ${decision?.at ?? ''}`
}
