/** Retry and Catch, as AWS orders them: the first retrier that matches decides; then the catchers. */
import type { JsonObject } from '../schema/json.ts'
import type { RecoveringState, Retrier } from './program.ts'
import { DATA_LIMIT_EXCEEDED, RUNTIME, StateError, TIMEOUT } from './state-error.ts'
import type { Outcome, StateRun } from './states/state-run.ts'

export interface Attempts {
  /** One attempt, from the start; ends with leaving the state. */
  attempt(): Promise<Outcome>
  /** Called when no retry is left, before the catchers. */
  onFailed?(): void
}

/** @throws StateError that nothing caught. */
export async function withRecovery(run: StateRun<RecoveringState>, attempts: Attempts): Promise<Outcome> {
  const { frame, state } = run
  const used = state.retriers.map(() => 0)
  // Bounded by the retriers' MaxAttempts, and by the history's length.
  for (;;) {
    try {
      return await attempts.attempt()
    } catch (error) {
      if (!(error instanceof StateError)) throw error
      const { random } = frame.execution.services
      const delay = delayFor(state.retriers, used, error, random)
      if (delay === undefined) {
        attempts.onFailed?.()
        return await caught(run, error)
      }
      run.retryCount++
      await frame.sleepUntil(frame.lastRecordedAt + delay * 1_000)
    }
  }
}

/** Seconds until the next attempt; undefined: no more. Counts the attempt in `used`. */
export function delayFor(
  retriers: readonly Retrier[],
  used: number[],
  { error }: StateError,
  random: () => number,
): number | undefined {
  const position = retriers.findIndex(({ errors }) => matches(errors, error))
  const retrier = retriers[position]
  if (retrier === undefined) return undefined
  const before = used[position] ?? 0
  if (before >= retrier.maxAttempts) return undefined
  used[position] = before + 1
  const grown = retrier.intervalSeconds * retrier.backoffRate ** before
  const capped = Math.min(grown, retrier.maxDelaySeconds ?? grown)
  return retrier.jitter === 'FULL' ? capped * random() : capped
}

/** States.Runtime is never matched; States.TaskFailed matches all errors of tasks but timeouts. */
export function matches(names: readonly string[], error: string | undefined): boolean {
  if (error === RUNTIME) return false
  return names.some((name) => {
    if (name === 'States.ALL' || name === error) return true
    return name === 'States.TaskFailed' && error !== TIMEOUT && error !== DATA_LIMIT_EXCEEDED
  })
}

async function caught(run: StateRun<RecoveringState>, error: StateError): Promise<Outcome> {
  const catcher = run.state.catchers.find(({ errors }) => matches(errors, error.error))
  if (catcher === undefined) throw error
  const errorOutput: JsonObject = { Error: error.error ?? '', Cause: error.causeText ?? '' }
  return await run.exit(catcher, errorOutput, { errorOutput })
}
