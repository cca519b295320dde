/** What the pieces of a running step share. */
import type { StepBudget } from '../budget/budgets.ts'
import type { Agent } from '../define/agent.ts'
import type { Json } from '../schema/json.ts'
import type { StepInput, StepResult } from '../schema/step.ts'
import type { Standing } from './authority.ts'
import type { StepDependencies } from './ports.ts'
import type { Prompt } from './prompt.ts'
import type { StepBody, StepRow, StepState } from './step-state.ts'

export interface StepRun {
  readonly step: StepInput
  readonly agent: Agent
  readonly prompt: Prompt
  readonly dependencies: StepDependencies
  /** The fold of what is recorded. Changes only by `record`. */
  readonly state: StepState
  /** What it has from where it stands in the run. */
  readonly standing: Standing
  /** The step's input, resolved and parsed. */
  readonly input: Json
  /** The budgets above the step; opened when they are first asked for, as the run's head has then been read. */
  readonly budget: () => Promise<StepBudget | undefined>
  /** Makes a row durable, then folds it into the state. Rows of parallel work are written one after the other. */
  readonly record: (row: StepRow, body?: StepBody) => Promise<void>
  /** Several rows in one append: all are durable, or none. */
  readonly recordAll: (rows: readonly NewStepRow[]) => Promise<void>
  /** Whether another process has taken the step over, so that this one must begin nothing that has an effect. */
  readonly isPassed: () => Promise<boolean>
  /** When this attempt began, ms since 1970. */
  readonly startedMs: number
  /** Turns recorded before this attempt. */
  readonly turnsBefore: number
}

export interface NewStepRow {
  readonly row: StepRow
  readonly body?: StepBody | undefined
}

type WithoutUsage<T> = T extends unknown ? Omit<T, 'usage'> : never

/** How a step, or this invocation of it, ends; the totals are added at the end. */
export type Ending =
  | WithoutUsage<StepResult>
  /** The outcome is recorded already. */
  | { readonly status: 'recorded'; readonly result: StepResult }
