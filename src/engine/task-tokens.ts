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
  /** `HistoryStore.version` at the last look. */
  #seen: number | undefined

  constructor(store: HistoryStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** @throws StateError for a failure that was sent or a missed heartbeat; Aborted. */
  async wait(token: string, { signal, heartbeatSeconds }: TokenWait): Promise<Json> {
    const { promise, resolve: settle } = Promise.withResolvers<TokenOutcome>()
    const waiter: Waiter = { settle, lastBeatAt: this.#clock.now().getTime() }
    this.#waiters.set(token, waiter)
    const sent = this.sent(token)
    if (sent !== undefined) settle(sent)
    const ended = new AbortController()
    try {
      const missed = heartbeatSeconds === undefined ? undefined : this.#missed(waiter, heartbeatSeconds, ended.signal)
      const outcome = await unlessAborted(missed === undefined ? promise : Promise.race([promise, missed]), signal)
      return resultOf(outcome)
    } finally {
      ended.abort(ENDED)
      this.#waiters.delete(token)
    }
  }

  /** What was sent to it, by whichever process. */
  sent(token: string): TokenOutcome | undefined {
    const outcome = this.#store.token(token)?.outcome
    return outcome ? (JSON.parse(outcome) as TokenOutcome) : undefined
  }

  /** Learns what other processes have sent since the last look. One small query where they have written nothing. */
  look(): void {
    if (this.#waiters.size === 0) return
    const version = this.#store.version()
    if (version === this.#seen) return
    this.#seen = version
    for (const [token, { settle }] of this.#waiters) {
      const sent = this.sent(token)
      if (sent !== undefined) settle(sent)
    }
  }

  /** Tokens that are waited for by an execution of one of these names. */
  waiting(isMeant: (executionName: string) => boolean): string[] {
    return [...this.#waiters.keys()].filter((token) => isMeant(executionOf(token)))
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

/** @throws StateError for a failure. */
export function resultOf(outcome: TokenOutcome): Json {
  if ('output' in outcome) return outcome.output
  throw new StateError(outcome.error, outcome.cause)
}

/** Says whose it is; only the secret in it cannot be guessed. */
export function tokenOf(executionName: string, enteredId: number, secret: string): string {
  return Buffer.from(JSON.stringify([executionName, enteredId, secret])).toString('base64url')
}

function executionOf(token: string): string {
  const [name] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [string]
  return name
}
