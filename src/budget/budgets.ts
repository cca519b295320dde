/**
 * Money and counts that several steps share: the organisation's, the run's and each workflow's. A step reserves
 * before it spends and settles after, so that no number of parallel steps can overspend. A step's own limits are
 * not its business.
 */
import type { Amount, Counted } from '../schema/budget.ts'
import type { RunId, StepId } from '../schema/ids.ts'

export type { Amount, Counted } from '../schema/budget.ts'

export type Reserved =
  | {
      readonly granted: true
      /** Tool calls that the answer may lead to: fewer than asked for where the budget has no more. */
      readonly toolCalls: number
    }
  /** Nothing is reserved. */
  | Refusal

export interface Refusal {
  readonly granted: false
  /** What there is too little of, and whose it is, e.g. `run`, `workflow assess/`. */
  readonly counted: Counted
  readonly level: string
  /** What this step could still have. */
  readonly left: number
  readonly limit: number
}

/** One step's share of the budgets above it. */
export interface StepBudget {
  /** What any of the budgets above limits. */
  readonly limited: ReadonlySet<Counted>
  /**
   * Sets aside what the next turn may take at most. What the turn before took is settled by it.
   * @param spent What the step has taken so far, over all attempts, as the journal tells it.
   * @param keep What must be left in this step's hands beside it, for a turn after this one. @default nothing
   * @throws Conflict where the execution is over; RecordsUnavailable, RecordsCorrupt
   */
  reserve(turn: number, most: Amount, spent: Amount, keep?: Amount): Promise<Reserved>
  /**
   * How many of an answer's tool calls may run, once the answer is recorded: those set aside for it by this
   * invocation, or else as many as there are left.
   * @param spent as for `reserve`
   */
  callsOf(turn: number, count: number, spent: Amount): Promise<number>
  /** Gives back what is left. Safe to repeat. @param spent as for `reserve` */
  close(spent: Amount): Promise<void>
}

/** @returns undefined where no budget is above the step. */
export type OpenStepBudget = (step: {
  readonly runId: RunId
  readonly stepId: StepId
}) => Promise<StepBudget | undefined>
