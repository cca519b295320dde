/**
 * Approvals as people meet them: which there are, all of one, and what somebody says of it. Who somebody is, the host
 * says.
 */
import * as z from 'zod'
import { Approval, rolesAt, type Vote, type Voted } from '../approval/approval-state.ts'
import type { Approvals } from '../approval/approvals.ts'
import type { Clock } from '../clock.ts'
import type { Team } from '../define/team.ts'
import { holdsRole } from '../define/team-roles.ts'
import { walk } from '../define/workflow-nodes.ts'
import { Conflict, Forbidden, InvalidRequest, NotFound } from '../errors.ts'
import { RUN_CHAIN, recordOnRun } from '../records/run-chain.ts'
import { ANSWER_BYTES } from '../schema/approval.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { type DeliverDependencies, deliver } from './deliver-decision.ts'

export const ApprovalView = Approval.extend({
  /** Roles that may decide now. None: anybody but whoever started the run. */
  roles: z.array(z.string()),
  /** How many more must approve. */
  missing: z.int().nonnegative(),
}).meta({ id: 'Approval' })
export type ApprovalView = z.infer<typeof ApprovalView>

export interface ApprovalDependencies extends DeliverDependencies {
  readonly approvals: Approvals
  readonly team: Team
  readonly clock: Clock
  /** Told once what came of a request. */
  readonly onDecided?: ((decided: DecidedApproval) => void) | undefined
}

export interface DecidedApproval {
  readonly request: Approval['request']
  readonly decision: NonNullable<Approval['decision']>
}

export interface ApprovalsQuery {
  /** Those of one run, however they ended. @default pending ones of all runs */
  readonly runId?: RunId | undefined
  readonly limit: number
  readonly after?: string | undefined
}

export interface ApprovalViews {
  readonly approvals: readonly ApprovalView[]
  readonly next?: string
}

/** Oldest first. */
export async function listApprovals(
  { runId, limit, after }: ApprovalsQuery,
  { approvals, clock }: Pick<ApprovalDependencies, 'approvals' | 'clock'>,
): Promise<ApprovalViews> {
  const view = viewAt(clock.now().getTime())
  if (runId === undefined) {
    const page = await approvals.list({ limit, after })
    return { ...page, approvals: page.approvals.map(view) }
  }
  const all = [...(await approvals.ofRun(runId))]
  all.sort((a, b) => a.request.requestedAt.localeCompare(b.request.requestedAt))
  return { approvals: all.map(view) }
}

/** @throws NotFound */
export async function readApproval(
  approvalId: string,
  { approvals, clock }: Pick<ApprovalDependencies, 'approvals' | 'clock'>,
): Promise<ApprovalView> {
  const approval = await approvals.read(approvalId)
  return approval === undefined ? refuseMissing(approvalId) : viewAt(clock.now().getTime())(approval)
}

/**
 * Counts once, however often it is said. What was decided is durable before anybody is told of it, so that a decision
 * that was cut off is made up for by saying it again.
 * @param principal Who decides, as the host authenticated them.
 * @throws NotFound; Forbidden; Conflict where it has ended, is about something else, or has been said otherwise;
 *   InvalidRequest for arguments or an answer that do not fit.
 */
export async function decideApproval(
  approvalId: string,
  vote: Vote,
  principal: string,
  dependencies: ApprovalDependencies,
): Promise<ApprovalView> {
  const { approvals, team, clock } = dependencies
  const before = await readApproval(approvalId, dependencies)
  const fitting = fitted(before, vote, team)
  const holds = (role: string) => holdsRole(principal, team.roles?.[role] ?? [])
  const outcome = await approvals.vote(approvalId, fitting, { principal, holds })
  if (outcome === undefined) return refuseMissing(approvalId)
  const { voted, approval } = outcome
  const { request, decision } = approval
  if (voted.kind === 'refused') {
    if (voted.why === 'forbidden') await recordForbidden(request, voted.message, principal, dependencies)
    throw refused(approvalId, voted)
  }
  if (voted.kind === 'changed' && decision !== undefined) dependencies.onDecided?.({ request, decision })
  await deliver(approval, dependencies)
  return viewAt(clock.now().getTime())(approval)
}

/** Once for each who tries, so that trying on and on fills no record. */
async function recordForbidden(
  { runId, approvalId }: Approval['request'],
  reason: string,
  principal: string,
  { runs, journal }: ApprovalDependencies,
): Promise<void> {
  const run = await runs.read(runId)
  if (run === undefined) return
  const chains = await journal.readChains(runId, RUN_CHAIN)
  const isKnown = chains.some(({ records: [first, ...others] }) => {
    const isTheirs = first?.row.actor?.onBehalfOf === principal
    return isTheirs && others.some(({ row }) => row.rule === FORBIDDEN_RULE && row.approval === approvalId)
  })
  const row = { event: 'decision', rule: FORBIDDEN_RULE, status: 'denied', approval: approvalId, reason } as const
  if (!isKnown) await recordOnRun(journal, run, row, principal)
}

/** By which somebody's word on a request does not count. */
const FORBIDDEN_RULE = 'approval.forbidden'

function viewAt(nowMs: number): (approval: Approval) => ApprovalView {
  return (approval) => {
    const { request, status, votes } = approval
    const approved = votes.filter(({ decision }) => decision === 'approve').length
    const missing = status === 'pending' ? Math.max(0, request.policy.quorum - approved) : 0
    return { ...approval, roles: [...rolesAt(request, nowMs)], missing }
  }
}

/** An answer is what the node's own schema makes of it. @throws InvalidRequest for what does not fit. */
function fitted({ request, node }: Approval, vote: Vote, team: Team): Vote {
  const agent = team.agents.find(({ name }) => name === request.agent)
  const tool = agent?.tools.find(({ name }) => name === request.tool)
  // Kept as given: the tool's schema is to make of it what it makes of a model's arguments.
  parsedBy(vote.edited, tool?.input ?? schemaOf(request), 'The edited arguments')
  const answer = parsedBy(vote.answer, answerSchemaOf({ request, node }, team), 'The answer')
  return { ...vote, ...(answer !== undefined && { answer }) }
}

function answerSchemaOf({ request, node }: Pick<Approval, 'request' | 'node'>, team: Team): z.ZodType | undefined {
  const declared = node && personNode(team, node)
  if (declared !== undefined) return declared.output
  return schemaOf(request)
}

function schemaOf({ answerSchema }: Approval['request']): z.ZodType | undefined {
  return answerSchema === undefined ? undefined : z.fromJSONSchema(answerSchema as never)
}

function personNode({ workflows }: Team, { workflow, name }: NonNullable<Approval['node']>) {
  const root = workflows.find((one) => one.name === workflow)?.root
  if (root === undefined) return undefined
  for (const one of walk(root)) if (one.kind === 'person' && one.name === name) return one
  return undefined
}

function parsedBy(value: Json | undefined, schema: z.ZodType | undefined, what: string): Json | undefined {
  if (value === undefined || schema === undefined) return value
  const parsed = schema.safeParse(value)
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (parsed.success && bytes <= ANSWER_BYTES) return parsed.data as Json
  const why = parsed.success ? `${bytes} bytes; at most ${ANSWER_BYTES} may be` : z.prettifyError(parsed.error)
  throw new InvalidRequest({
    message: `${what}: what was given does not fit:\n${why}`,
    next: 'Correct them, and decide again.',
  })
}

function refused(approvalId: string, { why, message }: Extract<Voted, { kind: 'refused' }>): Error {
  const next = `Look at it with: baton approvals ${approvalId}`
  const text = `Approval ${approvalId} was not decided: ${message}`
  if (why === 'forbidden') return new Forbidden({ message: text, next: 'Ask somebody who may decide.' })
  return why === 'invalid' ? new InvalidRequest({ message: text, next }) : new Conflict({ message: text, next })
}

function refuseMissing(approvalId: string): never {
  throw new NotFound({ message: `There is no approval ${approvalId}`, next: 'List them with: baton approvals' })
}
