/** What a step needs of the world, and no more. Hosts choose what stands behind each. */
import type { Clock } from '../clock.ts'
import type { Agent } from '../define/agent.ts'
import type { AwsCredentials } from '../define/tool.ts'
import type { Model } from '../models/model.ts'
import type { Price as ModelPrice } from '../models/prices.ts'
import type { Artifacts } from '../records/artifacts.ts'
import type { Journal } from '../records/journal.ts'
import type { AgentName, RunId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { RunIsolated } from '../tools/isolated-call.ts'

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
  /** When the function that hosts this step is killed. Absent on a host without such an end. */
  readonly deadline?: Date | undefined
}

/** Says what a model call cost, or would cost. */
export type Price = Pick<ModelPrice, 'costUsd'>
