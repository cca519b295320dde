/**
 * `openModelGuard`: the guard over the records, one partition for each model and region. Costs one query a second or
 * two for a model that is in use (DynamoDB: one read unit), one conditional write for each failure that counts, and two
 * for each probe. A success writes nothing, but closes the breaker where it was the probe's.
 *
 * Clocks may be minutes apart: see sighting.ts. A wrong clock delays its own process by a cool-down at most, and a
 * process that has just begun may probe once too early.
 *
 * Where the records do not answer, it goes by what it last saw: a model's answer that is paid for is not lost to a
 * counter.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import {
  type BatonError,
  ModelGarbage,
  ModelThrottled,
  ModelTimedOut,
  ModelUnavailable,
  RetryableError,
} from '../errors.ts'
import type { Records } from '../records/records.ts'
import {
  afterAbandonment,
  afterFailure,
  afterSuccess,
  ask,
  BreakerState,
  CLOSED,
  PROBE_LOOK_MS,
  WINDOW_MS,
} from './breaker-state.ts'
import type { Admission, Admitted, ModelGuard, Refused } from './model-guard.ts'
import { type RetryBudget, retryBudget } from './retry-budget.ts'
import { type SharedState, sharedState } from './shared-state.ts'
import { LONGEST_THROTTLE_MS, spreadMs, ThrottleState, throttled } from './throttle-state.ts'

export interface ModelGuardOptions {
  readonly records: Records
  readonly clock: Clock
  /** Where the models are, e.g. `eu-west-1`, or the host of their server. */
  readonly region: string
  /** From 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number
}

/** What was read is good for so long, and for up to as long again, so that processes do not all read at once. */
const CACHE_MS = 1_000
/** Against others that change the same item. Each round lost is a failure that somebody else has counted. */
const ROUNDS = 8

const BREAKER = 'BREAKER'
const THROTTLE = 'THROTTLE'

interface Watched {
  readonly partition: string
  readonly breaker: SharedState<BreakerState>
  readonly throttle: SharedState<ThrottleState>
  readonly retries: RetryBudget
  /** Calls that went well since this process last told a failure, while failures were known. */
  successes: number
  look: { atMs: number; goodForMs: number } | undefined
  looking: Promise<void> | undefined
  /** How much later than others this process begins again after this throttle. */
  spread: { readonly version: string | undefined; readonly milliseconds: number }
}

export function openModelGuard({ records, clock, region, random = Math.random }: ModelGuardOptions): ModelGuard {
  const models = new Map<string, Watched>()
  const nowMs = () => clock.now().getTime()

  function watched(modelId: string): Watched {
    const known = models.get(modelId)
    if (known !== undefined) return known
    const partition = `MODEL#${modelId}@${region}`
    const shared = { records, clock }
    const made: Watched = {
      partition,
      breaker: sharedState({ ...shared, key: { partition, sort: BREAKER }, schema: BreakerState }),
      throttle: sharedState({ ...shared, key: { partition, sort: THROTTLE }, schema: ThrottleState }),
      retries: retryBudget(),
      successes: 0,
      look: undefined,
      looking: undefined,
      spread: { version: undefined, milliseconds: 0 },
    }
    models.set(modelId, made)
    return made
  }

  async function refresh(model: Watched): Promise<void> {
    const ageMs = model.look === undefined ? Number.NaN : nowMs() - model.look.atMs
    if (ageMs >= 0 && ageMs < (model.look?.goodForMs ?? 0)) return
    model.looking ??= look(model).finally(() => {
      model.looking = undefined
    })
    return model.looking
  }

  async function look(model: Watched): Promise<void> {
    const seen = [
      { sort: BREAKER, tell: model.breaker.beginLook() },
      { sort: THROTTLE, tell: model.throttle.beginLook() },
    ]
    const { items } = await records.query(model.partition)
    for (const { sort, tell } of seen) tell(items.find((item) => item.sort === sort))
    model.look = { atMs: nowMs(), goodForMs: CACHE_MS * (1 + random()) }
  }

  function throttleLeftMs({ throttle, spread }: Watched): number {
    const state = throttle.state()
    return state === undefined ? 0 : state.waitMs + spread.milliseconds - throttle.elapsedMs(state.sinceMs)
  }

  function drawSpread(model: Watched): void {
    const version = model.throttle.version()
    const state = model.throttle.state()
    if (version === model.spread.version || state === undefined) return
    model.spread = { version, milliseconds: spreadMs(state, random()) }
  }

  function refused(rule: Refused['rule'], waitMs: number, state: BreakerState): Refused {
    const until = new Date(nowMs() + Math.max(1, Math.ceil(waitMs)))
    const since = rule === 'breaker.open' ? { since: new Date(state.downSinceMs) } : {}
    return { admitted: false, rule, until, ...since }
  }

  async function decide(model: Watched, modelId: string): Promise<Admission> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const state = model.breaker.state() ?? CLOSED
      const probe = randomUUID()
      const asked = ask(state, { nowMs: nowMs(), elapsedMs: model.breaker.elapsedMs(state.sinceMs), probe })
      drawSpread(model)
      const throttleMs = throttleLeftMs(model)
      if (asked.kind === 'refuse') return refused('breaker.open', Math.max(asked.waitMs, throttleMs), state)
      if (throttleMs > 0) return refused('throttled', throttleMs, state)
      if (asked.kind === 'admit') return { admitted: true, modelId }
      const isWritten = await model.breaker.write(asked.next).catch(unlessUnavailable)
      if (isWritten === undefined) return refused('breaker.open', PROBE_LOOK_MS, state)
      if (isWritten) return { admitted: true, modelId, probe }
    }
    return refused('breaker.open', PROBE_LOOK_MS, model.breaker.state() ?? CLOSED)
  }

  async function changeBreaker(
    { breaker }: Watched,
    transition: (state: BreakerState) => BreakerState | undefined,
  ): Promise<boolean> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const next = transition(breaker.state() ?? CLOSED)
      if (next === undefined) return false
      if (await breaker.write(next)) return true
    }
    return false
  }

  async function tellFailure(model: Watched, { probe }: Admitted): Promise<void> {
    const { successes } = model
    // Taken before it is told, so that two failures at a time do not tell the same.
    model.successes = 0
    const isTold = await changeBreaker(model, (state) =>
      afterFailure(state, { nowMs: nowMs(), probe, successes, random: random() }),
    )
    if (!isTold) model.successes += successes
  }

  async function tellThrottle({ throttle }: Watched, waitMs: number): Promise<void> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const state = throttle.state()
      const elapsedMs = throttle.elapsedMs(state?.sinceMs ?? nowMs())
      const next = throttled(state, { nowMs: nowMs(), elapsedMs, waitMs })
      if (next === undefined || (await throttle.write(next))) return
    }
  }

  async function abandoned({ modelId, probe }: Admitted): Promise<void> {
    if (probe === undefined) return
    const change = changeBreaker(watched(modelId), (state) => afterAbandonment(state, { nowMs: nowMs(), probe }))
    await change.catch(unlessUnavailable)
  }

  return {
    async admit(modelId) {
      const model = watched(modelId)
      await refresh(model).catch(unlessUnavailable)
      return decide(model, modelId)
    },
    async succeeded({ modelId, probe }) {
      const model = watched(modelId)
      model.retries.succeeded()
      countSuccess(model)
      if (probe === undefined) return
      await changeBreaker(model, (state) => afterSuccess(state, { nowMs: nowMs(), probe })).catch(unlessUnavailable)
    },
    async failed(call, error) {
      if (!countsAsFailure(error)) return abandoned(call)
      const model = watched(call.modelId)
      const waitMs = error instanceof ModelThrottled ? (error.retryAfterMs ?? 0) : 0
      if (waitMs > 0 && waitMs <= LONGEST_THROTTLE_MS) await tellThrottle(model, waitMs).catch(unlessUnavailable)
      await tellFailure(model, call).catch(unlessUnavailable)
    },
    abandoned,
    mayRetry: (modelId) => watched(modelId).retries.take(),
  }
}

function countsAsFailure(error: BatonError): boolean {
  return [ModelThrottled, ModelTimedOut, ModelUnavailable, ModelGarbage].some((kind) => error instanceof kind)
}

/** From the first failure on that anybody has told: what went well before it says nothing of now. */
function countSuccess(model: Watched): void {
  const last = model.breaker.state()?.failures.at(-1)
  const isWatched = last !== undefined && model.breaker.elapsedMs(last.atMs) < WINDOW_MS
  model.successes = isWatched ? model.successes + 1 : 0
}

function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof RetryableError)) throw error
}
