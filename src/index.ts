/**
 * What a team file needs: declarations, patterns and expressions. Hosts are in `baton/host`, document tools in
 * `baton/documents`, tools for HTTP, SQL, DynamoDB and files in `baton/tools`.
 */
export { type Adapted, adaptive } from './define/adaptive.ts'
export {
  type Agent,
  AgentLimits,
  AgentModel,
  type CheckContext,
  type CheckVerdict,
  defineAgent,
  type OutputCheck,
} from './define/agent.ts'
export { type BlackboardResult, blackboard } from './define/blackboard.ts'
export { type Conversation, converse, type SpeakerPolicy, speaker } from './define/converse.ts'
export {
  and,
  at,
  count,
  eq,
  exists,
  failure,
  gt,
  jsonata,
  lt,
  not,
  or,
  type Ref,
  text,
  type Value,
} from './define/expressions.ts'
export { defineGuardrail, type Guardrail, type GuardrailContext, type Passing } from './define/guardrail.ts'
export { type HandoffsResult, handoffs } from './define/handoffs.ts'
export { defineMemory, type MemoryGrants, type MemorySpace } from './define/memory.ts'
export { defineMessage, type MessageEdges, type MessageType } from './define/message.ts'
export {
  choose,
  compensate,
  forEach,
  from,
  type Node,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  when,
  workflow,
} from './define/patterns.ts'
export { type Approved, approve, days, hours, minutes, person } from './define/people.ts'
export { type Resolution, resolve } from './define/resolve.ts'
export { type By, by } from './define/resolve-by.ts'
export { type StateGrants, type StateKey, type StateKeys, stateKey } from './define/state.ts'
export { type ReadKeys, readState, type WrittenKeys, writeState } from './define/state-nodes.ts'
export { type Supervised, supervise } from './define/supervise.ts'
export { defineTeam, type Team } from './define/team.ts'
export {
  type AwsCredentials,
  defineTool,
  Grant,
  RateLimit,
  type Reconciled,
  type TableWrite,
  type Tool,
  type ToolApproval,
  type ToolContext,
} from './define/tool.ts'
export type { PolicyContext, PolicyRule } from './define/tool-policy.ts'
export { defineWorkflow, type Workflow, WorkflowLimits } from './define/workflow.ts'
export * from './errors.ts'
export {
  PartAssignment,
  PartBriefs,
  PartLeadInput,
  PlannerInput,
  SynthesisInput,
  TaskPlan,
} from './schema/adaptation.ts'
export type { GuardrailPlace, GuardrailVerdict } from './schema/guardrail.ts'
export type { Json, JsonObject, JsonSchema } from './schema/json.ts'
export { JudgeInput, JudgeVerdict } from './schema/resolve.ts'
export { Assignment, ReportInput, SupervisorInput, SupervisorPlan } from './schema/supervision.ts'
export type { DataSource, EffectKind } from './schema/tool-call.ts'
export { type Bounds, bounds, type WorkflowBounds } from './workflow/bounds.ts'
export { type CompiledWorkflow, compile } from './workflow/compile.ts'
export { validate } from './workflow/validate.ts'
