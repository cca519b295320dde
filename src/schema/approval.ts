/** What a person is asked, and what they say: the hop between a waiting run and whoever decides. */
import * as z from 'zod'
import { AgentName, RunId, Sha256, StepId, ToolName } from './ids.ts'
import { Json, JsonObject } from './json.ts'

/** `a-` and 32 hexadecimal digits of the hash over all that it is bound to: it can be used for nothing else. */
export const ApprovalId = z
  .string()
  .regex(/^a-[0-9a-f]{32}$/, 'an approval id is expected: a- and 32 hexadecimal digits')
export type ApprovalId = z.infer<typeof ApprovalId>

/** A role of the people of a team, e.g. `editor`. */
export const RoleName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens, e.g. editor')
export type RoleName = z.infer<typeof RoleName>

/** An answer travels inside the state machine, as it is: bytes of JSON. */
export const ANSWER_BYTES = 16 * 1024

const YEAR_SECONDS = 31_536_000

/** Who may decide, how many of them, until when. */
export const ApprovalPolicy = z.strictObject({
  /** Absent: anybody who may use the API, but never whoever asks. */
  role: RoleName.optional(),
  /** Different people who must approve. One denial denies. */
  quorum: z.int().min(1).max(20).default(1),
  /** Seconds until the default outcome stands. */
  expiresSeconds: z
    .int()
    .min(1)
    .max(YEAR_SECONDS)
    .default(3 * 86_400),
  /** What stands when nobody decided in time. */
  onExpiry: z.enum(['deny', 'approve']).default('deny'),
  /** Roles that may decide as well, from so many seconds after the request on. */
  escalate: z
    .array(z.strictObject({ afterSeconds: z.int().positive().max(YEAR_SECONDS), role: RoleName }))
    .max(5)
    .default([]),
  /** Whether whoever started the run may approve. */
  requesterMayApprove: z.boolean().default(false),
})
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>

/**
 * `tool`: may this call run? `question`: an agent asks. `limit`: a bound is reached, may it go on? `approve`: a step of a
 * workflow. `person`: a person does a step's work and gives its output.
 */
export const ApprovalKind = z.enum(['tool', 'question', 'limit', 'approve', 'person'])
export type ApprovalKind = z.infer<typeof ApprovalKind>

export const ApprovalRequest = z.strictObject({
  approvalId: ApprovalId,
  kind: ApprovalKind,
  runId: RunId,
  stepId: StepId,
  /** Absent where the workflow itself asks. */
  agent: AgentName.optional(),
  tool: ToolName.optional(),
  callId: Sha256.optional(),
  /** One line for a list. */
  summary: z.string().min(1).max(500),
  /** All of it: the call's arguments, the question, the step's input. */
  subject: Json,
  /** Of `subject` as canonical JSON. Whoever decides names it, so that they decide what they saw. */
  subjectSha256: Sha256,
  policy: ApprovalPolicy,
  /** JSON Schema of the arguments where they may be edited, of the answer where one is asked for. */
  answerSchema: JsonObject.optional(),
  requestedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
export type ApprovalRequest = z.infer<typeof ApprovalRequest>

export const ApprovalOutcome = z.enum(['approved', 'denied'])
export type ApprovalOutcome = z.infer<typeof ApprovalOutcome>

/** What was decided, as the waiting state gets it. */
export const ApprovalDecision = z.strictObject({
  approvalId: ApprovalId,
  subjectSha256: Sha256,
  outcome: ApprovalOutcome,
  /** Who decided, as the host authenticated them. None: it expired. */
  by: z.array(z.string()),
  at: z.iso.datetime(),
  expired: z.boolean().default(false),
  /** Shown to the agent: what to do instead. */
  guidance: z.string().max(4_000).optional(),
  /** For the record. */
  comment: z.string().max(4_000).optional(),
  /** Arguments to run with in place of those asked for. */
  edited: Json.optional(),
  /** To a question, or the output of a person's step. */
  answer: Json.optional(),
})
export type ApprovalDecision = z.infer<typeof ApprovalDecision>
