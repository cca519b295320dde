/** What a step needs of the world, and no more. Hosts choose what stands behind each. */
import type { ReadBrake } from '../brake/brake.ts'
import type { WhereIs } from '../brake/step-places.ts'
import type { ModelGuard } from '../breaker/model-guard.ts'
import type { OpenStepBudget } from '../budget/budgets.ts'
import type { Clock } from '../clock.ts'
import type { Agent } from '../define/agent.ts'
import type { AwsCredentials } from '../define/tool.ts'
import type { PermissionDenied } from '../errors.ts'
import type { Mailboxes } from '../mailbox/mailboxes.ts'
import type { Model } from '../models/model.ts'
import type { Price as ModelPrice } from '../models/prices.ts'
import type { Artifacts } from '../records/artifacts.ts'
import type { Journal } from '../records/journal.ts'
import type { AgentName, RunId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { SharedState } from '../state/shared-state.ts'
import type { EffectLedger } from '../tools/effect-ledger.ts'
import type { RunIsolated } from '../tools/isolated-call.ts'
import type { StepMemory } from './step-memory.ts'

export interface StepDependencies {
  readonly agents: (name: AgentName) => Agent | undefined
  readonly model: Model
  readonly journal: Pick<Journal, 'readStep' | 'claimAttempt'>
  readonly artifacts: Pick<Artifacts, 'put' | 'get'>
  readonly clock: Clock
  /** From 0 to 1, for jitter. */
  readonly random: () => number
  readonly isCancelled: (runId: RunId) => Promise<boolean>
  /** Aborts once the run is cancelled, so that calls in flight end. Absent: it shows before the next turn or tools. */
  readonly cancellation?: ((runId: RunId) => AbortSignal | undefined) | undefined
  /** undefined: no price is known, so that the cost is unknown rather than 0. */
  readonly priceOf: (provider: string, modelId: string) => Price | undefined
  /** Told each row once it is durable, with the body beside it, for live displays and logs. */
  readonly onRow?: ((row: JournalRow, body?: Json) => void) | undefined
  /** Runs isolated tools outside this process. Absent: they run in it, like any other. */
  readonly runIsolated?: RunIsolated | undefined
  /** Of a role that holds what the agent's tools were granted. Absent: tools find their own. */
  readonly credentials?: AwsCredentials | undefined
  /** Claims of effects. Absent: a call whose result was not recorded is made again. */
  readonly ledger?: EffectLedger | undefined
  /** Of the run's agents. Absent: a call to send or read is told that there are none. */
  readonly mailboxes?: Mailboxes | undefined
  /** What agents of a run share. Absent: a call to read or change it is told that there is none. */
  readonly state?: SharedState | undefined
  /** What the team remembers from run to run. Absent: a call to search or add is told that there is none. */
  readonly memory?: StepMemory | undefined
  /** Budgets above the step's own limits. Absent: there are none. */
  readonly openBudget?: OpenStepBudget | undefined
  /** Absent: every model is asked, whoever else has found it down. */
  readonly guard?: ModelGuard | undefined
  /** Absent: there is none. */
  readonly brake?: ReadBrake | undefined
  /** For the brake. Absent: only the fleet's is seen. */
  readonly whereIs?: WhereIs | undefined
  /** Takes one call of an integration: resolves with ms to wait before it may be made, 0 where it may be made now. */
  readonly takeCall?:
    | ((limit: { readonly name: string; readonly calls: number; readonly perSeconds: number }) => Promise<number>)
    | undefined
  /** The value of a secret by its name. @throws NotFound */
  readonly readSecret?: ((name: string) => Promise<string>) | undefined
  /** What this step was denied since it was last asked, by what its agent was granted: written down with its next row. */
  readonly takeDenials?: (() => readonly PermissionDenied[]) | undefined
  /** When the function that hosts this step is killed. Absent on a host without such an end. */
  readonly deadline?: Date | undefined
}

/** Says what a model call cost, or would cost. */
export type Price = Pick<ModelPrice, 'costUsd'>
