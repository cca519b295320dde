/** Approvals in words: a row of a list, and all of one. */
import type { ApprovalView } from '../api/approvals.ts'
import { ApprovalKind } from '../schema/approval.ts'
import type { RunEvent } from '../schema/run-event.ts'
import { clip, formatDuration, jsonText, printable } from './format.ts'

export const WAITING_COLUMNS = ['id', 'status', 'asked', 'left', 'who may decide', 'run', 'what']

/** Enough of an id to name it by. */
const ID_CHARACTERS = 10
const SUMMARY_CHARACTERS = 70

export function waitingRow(approval: ApprovalView, nowMs: number): string[] {
  const { request, status } = approval
  const { approvalId, runId, summary, requestedAt, expiresAt } = request
  const isPending = status === 'pending'
  return [
    approvalId.slice(0, ID_CHARACTERS),
    status,
    `${formatDuration(Math.max(0, nowMs - Date.parse(requestedAt)))} ago`,
    isPending ? formatDuration(Math.max(0, Date.parse(expiresAt) - nowMs)) : '',
    isPending ? whoText(approval) : '',
    runId,
    clip(printable(summary), SUMMARY_CHARACTERS),
  ]
}

const ASKING = new Set(Object.keys(ApprovalKind.enum).map((kind) => `approval.${kind}`))

/** Whether a decision of that rule is a question to a person, rather than what they said. */
export function asksPerson(rule: string): boolean {
  return ASKING.has(rule)
}

/** The command to paste where somebody is asked. */
export function waitingCommand(event: RunEvent, place: string): string | undefined {
  if (event.type !== 'decision' || event.approval === undefined || !asksPerson(event.rule)) return undefined
  return `npx baton approvals ${event.approval.slice(0, ID_CHARACTERS)}${place}`
}

/** @param place What a command to paste needs to find it. */
export function approvalLines(approval: ApprovalView, place: string, nowMs: number): string[] {
  const { request, status, votes, startedBy } = approval
  const { approvalId, kind, runId, stepId, agent, tool, summary, subject, subjectSha256, expiresAt, answerSchema } =
    request
  const who = agent === undefined ? 'the workflow' : `agent ${agent}`
  const starter = startedBy === undefined ? '' : `, started by ${printable(startedBy)}`
  const left = formatDuration(Math.max(0, Date.parse(expiresAt) - nowMs))
  const otherwise = request.policy.onExpiry === 'approve' && !takesAnswer(kind) ? 'approved' : 'denied'
  return [
    `${approvalId}  ${status}`,
    printable(summary),
    '',
    `asked by   ${who}, step ${stepId} of run ${runId}${starter}`,
    ...(tool === undefined ? [] : [`tool       ${tool}`]),
    `asked at   ${request.requestedAt}`,
    ...(status === 'pending'
      ? [`until      ${expiresAt} (${left}), then ${otherwise}`, `decides    ${whoText(approval)}`]
      : []),
    ...votes.flatMap(voteLines),
    '',
    `${LABELS[kind]} (sha256 ${subjectSha256}):`,
    printable(jsonText(subject, 2)),
    ...(takesAnswer(kind) && answerSchema !== undefined ? ['', 'an answer fits:', jsonText(answerSchema)] : []),
    ...(status === 'pending' ? ['', ...commandsFor(approval, place)] : []),
  ]
}

function voteLines({ by, at, decision, edited, answer, comment, guidance }: ApprovalView['votes'][number]): string[] {
  const why = comment ?? guidance
  const who = `${decision === 'approve' ? 'approved' : 'denied  '}   ${printable(by)} at ${at}`
  return [
    why === undefined ? who : `${who}: ${printable(why)}`,
    ...(edited === undefined ? [] : [`  to run   ${jsonText(edited)}`]),
    ...(answer === undefined ? [] : [`  answer   ${jsonText(answer)}`]),
  ]
}

function takesAnswer(kind: ApprovalView['request']['kind']): boolean {
  return kind === 'question' || kind === 'person'
}

const LABELS: Readonly<Record<ApprovalView['request']['kind'], string>> = {
  tool: 'the whole arguments',
  question: 'the question',
  limit: 'the limit',
  approve: 'what is to be approved',
  person: 'what is to be worked on',
}

/** With whole ids: said again, as where the answer was lost, they find what is decided too. */
function commandsFor({ request: { approvalId, kind } }: ApprovalView, place: string): string[] {
  const answer = takesAnswer(kind) ? ' --answer …' : ''
  const deny = `  npx baton deny ${approvalId} --guidance "…"${place}`
  return [`  npx baton approve ${approvalId}${answer}${place}`, deny]
}

function whoText({ request: { kind, policy }, roles, missing }: ApprovalView): string {
  const isOwn = kind === 'question' || policy.requesterMayApprove
  const who = roles.length > 0 ? roles.join(' or ') : isOwn ? 'anybody' : 'anybody but who started the run'
  return missing > 1 ? `${missing} more of: ${who}` : who
}
