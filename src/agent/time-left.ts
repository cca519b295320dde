import type { StepRun } from './step-run.ts'

/** Kept free of the function's time for the rows that end an invocation, ms. */
const SETTLE_MS = 2_000

export interface TimeLeft {
  /** Of the agent's own limit, over all attempts. */
  readonly stepMs: number
  /** Of the function that hosts this attempt. */
  readonly functionMs: number
}

export function timeLeft({ agent, dependencies, state, startedMs }: StepRun): TimeLeft {
  const nowMs = dependencies.clock.now().getTime()
  const end = dependencies.deadline
  return {
    stepMs: agent.limits.seconds * 1_000 - state.activeMs - (nowMs - startedMs),
    functionMs: end === undefined ? Number.POSITIVE_INFINITY : end.getTime() - nowMs - SETTLE_MS,
  }
}
