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

/** One's own claim on a call. Every method is safe to repeat after a lost reply. */
export interface EffectClaim {
  /** 1 for the first, higher for each that takes the call over. */
  readonly fence: number
  /** @returns what is stored: the given, or what somebody else has settled meanwhile. */
  settle(executed: Executed): Promise<Executed>
  /** With writes of a `table` tool, in one transaction; undefined where a condition of a write did not hold. */
  commit(writes: readonly Write[], executed: Executed): Promise<Executed | undefined>
  /** Nothing was done: another may begin afresh. */
  release(): Promise<void>
  /** Nobody knows. Whoever acted may still settle it. */
  doubt(): Promise<void>
}

/** How a call stands, for people. */
export interface EffectState extends Pick<EffectCall, 'stepId' | 'callId' | 'agent' | 'tool' | 'effect'> {
  readonly status: 'intent' | 'done' | 'unknown'
  readonly fence: number
  readonly at: string
}

export interface EffectLedger {
  /** @throws RecordsUnavailable */
  claim(call: EffectCall): Promise<Claimed>
  /** Of one step, oldest first. */
  list(runId: RunId, stepId: StepId): Promise<readonly EffectState[]>
}
