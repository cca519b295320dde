/**
 * The shared state of a run: for each key of a workflow, the writes to it in one order. Knows no schemas: what a write must
 * look like is the caller's business; so is who may write.
 *
 * What is promised. A write that was acknowledged is never lost and counts once, however often it is sent under one id. Of
 * writers that say which version they have seen, one wins, and the others are told what there is instead. What a key was at
 * a version never changes. Times are those of the writers' clocks, made never to go back.
 */
import type { AgentName, RunId, StepId, WorkflowName } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { StateRules, StateVersion } from '../schema/state.ts'

/** All executions of one workflow in a run share its state. */
export interface StatePlace {
  readonly runId: RunId
  readonly workflow: WorkflowName
}

export interface StateChange {
  readonly key: string
  readonly rules: StateRules
  readonly delta: Json
  /** The version that the writer has seen: only where it still stands is anything written. 0: never written. */
  readonly expectVersion?: number | undefined
}

export interface StateUpdate extends StatePlace {
  /** The same for every repetition: a call's id. */
  readonly writeId: string
  /** On different keys. All of them count, or none. */
  readonly changes: readonly StateChange[]
  readonly by: { readonly agent?: AgentName | undefined; readonly stepId: StepId }
  /** Whether the writer had read what strangers wrote. */
  readonly isTainted: boolean
  /** Of other data that it had read. @default none */
  readonly labels?: readonly string[]
}

export type StateUpdated =
  | { readonly outcome: 'written'; readonly versions: Readonly<Record<string, number>> }
  /** Nothing was written: another was first. With what there is now. */
  | {
      readonly outcome: 'conflict'
      readonly key: string
      readonly expected: number
      readonly version: number
      readonly value: Json
      readonly isTainted: boolean
      readonly labels?: readonly string[]
    }
  /** Nothing was written, and nothing will be: `next` says what to do. */
  | {
      readonly outcome: 'refused'
      readonly refused: 'tooLarge' | 'full' | 'otherRules'
      readonly key: string
      readonly reason: string
      readonly next: string
    }

export type StateMoment = { readonly version: number } | { readonly time: Date }

export interface StateValue {
  /** 0: nothing was written by then. */
  readonly version: number
  readonly value: Json
  /** Of that version. */
  readonly at?: string
  /** One of its writers had read what strangers wrote. */
  readonly isTainted: boolean
  /** Of other data that its writers had read. Absent: none. */
  readonly labels?: readonly string[]
}

export interface KeyOfRun extends StatePlace {
  readonly key: string
  readonly rules: StateRules
}

export interface SharedState {
  /** @throws RecordsUnavailable where it cannot be known, or the crowd is too large: send it again. RecordsCorrupt. */
  update(update: StateUpdate): Promise<StateUpdated>
  /** @throws NotFound for a version that is still to come; RecordsUnavailable, RecordsCorrupt. */
  read(place: StatePlace, key: string, rules: StateRules, moment?: StateMoment): Promise<StateValue>
  /** Every write, oldest first. @throws RecordsUnavailable, RecordsCorrupt */
  history(place: StatePlace, key: string): Promise<readonly StateVersion[]>
  /** Keys that were written to; what was written just now may be missing. @throws RecordsUnavailable, RecordsCorrupt */
  keys(runId: RunId): Promise<readonly KeyOfRun[]>
}

/** Bytes of one write, as JSON: what is larger is handed on by a reference. */
export const DELTA_BYTES = 32 * 1024
/** Bytes of all writes to one key in a run. */
export const KEY_BYTES = 1024 * 1024
