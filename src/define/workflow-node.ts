/** What a workflow is built of, as data. The constructors are in patterns.ts, people.ts and beside each pattern. */
import type * as z from 'zod'
import type { ApprovalPolicy } from '../schema/approval.ts'
import type { JsonObject } from '../schema/json.ts'
import type { StepContract } from '../schema/step-contract.ts'
import type { Agent } from './agent.ts'
import type { Expression } from './expressions.ts'
import type { StateKeys } from './state.ts'
import type { Workflow } from './workflow.ts'

export interface StepNode {
  readonly kind: 'step'
  readonly name: string
  readonly agent: Agent
  /** Absent: the previous output. */
  readonly input?: Expression
  /** In what form a pattern wants the output. Absent: as the agent declares it. */
  readonly contract?: StepContract
  /** What stands for the output when the step stops or fails. Absent: the run fails. */
  readonly otherwise?: Expression
}
export interface SequenceNode {
  readonly kind: 'sequence'
  readonly nodes: readonly WorkflowNode[]
}
export interface ParallelNode {
  readonly kind: 'parallel'
  readonly name: string
  readonly branches: Readonly<Record<string, WorkflowNode>>
}
export interface ForEachNode {
  readonly kind: 'forEach'
  readonly name: string
  readonly items: Expression
  readonly body: WorkflowNode
  readonly concurrency: number
  readonly max: number
}
export interface ChooseNode {
  readonly kind: 'choose'
  readonly name: string
  readonly arms: readonly { readonly when: Expression; readonly node: WorkflowNode }[]
  readonly otherwise?: WorkflowNode
}
export interface RepeatNode {
  readonly kind: 'repeat'
  readonly name: string
  readonly body: WorkflowNode
  readonly until: Expression
  readonly max: number
  /** `previous` in the first iteration. Absent: the previous output. */
  readonly initial?: Expression
  readonly atMax: 'continue' | 'fail'
}
export interface ChildNode {
  readonly kind: 'workflow'
  readonly name: string
  readonly workflow: Workflow
  readonly input?: Expression
  readonly otherwise?: Expression
}
export interface WaitNode {
  readonly kind: 'wait'
  readonly name: string
  readonly seconds?: Expression
  readonly until?: Expression
}
export interface ApproveNode {
  readonly kind: 'approve'
  readonly name: string
  /** What is to be approved. Absent: the previous output. */
  readonly input?: Expression
  readonly policy: ApprovalPolicy
  /** What stands for the output where it is denied. Absent: the run fails. */
  readonly otherwise?: Expression
}
export interface PersonNode {
  readonly kind: 'person'
  readonly name: string
  /** What the person works on. Absent: the previous output. */
  readonly input?: Expression
  readonly policy: ApprovalPolicy
  /** What the person's answer is parsed by. */
  readonly output: z.ZodType
  readonly outputSchema: JsonObject
  /** What stands for the output where nobody answered in time, or somebody declined. Absent: the run fails. */
  readonly otherwise?: Expression
}
export interface CompensateNode {
  readonly kind: 'compensate'
  readonly name: string
  readonly body: WorkflowNode
}
/** A decision by a rule in code, made by the team's control function and recorded with its reason. */
export interface RuleNode {
  readonly kind: 'rule'
  readonly name: string
  /** Of src/coordination. */
  readonly rule: string
  /** What was declared for it. */
  readonly options: JsonObject
  readonly input: Expression
  /** What its input is parsed by, beside what the rule itself takes. Absent: anything. */
  readonly accepts?: z.ZodType
  /** Keys of the workflow's state that it reads or writes. */
  readonly state?: StateKeys
  /** What its output is parsed by. */
  readonly output: z.ZodType
  readonly outputSchema: JsonObject
  /** What stands for the output where the rule decides nothing. Absent: the run fails. */
  readonly otherwise?: Expression
}
/** A value made of others, without anybody's work: what a loop keeps from one round to the next. */
export interface ComputeNode {
  readonly kind: 'compute'
  readonly name: string
  readonly value: Expression
  readonly outputSchema: JsonObject
  /** Bytes of JSON that it may have beside whole outputs within it. */
  readonly bytes: number
  /** Nodes before it whose whole output it holds though it reads it by way of another's. */
  readonly holds?: readonly string[]
}
export const PATTERNS = ['supervise', 'handoffs', 'converse', 'blackboard', 'resolve', 'adaptive'] as const
/** A named group of nodes that make up one pattern. It runs as its body does; its output is the body's. */
export interface PatternNode {
  readonly kind: 'pattern'
  readonly name: string
  readonly pattern: (typeof PATTERNS)[number]
  readonly body: WorkflowNode
  /** Lines for people: who takes part, what bounds it. */
  readonly details: readonly string[]
}
export type WorkflowNode =
  | StepNode
  | SequenceNode
  | ParallelNode
  | ForEachNode
  | ChooseNode
  | RepeatNode
  | ChildNode
  | WaitNode
  | ApproveNode
  | PersonNode
  | CompensateNode
  | RuleNode
  | PatternNode
  | ComputeNode
