/** What the holder of a claim may do with it: each a conditional write that a repetition or a late rival cannot break. */
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict } from '../errors.ts'
import type { Condition, Item, Records, Write, WriteOutcome } from '../records/records.ts'
import type { JsonObject } from '../schema/json.ts'
import type { EffectCall, EffectClaim } from './effect-ledger.ts'
import type { Executed } from './execute.ts'
import { claimKey, claimOf, executedOf } from './ledger-item.ts'
import { sendAgain } from './send-again.ts'

export interface ClaimOptions {
  readonly records: Records
  readonly clock: Clock
  readonly call: EffectCall
  readonly fence: number
  /** Fence of the last who acted before, as far as is known. */
  readonly acted: number
  readonly expiresAtMs: number
  readonly leaseMs: number
  /** It was found as one whose fate nobody knows. */
  readonly isUnknown: boolean
}

export function effectClaim({ records, clock, call, fence, isUnknown, ...found }: ClaimOptions): EffectClaim {
  const key = claimKey(call)
  let { acted, expiresAtMs } = found

  const hasStatus = (value: string): Condition => ({ kind: 'equals', attribute: 'status', value })
  const isMine: Condition = { kind: 'equals', attribute: 'fence', value: fence }
  const isAtIt: Condition = { kind: 'and', conditions: [hasStatus(isUnknown ? 'UNKNOWN' : 'INTENT'), isMine] }

  const iActed: Condition = { kind: 'equals', attribute: 'acted', value: fence }
  /** Another took the call over, in doubt, and gave it up. */
  const wasDoubted: Condition = { kind: 'and', conditions: [hasStatus('UNKNOWN'), iActed] }

  /** Whoever acted knows what came of it, even where another has taken the call over since and only asks. */
  function maySettle(): Condition {
    if (acted !== fence || isUnknown) return isAtIt
    const isOnlyAsked: Condition = { kind: 'and', conditions: [hasStatus('INTENT'), iActed] }
    return { kind: 'or', conditions: [isAtIt, isOnlyAsked, wasDoubted] }
  }

  function done({ result, resultSha256 }: Executed): JsonObject {
    return { status: 'DONE', at: clock.now().toISOString(), expiresAtMs: 0, result, resultSha256 } as JsonObject
  }

  function update(condition: Condition, set: JsonObject): Promise<WriteOutcome> {
    return sendAgain(clock, () => records.write({ kind: 'update', key, condition, set }))
  }

  return {
    fence,
    isLive: () => clock.now().getTime() < expiresAtMs,
    async begin() {
      const until = clock.now().getTime() + found.leaseMs
      crashPoint('ledger.claim.before')
      const outcome = await update(isAtIt, { acted: fence, expiresAtMs: until })
      crashPoint('ledger.claim.after')
      if (!outcome.ok) return false
      acted = fence
      expiresAtMs = until
      return true
    },
    async settle(executed) {
      crashPoint('ledger.settle.before')
      const outcome = await update(maySettle(), done(executed))
      crashPoint('ledger.settle.after')
      return outcome.ok ? executed : (storedIn(outcome.item) ?? executed)
    },
    async commit(writes, executed) {
      const settle: Write = { kind: 'update', key, condition: isAtIt, set: { ...done(executed), isCommitted: true } }
      crashPoint('ledger.settle.before')
      const outcome = await sendAgain(clock, () => records.transact([settle, ...writes]))
      crashPoint('ledger.settle.after')
      if (outcome.ok) return executed
      if (outcome.failed > 0) return { refused: outcome.failed - 1 }
      const stored = storedIn(outcome.item)
      // The reply was lost, or another came first: such a transaction is in, whole.
      if (stored !== undefined && outcome.item?.attributes['isCommitted'] === true) return stored
      throw new Conflict({
        message: `call ${call.callId} of ${call.tool} was ${stored ? 'ended' : 'taken over'} before it committed`,
        next: 'Nothing was written. What the other does counts.',
      })
    },
    async release() {
      crashPoint('ledger.release.before')
      await update({ kind: 'or', conditions: [isAtIt, wasDoubted] }, { status: 'FREE', expiresAtMs: 0 })
      crashPoint('ledger.release.after')
    },
    async yield() {
      crashPoint('ledger.release.before')
      await update(isAtIt, { expiresAtMs: 0, acted })
      crashPoint('ledger.release.after')
    },
    async doubt() {
      crashPoint('ledger.doubt.before')
      const at = clock.now().toISOString()
      const outcome = await update(isAtIt, { status: 'UNKNOWN', at, expiresAtMs: 0, acted })
      crashPoint('ledger.doubt.after')
      return outcome.ok ? undefined : storedIn(outcome.item)
    },
  }
}

function storedIn(item: Item | undefined): Executed | undefined {
  return item === undefined ? undefined : executedOf(claimOf(item))
}
