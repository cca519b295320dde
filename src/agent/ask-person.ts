/**
 * What a step asks a person, and what they said. The same question has the same id however often the step comes to it,
 * and a decision counts for that very id. Not responsible for showing it to anybody, nor for who may decide.
 */
import { approvalIdOf } from '../approval/approval-id.ts'
import { canonicalJson, jsonSha256 } from '../audit/canonical.ts'
import { type ApprovalDecision, type ApprovalKind, ApprovalPolicy, type ApprovalRequest } from '../schema/approval.ts'
import type { Sha256, ToolName } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Ending, StepRun } from './step-run.ts'

export interface Ask {
  readonly kind: Extract<ApprovalKind, 'tool' | 'question' | 'limit'>
  /** One line for a list; cut at 500 characters. */
  readonly summary: string
  /** All of it. Of a `limit`: an object whose `limit` names it. */
  readonly subject: Json
  /** @default the agent's `oversight` */
  readonly policy?: ApprovalPolicy | undefined
  readonly tool?: ToolName | undefined
  readonly callId?: Sha256 | undefined
  /** JSON Schema of the arguments or of the answer. */
  readonly answerSchema?: JsonObject | undefined
}

/** A subject is shown whole or not at all. Bytes of canonical JSON. */
const SUBJECT_BYTES = 24 * 1024
const SUMMARY_CHARACTERS = 500

export function fitsPerson(subject: Json): boolean {
  return Buffer.byteLength(canonicalJson(subject)) <= SUBJECT_BYTES
}

/** How an invocation ends that has to wait for a person. Asked again after a crash, it gives the same request. */
export function askPerson(run: StepRun, ask: Ask): Extract<Ending, { status: 'approval' }> {
  const { agent, dependencies, state, step } = run
  const { kind, subject, tool, callId, answerSchema } = ask
  const nowMs = dependencies.clock.now().getTime()
  const policy = ask.policy ?? agent.oversight ?? ApprovalPolicy.parse({})
  const approvalId = idOf(run, ask)
  const asked = state.people.asked.get(approvalId)
  const expiresAt = asked?.expiresAt ?? new Date(nowMs + policy.expiresSeconds * 1_000).toISOString()
  const request: ApprovalRequest = {
    approvalId,
    kind,
    runId: step.runId,
    stepId: step.stepId,
    agent: agent.name,
    ...(tool !== undefined && { tool }),
    ...(callId !== undefined && { callId }),
    summary: ask.summary.slice(0, SUMMARY_CHARACTERS).toWellFormed(),
    subject,
    subjectSha256: jsonSha256(subject),
    policy,
    ...(answerSchema !== undefined && { answerSchema }),
    requestedAt: asked?.requestedAt ?? new Date(nowMs).toISOString(),
    expiresAt,
  }
  const seconds = Math.max(1, Math.ceil((Date.parse(expiresAt) - nowMs) / 1_000))
  return { status: 'approval', request, seconds }
}

/** What was decided on exactly this question; undefined where it is still to be asked. */
export function decisionOn(run: StepRun, ask: Ask): ApprovalDecision | undefined {
  return run.state.people.decisions.get(idOf(run, ask))
}

/** Whether the step has come to exactly this question before. */
export function isAsked(run: StepRun, ask: Ask): boolean {
  return run.state.people.asked.has(idOf(run, ask))
}

/** Hash of the declaration that decides: the tool's, where the tool itself wants an approval or has a policy. */
export function policyVersionOf({ agent, prompt }: StepRun, tool: string | undefined): string {
  const declared = tool === undefined ? undefined : prompt.tools.get(tool)
  const decides = declared?.approval ?? declared?.takes ?? declared?.policy
  return declared === undefined || decides === undefined ? agent.sha256 : declared.sha256
}

function idOf(run: StepRun, { kind, subject, tool, callId }: Ask) {
  const { agent, state, step } = run
  return approvalIdOf({
    runId: step.runId,
    stepId: step.stepId,
    kind,
    tool,
    subjectSha256: jsonSha256(subject),
    requester: agent.name,
    policyVersion: policyVersionOf(run, tool),
    which: callId ?? state.fresh,
  })
}
