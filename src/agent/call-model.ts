/** One answer from some model: the one place where model calls are retried and fallbacks taken. Records no turn. */
import type { Admitted, Refused } from '../breaker/model-guard.ts'
import {
  BatonError,
  ModelAccessDenied,
  ModelRejectedRequest,
  ModelTimedOut,
  ModelUnavailable,
  RetryableError,
  ScriptExhausted,
} from '../errors.ts'
import { MODEL_TRIES, type ModelRequest } from '../schema/model-call.ts'
import { withinTime } from '../tools/time-limit.ts'
import { admission, LONGEST_INLINE_WAIT_MS, LONGEST_WAIT_MS, refusal, reportCall, retryAtMs } from './admission.ts'
import { candidatesOf } from './candidates.ts'
import { outOfTime, runCancelled, stopped } from './ending.ts'
import { type ParsedResponse, parseResponse } from './model-response.ts'
import type { Ending, StepRun } from './step-run.ts'
import { timeLeft } from './time-left.ts'

export type ModelAnswer =
  | ({ readonly kind: 'answered' } & ParsedResponse)
  | { readonly kind: 'ended'; readonly ending: Ending }

/** This model will not answer now: the next one may. */
interface Gone {
  readonly kind: 'gone'
  readonly error: BatonError
  /** By which another is asked. */
  readonly rule: 'model.fallback' | 'retryBudget' | Refused['rule']
  /** When it may be worth asking again, ms since 1970. */
  readonly atMs?: number | undefined
}

/** Of a model's tries, calls that took as long as a call may. */
const TIMEOUTS = 2
const BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 20_000
/** One model call may take this long. */
const CALL_TIMEOUT_MS = 120_000
/** Beyond the adapter's own timeout, for adapters that forget theirs. */
const ADAPTER_GRACE_MS = 1_000
const REASON_CHARACTERS = 200

export async function callModel(
  run: StepRun,
  request: Omit<ModelRequest, 'modelId'>,
  turn: number,
): Promise<ModelAnswer> {
  const candidates = candidatesOf(run.agent, run.dependencies.model, run.state.limits.degraded)
  const gone: Gone[] = []
  for (const [index, modelId] of candidates.entries()) {
    const answer = await tryModel(run, { ...request, modelId }, turn, candidates.slice(index + 1))
    if (answer.kind !== 'gone') return answer
    gone.push(answer)
    const next = candidates[index + 1]
    const options = next === undefined ? ['wait', 'stop'] : [next, 'stop']
    // That a model is down is told also where there is no other: nothing else in the journal says so.
    if (next !== undefined || answer.rule === 'breaker.open')
      await decide(run, turn, answer.rule, answer.error, options)
  }
  return { kind: 'ended', ending: lateness(run) ?? unavailable(candidates, gone) }
}

async function tryModel(
  run: StepRun,
  request: ModelRequest,
  turn: number,
  others: readonly string[],
): Promise<ModelAnswer | Gone> {
  const { modelId } = request
  const { clock, guard, random } = run.dependencies
  let timeouts = 0
  for (let tries = 1; ; tries += 1) {
    const late = lateness(run)
    if (late !== undefined) return { kind: 'ended', ending: late }
    const admitted = await admission(run, modelId, (milliseconds) => pause(run, milliseconds))
    if (admitted === 'cancelled') return { kind: 'ended', ending: runCancelled }
    if (!admitted.admitted) return refusedBy(admitted, modelId, clock.now().getTime())
    const answer = await callOnce(run, request, turn, admitted)
    if (answer === 'cancelled') return { kind: 'ended', ending: runCancelled }
    if (!(answer instanceof BatonError)) return { kind: 'answered', ...answer }
    const error = answer
    if (error instanceof ScriptExhausted) throw error
    if (error instanceof ModelRejectedRequest) return { kind: 'ended', ending: stopped('modelRejected', error.message) }
    const gone = goneFor(error, clock.now().getTime())
    if (error instanceof ModelTimedOut) timeouts += 1
    const isFutile = !(error instanceof RetryableError) || (error.retryAfterMs ?? 0) > LONGEST_INLINE_WAIT_MS
    if (isFutile || tries >= MODEL_TRIES || timeouts >= TIMEOUTS) return gone
    const delayMs = backoffMs(tries, error.retryAfterMs, random)
    const { stepMs, functionMs } = timeLeft(run)
    if (delayMs >= stepMs) return gone
    if (delayMs >= functionMs) return { kind: 'ended', ending: outOfTime }
    if (guard !== undefined && !guard.mayRetry(modelId)) return { ...gone, rule: 'retryBudget' }
    await decide(run, turn, 'model.retry', error, [modelId, ...others])
    if (!(await pause(run, delayMs))) return { kind: 'ended', ending: runCancelled }
  }
}

function refusedBy(refused: Refused, modelId: string, nowMs: number): Gone {
  return {
    kind: 'gone',
    error: refusal(refused, modelId),
    rule: refused.rule,
    atMs: retryAtMs(refused, nowMs),
  }
}

/** What asks for more than a short wait is asked again once that is over, unless it takes for ever. */
function goneFor(error: BatonError, nowMs: number): Gone {
  const waitMs = error instanceof RetryableError ? (error.retryAfterMs ?? 0) : 0
  const isWorthIt = waitMs > LONGEST_INLINE_WAIT_MS && waitMs <= LONGEST_WAIT_MS
  return { kind: 'gone', error, rule: 'model.fallback', ...(isWorthIt && { atMs: nowMs + waitMs }) }
}

/** @returns whether to go on: the run was not cancelled meanwhile. */
async function pause({ dependencies, step }: StepRun, milliseconds: number): Promise<boolean> {
  const cancellation = dependencies.cancellation?.(step.runId)
  await dependencies.clock.sleep(milliseconds, cancellation).catch((error) => {
    if (!cancellation?.aborted) throw error
  })
  return !cancellation?.aborted
}

/** Never throws what a model or its adapter does. The guard is told how it ended. */
async function callOnce(
  run: StepRun,
  request: ModelRequest,
  turn: number,
  admitted: Admitted,
): Promise<ParsedResponse | BatonError | 'cancelled'> {
  const { stepMs, functionMs } = timeLeft(run)
  const timeoutMs = Math.max(1, Math.floor(Math.min(CALL_TIMEOUT_MS, stepMs, functionMs)))
  const answer = await timedCall(run, request, turn, timeoutMs).catch(classify)
  const hasAnswered = answer !== 'cancelled' && !(answer instanceof BatonError)
  await reportCall(run, admitted, hasAnswered ? 'answered' : answer, timeoutMs)
  return answer
}

async function timedCall(
  { dependencies, agent, step }: StepRun,
  request: ModelRequest,
  turn: number,
  timeoutMs: number,
): Promise<ParsedResponse | 'cancelled'> {
  const call = (signal: AbortSignal) =>
    dependencies.model.call(request, { signal, timeoutMs, agent: agent.name, stepId: step.stepId, turn })
  const { clock, cancellation } = dependencies
  const milliseconds = timeoutMs + ADAPTER_GRACE_MS
  const timed = await withinTime(call, { clock, milliseconds, cancellation: cancellation?.(step.runId) })
  if (timed.ended === 'cancelled') return 'cancelled'
  if (timed.ended === 'inTime') return parseResponse(timed.value)
  throw new ModelTimedOut({
    message: `${request.modelId} did not answer within ${timeoutMs} ms`,
    next: 'Try again later, or choose a faster model.',
  })
}

function lateness(run: StepRun): Ending | undefined {
  const { stepMs, functionMs } = timeLeft(run)
  if (stepMs <= 0) return stopped('timeLimit', `No answer within limits.seconds (${run.agent.limits.seconds} s).`)
  return functionMs <= 0 ? outOfTime : undefined
}

/** Adapters promise our errors; whatever else one throws counts as an outage, so that the bounds hold. */
function classify(thrown: unknown): BatonError {
  if (thrown instanceof BatonError) return thrown
  return new ModelUnavailable({
    message: `the model adapter failed: ${thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)}`,
    next: 'Check the endpoint and the adapter.',
    cause: thrown,
  })
}

/**
 * Exponential with full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"), never less than was asked
 * for.
 */
function backoffMs(tries: number, retryAfterMs: number | undefined, random: () => number): number {
  const ceiling = Math.min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** (tries - 1))
  return Math.max(retryAfterMs ?? 0, Math.round(random() * ceiling))
}

function unavailable(candidates: readonly string[], gone: readonly Gone[]): Ending {
  const soonestMs = Math.min(...gone.flatMap(({ atMs }) => (atMs === undefined ? [] : [atMs])))
  const last = gone.at(-1)
  const reason = last === undefined ? 'no model was asked' : reasonOf(last.error)
  if (Number.isFinite(soonestMs)) return { status: 'wait', untilIso: new Date(soonestMs).toISOString(), reason }
  const asked = candidates.length === 1 ? candidates[0] : `any of ${candidates.join(', ')}`
  const cause = gone.every(({ error }) => error instanceof ModelAccessDenied) ? 'is not accessible' : 'gave no answer'
  return stopped('modelUnavailable', `${asked} ${cause}: ${reason}`)
}

async function decide(
  run: StepRun,
  turn: number,
  rule: Gone['rule'] | 'model.retry',
  error: BatonError,
  options: readonly string[],
): Promise<void> {
  await run.record({ event: 'decision', turn, rule, reason: reasonOf(error), options: [...options] })
}

function reasonOf(error: BatonError): string {
  return `${error.name}: ${error.message}`.slice(0, REASON_CHARACTERS)
}
