/** The hops request → run → state machine. */
import * as z from 'zod'
import { BudgetLimits, RunBudget } from './budget.ts'
import { RunId, Sha256, StepId, TeamName, Version, WorkflowName } from './ids.ts'
import { Json, JsonObject } from './json.ts'
import { LockedAgent, StepUsage } from './step.ts'

/** What a client asks for. */
export const StartRun = z.strictObject({
  workflow: WorkflowName,
  input: Json,
  settings: JsonObject.default({}),
  /** Lower than the workflow's own, or of what that does not limit. */
  budget: BudgetLimits.optional(),
  /** Two starts of a caller with the same key and body are the same run. */
  idempotencyKey: z.string().min(1).max(200).optional(),
  /** Who asks, as the host authenticated it. Never taken from what a client says of itself. */
  caller: z.string().min(1).max(2_048).optional(),
})
export type StartRun = z.infer<typeof StartRun>

/** Versions drawn once, at the start of a run: a run never mixes versions, and golden ASL holds no ARN. */
export const Lockfile = z.strictObject({
  agents: z.record(z.string(), LockedAgent),
  workflows: z.record(
    z.string(),
    z.strictObject({ stateMachineArn: z.string().min(1), version: Version, sha256: Sha256 }),
  ),
  /** The team's control function: asks people, lists what there is to undo. Absent in runs of before there was one. */
  control: z.strictObject({ functionName: z.string().min(1) }).optional(),
})
export type Lockfile = z.infer<typeof Lockfile>

/** The input of every state machine. */
export const RunInput = z.strictObject({
  run: z.strictObject({
    id: RunId,
    execution: z.int().positive(),
    /** Prefix of every step id in this execution: empty at the top, `child/` in a child workflow. */
    path: z.string(),
    lock: Lockfile,
    settings: JsonObject,
    /** What the output of this execution may have inside the state that started it, bytes of JSON. @default RESULT_BYTES */
    inlineBytes: z.int().positive().optional(),
  }),
  input: Json,
})
export type RunInput = z.infer<typeof RunInput>

export const RunArm = z.enum(['stable', 'canary'])

/** Which release a run was started with, and whether by its share of a canary. */
export const RunRelease = z.strictObject({ sequence: z.int().positive(), arm: RunArm })
export type RunRelease = z.infer<typeof RunRelease>

export const RunStatus = z.enum(['running', 'succeeded', 'failed', 'timedOut', 'cancelled', 'interrupted'])
export type RunStatus = z.infer<typeof RunStatus>

/** Why a run ended as it did, with what to do next. */
export const RunError = z.strictObject({
  name: z.string(),
  message: z.string(),
  stepId: z.string().optional(),
  next: z.string(),
  /** Steps that are finished: their outputs are kept, and a resumed run uses them. Absent: there are none. */
  kept: z
    .strictObject({
      steps: z.int().positive(),
      /** Those that finished last. */
      latest: z.array(z.string()),
    })
    .optional(),
})
export type RunError = z.infer<typeof RunError>

/** What an operator tries with an agent in place of what its team declares. */
export const AgentChange = z.strictObject({
  /** The provider's model id. Asked alone: fallbacks would blur what the change does. */
  model: z.string().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().positive().max(200_000).optional(),
  instructions: z.string().min(1).max(50_000).optional(),
  /** Of the agent's limits, by name. */
  limits: z.record(z.string(), z.number()).optional(),
})
export type AgentChange = z.infer<typeof AgentChange>

export const ForkSet = z.strictObject({
  /** By name: in force in every step of theirs that runs anew. */
  agents: z.record(z.string(), AgentChange).optional(),
  /** Merged into the input of the step that the fork begins at (RFC 7396); what is no object takes its place. */
  input: Json.optional(),
})
export type ForkSet = z.infer<typeof ForkSet>

/** Of a forked run: where it comes from, and what it tries. */
export const RunOrigin = z.strictObject({
  runId: RunId,
  /** Runs anew, as does what follows from it. */
  stepId: StepId,
  set: ForkSet,
})
export type RunOrigin = z.infer<typeof RunOrigin>

/** The run head: the one item of a run that changes in place. `interrupted` is derived: running, with no live host. */
export const Run = z.strictObject({
  runId: RunId,
  team: TeamName,
  teamSha256: Sha256,
  /** Where the host loaded the team from, for hosts that load one from a file: a hint for `resume`. */
  teamFile: z.string().optional(),
  workflow: WorkflowName,
  workflowVersion: Version,
  input: Json,
  settings: JsonObject,
  /** Which model adapter answered, e.g. `offline`. */
  model: z.string(),
  status: RunStatus,
  /** How many executions there have been: 1 + resumes. */
  execution: z.int().positive(),
  startedAt: z.iso.datetime(),
  /** Who started it, where the host knows. */
  caller: z.string().optional(),
  /** Of what was asked for, where that came with an idempotency key: another body for the same key is refused. */
  bodySha256: Sha256.optional(),
  /** Absent: it was not forked from another. */
  origin: RunOrigin.optional(),
  /** Absent: no budget is above its steps. */
  budget: RunBudget.optional(),
  endedAt: z.iso.datetime().optional(),
  output: Json.optional(),
  error: RunError.optional(),
  usage: StepUsage.optional(),
  cancelRequested: z.boolean(),
  lock: Lockfile,
  /** Absent: its host has no releases, or it is from before a run named its own. */
  release: RunRelease.optional(),
})
export type Run = z.infer<typeof Run>
