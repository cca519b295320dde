/** A checked state machine, compiled for running: what compile-program.ts makes and the states run. */
import type { Integration } from './integrations/integration.ts'
import type { Template } from './template.ts'

export interface Program {
  readonly machine: Machine
  readonly timeoutSeconds: number | undefined
  /** All states, nested ones too, by index: histories store the index. */
  readonly states: readonly State[]
}

/** The states of one scope: the whole machine, a branch, or the body of a Map. */
export interface Machine {
  readonly startAt: string
  readonly states: ReadonlyMap<string, State>
}

interface StateBase {
  readonly name: string
  readonly index: number
  /** undefined: the state ends its machine. */
  readonly next: string | undefined
  readonly assign: Assignments | undefined
  readonly output: Template | undefined
}

/** `Assign`: each variable with its template. */
export type Assignments = readonly (readonly [string, Template])[]

export interface Retrier {
  readonly errors: readonly string[]
  readonly intervalSeconds: number
  readonly maxAttempts: number
  readonly backoffRate: number
  readonly maxDelaySeconds: number | undefined
  readonly jitter: 'FULL' | 'NONE'
}

export interface Catcher {
  readonly errors: readonly string[]
  readonly next: string
  readonly assign: Assignments | undefined
  readonly output: Template | undefined
}

interface Recovering {
  readonly retriers: readonly Retrier[]
  readonly catchers: readonly Catcher[]
}

export interface PassState extends StateBase {
  readonly type: 'Pass'
}
export interface SucceedState extends StateBase {
  readonly type: 'Succeed'
}
export interface FailState extends StateBase {
  readonly type: 'Fail'
  readonly error: Template | undefined
  readonly cause: Template | undefined
}
export interface WaitState extends StateBase {
  readonly type: 'Wait'
  readonly seconds: Template | undefined
  readonly timestamp: Template | undefined
}
export interface ChoiceRule {
  readonly condition: Template
  readonly next: string
  readonly assign: Assignments | undefined
  readonly output: Template | undefined
}
export interface ChoiceState extends StateBase {
  readonly type: 'Choice'
  readonly rules: readonly ChoiceRule[]
}
export interface TaskState extends StateBase, Recovering {
  readonly type: 'Task'
  readonly resource: string
  readonly integration: Integration
  readonly arguments: Template | undefined
  readonly timeoutSeconds: Template | undefined
  readonly heartbeatSeconds: Template | undefined
}
export interface ParallelState extends StateBase, Recovering {
  readonly type: 'Parallel'
  readonly branches: readonly Machine[]
  readonly arguments: Template | undefined
}
export interface MapState extends StateBase, Recovering {
  readonly type: 'Map'
  readonly mode: 'INLINE' | 'DISTRIBUTED'
  readonly body: Machine
  readonly items: Template | undefined
  readonly itemSelector: Template | undefined
  readonly maxConcurrency: Template | undefined
  readonly toleratedFailureCount: Template | undefined
  readonly toleratedFailurePercentage: Template | undefined
  readonly batcher: ItemBatcher | undefined
}
export interface ItemBatcher {
  readonly maxItems: Template | undefined
  readonly maxInputBytes: Template | undefined
  readonly batchInput: Template | undefined
}

export type State =
  | PassState
  | SucceedState
  | FailState
  | WaitState
  | ChoiceState
  | TaskState
  | ParallelState
  | MapState
export type RecoveringState = TaskState | ParallelState | MapState
