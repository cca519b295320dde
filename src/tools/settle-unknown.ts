/** A person's word on a call whose fate nobody knew, as the write that ends its claim. */
import type { Condition, Write } from '../records/records.ts'
import type { SettleEffect } from '../schema/effect.ts'
import type { RunId } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import type { EffectState } from './effect-ledger.ts'
import { failed } from './execute.ts'
import { claimKey } from './ledger-item.ts'

/** Name of the result of a call that happened, and whose output nobody has. */
export const EFFECT_HAPPENED = 'EffectHappened'

/** Refused where the call is settled otherwise meanwhile. */
export function settleUnknown(
  runId: RunId,
  { stepId, callId, tool, fence }: EffectState,
  { as, comment }: SettleEffect,
  at: Date,
): Write {
  const happened = as === 'happened'
  const said = happened ? 'happened, and nobody has its output' : 'did not happen'
  const executed = failed(happened ? EFFECT_HAPPENED : 'NotActed', `A person found that ${tool} ${said}: ${comment}`)
  const facts: Condition[] = Object.entries({ status: 'UNKNOWN', fence }).map(([attribute, value]) => {
    return { kind: 'equals', attribute, value }
  })
  const set = { status: 'DONE', at: at.toISOString(), expiresAtMs: 0, ...executed } as unknown as JsonObject
  return {
    kind: 'update',
    key: claimKey({ runId, stepId, callId }),
    condition: { kind: 'and', conditions: facts },
    set,
  }
}
