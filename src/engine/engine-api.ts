/** What hosts call, and what they must bring. What it does: engine.ts. */
import type { Clock } from '../clock.ts'
import type { Json } from '../schema/json.ts'
import { describeFaults } from './check-definition.ts'
import type { DefinitionFault } from './definition-reader.ts'
import type { ExecutionDescription } from './describe-execution.ts'
import type { ExecutionResult } from './execution.ts'
import type { HistoryEvent } from './expand-history.ts'
import type { ExecutionStatus, HistoryStore } from './history-store.ts'
import type { FunctionInvoker } from './integrations/function-invoker.ts'
import type { Integration } from './integrations/integration.ts'
import type { LiveEvent } from './live-event.ts'

export interface StateMachine {
  readonly arn: string
  readonly definition: Json
}

export interface EngineOptions {
  readonly history: HistoryStore
  readonly clock: Clock
  readonly random: () => number
  readonly invokeFunction: FunctionInvoker
  /** Beside the built-in ones. */
  readonly integrations?: readonly Integration[]
  /** Other state machines, for child executions. */
  readonly machine: (arn: string) => StateMachine | undefined
  /** Unguessable text for task tokens. @default random UUIDs */
  readonly newToken?: () => string
}

export interface StartExecution {
  readonly name: string
  readonly machineArn: string
  readonly definition: Json
  readonly input: Json
}

export interface ExecutionHandle {
  readonly executionName: string
  readonly arn: string
  /** Rejects with Interrupted, or where the history cannot be written: then it may be resumed. */
  readonly done: Promise<ExecutionResult>
}

export interface Engine {
  /** @throws InvalidStateMachine, Conflict for a name in use. */
  start(start: StartExecution): Promise<ExecutionHandle>
  /** Continues an interrupted execution; one that is over gives its result. @throws NotFound, Conflict if it runs here. */
  resume(name: string): Promise<ExecutionHandle>
  /** Ends it as ABORTED, also one that was interrupted. */
  stop(name: string, reason?: { readonly error?: string; readonly cause?: string }): Promise<void>
  /** Leaves every execution where it is, stored, to be resumed. */
  interrupt(): Promise<void>
  /** Another process has this execution and its children now: records nothing more of them. `done` rejects with `reason`. */
  abandon(name: string, reason: unknown): void
  sendTaskSuccess(token: string, output: Json): Promise<void>
  sendTaskFailure(token: string, failure: { readonly error?: string; readonly cause?: string }): Promise<void>
  sendTaskHeartbeat(token: string): void
  /** Learns what other processes have sent to tokens that are waited for here: to be called again and again. */
  readTokens(): void
  /** Fails whatever waits for a token in this execution and its children, in this process. */
  failWaiting(name: string, failure: { readonly error?: string; readonly cause?: string }): Promise<void>
  describe(name: string): ExecutionDescription | undefined
  /** Children are named after their parents: `<parent>/…`. */
  list(prefix: string): readonly ExecutionSummary[]
  /** As GetExecutionHistory gives it. @throws NotFound */
  history(name: string): readonly HistoryEvent[]
  /** @returns how to stop listening. */
  subscribe(listener: (event: LiveEvent) => void): () => void
}

export interface ExecutionSummary {
  readonly name: string
  readonly machineArn: string
  readonly status: ExecutionStatus
  readonly startedAt: Date
  readonly stoppedAt: Date | undefined
  /** Started by another execution. */
  readonly isChild: boolean
}

/** A definition that this engine, or AWS, refuses. */
export class InvalidStateMachine extends Error {
  override readonly name = 'InvalidDefinition'
  readonly faults: readonly DefinitionFault[]

  constructor(faults: readonly DefinitionFault[]) {
    super(describeFaults(faults))
    this.faults = faults
  }
}
