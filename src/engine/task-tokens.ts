/** Who waits for which task token, and what is sent to it. Outcomes are stored before anybody is told, so that they outlive the process. */
import type { Clock } from '../clock.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { unlessAborted } from './frame.ts'
import type { HistoryStore } from './history-store.ts'
import { PAYLOAD_BYTES } from './limits.ts'
import { Aborted, StateError, TIMEOUT } from './state-error.ts'

export type TokenOutcome =
  | { readonly output: Json }
  | { readonly error: string | undefined; readonly cause: string | undefined }

interface Waiter {
  readonly settle: (outcome: TokenOutcome) => void
  lastBeatAt: number
}

/** Why the heartbeat's timer is stopped. */
const ENDED = new Aborted()

export interface TokenWait {
  readonly signal: AbortSignal
  readonly heartbeatSeconds: number | undefined
}

export class TaskTokens {
  readonly #store: HistoryStore
  readonly #clock: Clock
  readonly #waiters = new Map<string, Waiter>()

  constructor(store: HistoryStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** @throws StateError for a failure that was sent or a missed heartbeat; Aborted. */
  async wait(token: string, { signal, heartbeatSeconds }: TokenWait): Promise<Json> {
    const { promise, resolve: settle } = Promise.withResolvers<TokenOutcome>()
    const waiter: Waiter = { settle, lastBeatAt: this.#clock.now().getTime() }
    this.#waiters.set(token, waiter)
    const sent = this.#store.token(token)?.outcome
    if (sent) settle(JSON.parse(sent) as TokenOutcome)
    const ended = new AbortController()
    try {
      const missed = heartbeatSeconds === undefined ? undefined : this.#missed(waiter, heartbeatSeconds, ended.signal)
      const outcome = await unlessAborted(missed === undefined ? promise : Promise.race([promise, missed]), signal)
      if ('output' in outcome) return outcome.output
      throw new StateError(outcome.error, outcome.cause)
    } finally {
      ended.abort(ENDED)
      this.#waiters.delete(token)
    }
  }

  /** @throws NotFound for an unknown or used token. */
  async send(token: string, outcome: TokenOutcome): Promise<void> {
    const text = JSON.stringify(outcome)
    if ('output' in outcome && Buffer.byteLength(JSON.stringify(outcome.output)) > PAYLOAD_BYTES) {
      throw new InvalidRequest({
        message: `The output is larger than ${PAYLOAD_BYTES} bytes of JSON`,
        next: 'Store it elsewhere and send a reference to it.',
      })
    }
    await this.#store.commit((write) => {
      this.#mustBeOpen(token)
      write.settleToken(token, text)
    })
    this.#waiters.get(token)?.settle(outcome)
  }

  /** @throws NotFound for an unknown or used token. */
  heartbeat(token: string): void {
    this.#mustBeOpen(token)
    const waiter = this.#waiters.get(token)
    if (waiter !== undefined) waiter.lastBeatAt = this.#clock.now().getTime()
  }

  #mustBeOpen(token: string): void {
    const known = this.#store.token(token)
    if (known !== undefined && known.outcome === null) return
    throw new NotFound({
      message:
        known === undefined ? 'TaskDoesNotExist: no task waits for this token' : 'TaskTimedOut: the token is used',
      next: 'Take the token from a task that is waiting now.',
    })
  }

  async #missed(waiter: Waiter, seconds: number, signal: AbortSignal): Promise<TokenOutcome> {
    // Ends with the wait: the sleep rejects when the token is settled.
    for (;;) {
      const left = waiter.lastBeatAt + seconds * 1_000 - this.#clock.now().getTime()
      if (left <= 0) return { error: TIMEOUT, cause: undefined }
      try {
        await this.#clock.sleep(left, signal)
      } catch {
        return new Promise(() => undefined)
      }
    }
  }
}
