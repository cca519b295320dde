/** What a state machine asks of the team's control function: all that is no agent's business. */
import * as z from 'zod'
import { ApprovalId, ApprovalRequest } from './approval.ts'
import { AgentName, RunId, Sha256, StepId, ToolName, WorkflowName } from './ids.ts'
import { Json, JsonObject } from './json.ts'
import { StopCause } from './step.ts'

/** Effects that one `compensate` takes back at most: as many as one execution's history holds. */
export const UNDO_CALLS = 800

/** One effect to take back, as its agent's function gets it. */
export const UndoCall = z.strictObject({
  runId: RunId,
  execution: z.int().positive(),
  stepId: StepId,
  agent: AgentName,
  tool: ToolName,
  callId: Sha256,
  settings: JsonObject,
})
export type UndoCall = z.infer<typeof UndoCall>

/** What an agent's function gets in place of a step: `{undo}`. */
export const UndoInput = z.strictObject({ undo: UndoCall })
export type UndoInput = z.infer<typeof UndoInput>

/** `undone`: taken back, now or before. `failed`: a person must look; what else there is to undo goes on. */
export const UndoResult = z.strictObject({
  status: z.enum(['undone', 'nothingToUndo', 'failed']),
  reason: z.string().optional(),
})
export type UndoResult = z.infer<typeof UndoResult>

/** What a rule came to. `stopped`: it decided nothing; `next` tells a person what to do. */
export const RuleResult = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('completed'), output: Json }),
  z.strictObject({ status: z.literal('stopped'), cause: StopCause, reason: z.string(), next: z.string() }),
])
export type RuleResult = z.infer<typeof RuleResult>

export const ControlTask = z.discriminatedUnion('task', [
  /** An agent's step needs a person. Answered through the token: an `ApprovalDecision`. */
  z.strictObject({ task: z.literal('requestApproval'), token: z.string().min(1), request: ApprovalRequest }),
  /** A node of a workflow, `approve` or `person`, needs a person. Answered through the token, likewise. */
  z.strictObject({
    task: z.literal('requestDecision'),
    token: z.string().min(1),
    runId: RunId,
    workflow: WorkflowName,
    node: z.string().min(1),
    stepId: StepId,
    input: Json,
  }),
  /** Nobody decided in time. Gives the `ApprovalDecision` that stands. */
  z.strictObject({
    task: z.literal('expireApproval'),
    runId: RunId,
    /** Of an agent's request; absent for a node's: then `stepId` says which. */
    approvalId: ApprovalId.optional(),
    stepId: StepId,
  }),
  /** A node of a workflow, `rule`, is to be decided. Gives a `RuleResult`. */
  z.strictObject({
    task: z.literal('decide'),
    runId: RunId,
    execution: z.int().positive(),
    workflow: WorkflowName,
    node: z.string().min(1),
    stepId: StepId,
    /** Large values by reference. */
    input: Json,
    /** As of a step. */
    inlineBytes: z.int().positive().optional(),
    inlineFields: z.array(z.string()).optional(),
  }),
  /** Gives `{calls: UndoCall[]}`: effects of the steps below `path`, latest first. */
  z.strictObject({
    task: z.literal('listUndo'),
    runId: RunId,
    execution: z.int().positive(),
    /** Names of the steps in the scope, with the path of the execution before them. */
    steps: z.array(z.string()),
    settings: JsonObject,
  }),
])
export type ControlTask = z.infer<typeof ControlTask>
