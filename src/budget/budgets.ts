/**
 * Money and counts that several steps share: the organisation's, the run's and each workflow's. A step reserves before it
 * spends and settles after, so that no number of parallel steps can overspend. A step's own limits are not its business.
 */
import type { RunId, StepId } from '../schema/ids.ts'

/** What a budget counts. Dollars are whole nano-dollars inside, so that sums are exact. */
export interface Amount {
  readonly costUsd: number
  readonly tokens: number
  readonly turns: number
  readonly toolCalls: number
}
export type Counted = keyof Amount

export type Reserved =
  | { readonly granted: true }
  /** Nothing is reserved. */
  | {
      readonly granted: false
      /** What there is too little of, and whose it is, e.g. `run`, `workflow assess/`, `organisation`. */
      readonly counted: Counted
      readonly level: string
      readonly left: number
      readonly limit: number
    }

/** One step's share of the budgets above it. */
export interface StepBudget {
  /**
   * Sets aside what the next turn may take at most. What the turn before took is settled by it.
   * @param spent What the step has taken so far, over all attempts, as the journal tells it.
   */
  reserve(turn: number, most: Amount, spent: Amount): Promise<Reserved>
  /** Gives back what is left. Safe to repeat. @param spent as for `reserve` */
  close(spent: Amount): Promise<void>
}

/** @returns undefined where no budget is above the step. */
export type OpenStepBudget = (step: {
  readonly runId: RunId
  readonly stepId: StepId
}) => Promise<StepBudget | undefined>
