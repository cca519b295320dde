/**
 * The effect ledger: one claim for each tool call that does something, so that it happens as its kind promises, however
 * many processes come to make it (docs/architecture.md). Decides nothing about which call may run and runs none.
 */

import type { Write } from '../records/records.ts'
import type { RunId, Sha256, StepId } from '../schema/ids.ts'
import type { EffectKind } from '../schema/tool-call.ts'
import type { Executed } from './execute.ts'

export interface EffectCall {
  readonly runId: RunId
  readonly stepId: StepId
  readonly callId: Sha256
  readonly agent: string
  readonly tool: string
  readonly effect: Exclude<EffectKind, 'read'>
  readonly argumentsSha256: Sha256
  /** How long whoever makes it may take at most, its function's own end included, ms: the lease outlives it. */
  readonly longestMs: number
  /**
   * Whether a second act while the first is under way would be a second effect (`lookup`, `opaque` with a hook). Then a
   * foreign lease counts as passed only when it has on every clock that is at most 10 minutes wrong.
   */
  readonly isAskedBeforeActing: boolean
}

/** What a claim found. */
export type Claimed =
  /** Nobody has begun it: act. */
  | { readonly status: 'mine'; readonly claim: EffectClaim }
  /** Somebody had begun it and let the lease pass: it may have happened. */
  | { readonly status: 'inDoubt'; readonly claim: EffectClaim }
  | { readonly status: 'done'; readonly executed: Executed }
  /** Nobody knows whether it happened, and that is written down. */
  | { readonly status: 'unknown'; readonly claim: EffectClaim }
  /** Somebody else is at it. */
  | { readonly status: 'busy'; readonly untilIso: string }

/** One's own claim on a call. Every method is safe to repeat after a lost reply, and throws RecordsUnavailable. */
export interface EffectClaim {
  /** 1 for the first, higher for each that takes the call over. */
  readonly fence: number
  /** Whether the lease still runs, by one's own clock: after it another may be at the call. */
  readonly isLive: () => boolean
  /**
   * Before acting on a call that was in doubt and did not happen: the lease begins again, and from now on this is the one
   * that acted. False where somebody has settled it or taken it over since.
   */
  begin(): Promise<boolean>
  /** @returns what is stored: the given, or what somebody else has settled meanwhile. */
  settle(executed: Executed): Promise<Executed>
  /**
   * With writes of a `table` tool, in one transaction; as a value, the index of the write whose condition did not hold.
   * @throws Conflict where another has taken the call over.
   */
  commit(writes: readonly Write[], executed: Executed): Promise<Executed | { readonly refused: number }>
  /** Nothing was done: another may begin afresh. Fences go on from here. */
  release(): Promise<void>
  /** It may have been done, and whoever comes next need not wait for the lease to find out. */
  yield(): Promise<void>
  /**
   * Nobody knows. Whoever acted may still settle it.
   * @returns what somebody else has settled meanwhile.
   */
  doubt(): Promise<Executed | undefined>
}

/** How a call stands, for people. */
export interface EffectState
  extends Pick<EffectCall, 'stepId' | 'callId' | 'agent' | 'tool' | 'effect' | 'argumentsSha256'> {
  /** `released`: nothing was done, and nobody is at it. */
  readonly status: 'intent' | 'done' | 'unknown' | 'released'
  readonly fence: number
  /** When it came to stand so. */
  readonly at: string
  /** Of a call that is done. */
  readonly executed?: Executed | undefined
}

export interface EffectLedger {
  /** @throws RecordsUnavailable, RecordsCorrupt */
  claim(call: EffectCall): Promise<Claimed>
  /** Of one step, oldest first. */
  list(runId: RunId, stepId: StepId): Promise<readonly EffectState[]>
  find(runId: RunId, stepId: StepId, callId: Sha256): Promise<EffectState | undefined>
}
