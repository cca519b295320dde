/** Whether a model may be asked now, and what the guard is told of how the call ended. Makes no call. */
import type { Admitted, Refused } from '../breaker/model-guard.ts'
import { type BatonError, ModelTimedOut, ModelUnavailable } from '../errors.ts'
import type { StepRun } from './step-run.ts'
import { timeLeft } from './time-left.ts'

/**
 * A shorter wait is slept through; for a longer one another model is asked, or the state machine waits at no compute.
 */
export const LONGEST_INLINE_WAIT_MS = 5_000
/** What would last longer is as good as for ever. */
export const LONGEST_WAIT_MS = 60 * 60 * 1_000
/** Short waits before one call, until it counts as refused. */
const WAITS = 3
/**
 * A model that did not answer within less than this may be well: it was the step, or its function, that had no time.
 */
const FAIR_MS = 20_000

/** Sleeps through what is over soon. `pause` resolves false where the run was cancelled meanwhile. */
export async function admission(
  run: StepRun,
  modelId: string,
  pause: (milliseconds: number) => Promise<boolean>,
): Promise<Admitted | Refused | 'cancelled'> {
  const { guard, clock } = run.dependencies
  if (guard === undefined) return { admitted: true, modelId }
  for (let waits = 0; ; waits += 1) {
    const answer = await guard.admit(modelId)
    if (answer.admitted || answer.rule !== 'throttled' || waits === WAITS) return answer
    const { stepMs, functionMs } = timeLeft(run)
    const waitMs = answer.until.getTime() - clock.now().getTime()
    if (waitMs > LONGEST_INLINE_WAIT_MS || waitMs >= Math.min(stepMs, functionMs)) return answer
    if (!(await pause(waitMs))) return 'cancelled'
  }
}

/** @param timeoutMs What the call was given. */
export async function reportCall(
  { dependencies: { guard } }: StepRun,
  call: Admitted,
  outcome: 'answered' | 'cancelled' | BatonError,
  timeoutMs: number,
): Promise<void> {
  if (guard === undefined) return
  if (outcome === 'answered') return guard.succeeded(call)
  const isUnfair = outcome instanceof ModelTimedOut && timeoutMs < FAIR_MS
  return outcome === 'cancelled' || isUnfair ? guard.abandoned(call) : guard.failed(call, outcome)
}

/** As an error, so that it is told like any other reason why a model gave no answer. */
export function refusal({ rule, until, since }: Refused, modelId: string): BatonError {
  const why =
    rule === 'throttled' ? 'asked for a pause' : `has given no answers since ${since?.toISOString() ?? 'before'}`
  return new ModelUnavailable({
    message: `${modelId} ${why}; it is not asked before ${until.toISOString()}`,
    next: 'Wait, or add model.fallbacks.',
  })
}

/**
 * When it is worth asking again, ms since 1970. undefined: not within an hour, or it has been down for longer than
 * that.
 */
export function retryAtMs({ until, since }: Refused, nowMs: number): number | undefined {
  const isLong = until.getTime() - nowMs > LONGEST_WAIT_MS
  return isLong || (since !== undefined && nowMs - since.getTime() > LONGEST_WAIT_MS) ? undefined : until.getTime()
}
