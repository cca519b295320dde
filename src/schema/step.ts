/** The hop between a state machine and an agent: what the Lambda function of an agent takes and gives. */
import * as z from 'zod'
import { ApprovalDecision, ApprovalRequest } from './approval.ts'
import { AgentName, RunId, Sha256, StepId, WorkflowName } from './ids.ts'
import { Json, JsonObject } from './json.ts'
import { StepContract } from './step-contract.ts'

/** Largest output that travels inside the state machine, bytes of JSON. Anything larger is an artifact. */
export const INLINE_OUTPUT_BYTES = 32 * 1024

/** A `Reference` without inline fields, to content of up to 99 MB, and the comma after it: bytes of JSON. */
export const REFERENCE_BYTES = `{"$ref":"sha256:${'0'.repeat(64)}","bytes":${99_999_999}},`.length

/**
 * Results that come together in one state, bytes of JSON. Under the 262,144 that Step Functions gives a state, with room
 * for what travels beside them.
 */
export const RESULT_BYTES = 200 * 1024

/**
 * A value kept outside the state machine. It stands where the value would stand; `inline` fields that expressions read
 * stay beside `$ref` at the top level, so that `$plan.subtopics` works either way.
 */
export const Reference = z.looseObject({
  $ref: z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)]),
  bytes: z.int().nonnegative(),
})
export type Reference = z.infer<typeof Reference>

export const StepInput = z.strictObject({
  runId: RunId,
  /** 1 for the first execution of a run, +1 for each resume. */
  execution: z.int().positive(),
  stepId: StepId,
  agent: AgentName,
  input: Json,
  /** What the operator, never a model, set for the run; tools read it. */
  settings: JsonObject,
  /** Largest output to return inside the state, bytes of JSON. @default INLINE_OUTPUT_BYTES */
  inlineBytes: z.int().positive().optional(),
  /** Top-level fields of the output that later expressions read, so that they stay inline. */
  inlineFields: z.array(z.string()).optional(),
  /** In what form the output is wanted. Absent: as the agent declares it. */
  contract: StepContract.optional(),
  /** Whose state the agent shares. Absent: its agent has none. */
  state: WorkflowName.optional(),
  /** What a person said since the invocation before. */
  decision: ApprovalDecision.nullish(),
})
export type StepInput = z.infer<typeof StepInput>

/** What a step used, over all its attempts and turns. `costUsd` null: some model had no known price. */
export const StepUsage = z.strictObject({
  turns: z.int().nonnegative(),
  toolCalls: z.int().nonnegative(),
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  costUsd: z.number().nonnegative().nullable(),
})
export type StepUsage = z.infer<typeof StepUsage>

export const StopCause = z.enum([
  'turnLimit',
  'tokenLimit',
  'costLimit',
  'timeLimit',
  /** Invoked again and again without coming to an end: its process keeps dying, or is given too little time. */
  'attemptLimit',
  'toolCallLimit',
  'offSchema',
  'checkRejected',
  'refused',
  'maxTokens',
  'modelUnavailable',
  'modelRejected',
  'inputRejected',
  'outputTooLarge',
  /** A budget above the step's own limits is used up. */
  'budget',
  /** A person said no, or nobody said anything in time. */
  'denied',
  /** The same call again and again. */
  'loop',
  /** A rule that was to settle something could not. */
  'undecided',
  /** A person has stopped the workflow, the agent or the whole team for now. */
  'braked',
  'cancelled',
])
export type StopCause = z.infer<typeof StopCause>

/** The error of an execution in which a step was cancelled: `Stopped.` and the cause, as of every stop. */
export const CANCELLED_ERROR = 'Stopped.cancelled'

export const StepResult = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('completed'), output: Json, usage: StepUsage }),
  /** The function's time is nearly up; the journal holds the place: invoke again. */
  z.strictObject({ status: z.literal('continue'), usage: StepUsage }),
  /** Nothing can be done before `untilIso` (a foreign lease, Retry-After): wait at no compute, then invoke again. */
  z.strictObject({ status: z.literal('wait'), untilIso: z.iso.datetime(), reason: z.string(), usage: StepUsage }),
  /** A person must decide first: wait for them at no compute, then invoke again with `decision`. */
  z.strictObject({
    status: z.literal('approval'),
    request: ApprovalRequest,
    /** Until the request expires. */
    seconds: z.int().positive(),
    usage: StepUsage,
  }),
  /** Ended without an output, by a rule. `next` tells a person what to do. */
  z.strictObject({
    status: z.literal('stopped'),
    cause: StopCause,
    reason: z.string(),
    next: z.string(),
    usage: StepUsage,
  }),
])
export type StepResult = z.infer<typeof StepResult>

/** One agent of a run, as pinned at its start. */
export const LockedAgent = z.strictObject({
  functionName: z.string().min(1),
  version: z.string(),
  sha256: Sha256,
})
