/**
 * The effect ledger over the records. What a wrong clock does, up to 10 minutes either way: one that is slow waits longer for a
 * foreign lease. One that is fast takes a call over while its first owner is still at it, and then a `table` call commits
 * once, as only the newest fence may; a `keyed` one is sent twice under one key; a `fenced` one twice, and the older is
 * refused; an `opaque` one becomes UNKNOWN and is not made, until its first owner settles it. Where the other side is
 * asked before acting, a fast clock could hear "no" of a request under way: there a lease counts as passed only after a margin that
 * no two such clocks bridge.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { Condition, Records } from '../records/records.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import { type ClaimOptions, effectClaim } from './effect-claim.ts'
import type { Claimed, EffectCall, EffectLedger, EffectState } from './effect-ledger.ts'
import { CALLS, callsPartition, claimKey, claimOf, executedOf, type StoredClaim, stateOf } from './ledger-item.ts'
import { sendAgain } from './send-again.ts'

export interface EffectLedgerOptions {
  readonly records: Records
  readonly clock: Clock
  /** Who claims, as data: e.g. host and process. */
  readonly owner: JsonObject
  /** Whether an owner whose lease still runs is known to be dead, so that nobody need wait for its end. @default no */
  readonly ownerIsDead?: (owner: JsonObject) => boolean | Promise<boolean>
}

/** Of a claim after the longest that its call can take: the way to the records and back. */
const LEASE_MARGIN_MS = 5_000
/** Two clocks, each at most 10 minutes wrong. */
const SKEW_MARGIN_MS = 20 * 60_000
/** Others may be quicker, each time. */
const ROUNDS = 8
const BUSY_MS = 1_000
const PAGES = 20

export function openEffectLedger(options: EffectLedgerOptions): EffectLedger {
  const { records } = options
  return {
    claim: (call) => claim(call, options),
    async list(runId, stepId) {
      const states: EffectState[] = []
      let after: string | undefined
      for (let page = 0; page < PAGES; page += 1) {
        const found = await records.query(callsPartition(runId, stepId), { ...CALLS, ...(after && { after }) })
        states.push(...found.items.map((item) => stateOf(stepId, item)))
        after = found.next
        if (after === undefined) break
      }
      return states.sort((one, other) => one.at.localeCompare(other.at))
    },
    async find(runId: RunId, stepId: StepId, callId) {
      const item = await records.get(claimKey({ runId, stepId, callId }))
      return item === undefined ? undefined : stateOf(stepId, item)
    },
  }
}

async function claim(call: EffectCall, options: EffectLedgerOptions): Promise<Claimed> {
  const { records, clock } = options
  const key = claimKey(call)
  const leaseMs = call.longestMs + LEASE_MARGIN_MS
  // Of this claim alone, so that one which finds it knows that only the reply was lost.
  const owner: JsonObject = { ...options.owner, claim: randomUUID() }
  let seen: StoredClaim | undefined
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = nextOf(call, seen)
    const expiresAtMs = clock.now().getTime() + leaseMs
    const { agent, tool, effect, argumentsSha256 } = call
    const at = clock.now().toISOString()
    const mine = { status: 'INTENT', agent, tool, effect, argumentsSha256, owner, expiresAtMs, at }
    const set = { ...mine, fence: next.fence, acted: next.acted }
    crashPoint('ledger.claim.before')
    const outcome = await sendAgain(clock, () =>
      records.write({ kind: 'update', key, condition: unchanged(seen), set }),
    )
    crashPoint('ledger.claim.after')
    const found = outcome.ok || outcome.item === undefined ? undefined : claimOf(outcome.item)
    if (outcome.ok || found?.owner['claim'] === owner['claim']) {
      const claimed = handle(call, options, { ...next, expiresAtMs, isUnknown: false })
      return { status: next.isInDoubt ? 'inDoubt' : 'mine', claim: claimed }
    }
    seen = found
    if (found === undefined) continue
    const answer = await answerOf(call, found, options)
    if (answer !== undefined) return answer
  }
  return { status: 'busy', untilIso: new Date(clock.now().getTime() + BUSY_MS).toISOString() }
}

/** The place that a claim takes after what was seen: who acted stays as it was where this one has to ask first. */
function nextOf({ effect }: EffectCall, seen: StoredClaim | undefined) {
  const fence = (seen?.fence ?? 0) + 1
  const isInDoubt = seen?.status === 'INTENT'
  const asksFirst = isInDoubt && (effect === 'opaque' || effect === 'lookup')
  return { fence, isInDoubt, acted: asksFirst ? seen.acted : fence }
}

/** @returns undefined where the call may be claimed. */
async function answerOf(
  call: EffectCall,
  found: StoredClaim,
  options: EffectLedgerOptions,
): Promise<Claimed | undefined> {
  const executed = executedOf(found)
  if (executed !== undefined) return { status: 'done', executed }
  const { fence, acted, status } = found
  if (status === 'UNKNOWN') {
    return { status: 'unknown', claim: handle(call, options, { fence, acted, expiresAtMs: 0, isUnknown: true }) }
  }
  if (status === 'FREE') return undefined
  const marginMs = call.isAskedBeforeActing && found.expiresAtMs > 0 ? SKEW_MARGIN_MS : 0
  const freeAtMs = found.expiresAtMs + marginMs
  const nowMs = options.clock.now().getTime()
  if (freeAtMs <= nowMs || (await options.ownerIsDead?.(found.owner))) return undefined
  return { status: 'busy', untilIso: new Date(Math.max(freeAtMs, nowMs + BUSY_MS)).toISOString() }
}

/** A lease that was given up or taken over in between is another one. */
function unchanged(seen: StoredClaim | undefined): Condition {
  if (seen === undefined) return { kind: 'absent' }
  const { status, fence, expiresAtMs } = seen
  const facts = Object.entries({ status, fence, expiresAtMs })
  return { kind: 'and', conditions: facts.map(([attribute, value]) => ({ kind: 'equals', attribute, value })) }
}

function handle(
  call: EffectCall,
  { records, clock }: EffectLedgerOptions,
  place: Pick<ClaimOptions, 'fence' | 'acted' | 'expiresAtMs' | 'isUnknown'>,
) {
  return effectClaim({ records, clock, call, leaseMs: call.longestMs + LEASE_MARGIN_MS, ...place })
}
