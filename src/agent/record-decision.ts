/** What a person said comes into a step: recorded before anything follows from it, or refused. Acts on nothing. */
import { isDeepStrictEqual } from 'node:util'
import { jsonSha256 } from '../audit/canonical.ts'
import type { ApprovalDecision } from '../schema/approval.ts'
import type { Asked, PeopleState } from './people-state.ts'
import type { StepRun } from './step-run.ts'

const REASON_CHARACTERS = 200
export const REFUSED_DECISION_RULE = 'approval.refused'

/** Does nothing where the step was given none, or one that it has recorded before. */
export async function recordDecision(run: StepRun): Promise<void> {
  const { decision } = run.step
  if (decision === undefined || decision === null) return
  const known = run.state.people.decisions.get(decision.approvalId)
  if (known !== undefined && isDeepStrictEqual(known, decision)) return
  const refusal = refusalOf(run.state.people, decision)
  if (refusal === undefined) await recordAccepted(run, decision)
  else await run.record({ ...rowOf(run, decision), rule: REFUSED_DECISION_RULE, reason: refusal })
}

/** Why it counts for nothing here. */
function refusalOf({ asked: questions, decisions }: PeopleState, decision: ApprovalDecision): string | undefined {
  const asked = questions.get(decision.approvalId)
  if (asked === undefined) return 'this step never asked for it'
  if (decisions.has(decision.approvalId)) return 'it was decided otherwise before: the first decision stands'
  if (decision.subjectSha256 !== asked.subjectSha256) return 'it is about something else than what was asked'
  return isLate(asked, decision) ? 'it came after the request had expired' : undefined
}

/** Whoever took the decision held it against `expiresAt` by the clock that gave `at`: skew changes nothing here. */
function isLate({ expiresAt }: Asked, { at, expired }: ApprovalDecision): boolean {
  return !expired && Date.parse(at) > Date.parse(expiresAt)
}

async function recordAccepted(run: StepRun, decision: ApprovalDecision): Promise<void> {
  const { expired, outcome, by, comment, guidance, edited, answer } = decision
  const who = expired ? 'nobody decided in time' : by.join(', ')
  const why = comment ?? guidance
  await run.record(
    {
      ...rowOf(run, decision),
      rule: `approval.${expired ? 'expired' : outcome}`,
      reason: [who, ...(why === undefined ? [] : [why])].join(': ').slice(0, REASON_CHARACTERS),
      hashes: {
        subject: decision.subjectSha256,
        ...(edited !== undefined && { edited: jsonSha256(edited) }),
        ...(answer !== undefined && { answer: jsonSha256(answer) }),
      },
    },
    decision,
  )
}

function rowOf({ state }: StepRun, { approvalId, outcome }: ApprovalDecision) {
  const { open } = state
  return {
    event: 'decision' as const,
    ...(open !== undefined && { turn: open.turn }),
    status: outcome,
    approval: approvalId,
    options: ['approved', 'denied'],
  }
}
