/** What came of a call that was acted on → what is written down of it, by the kind of its effect. */
import type { EffectKind } from '../schema/tool-call.ts'
import type { EffectClaim } from './effect-ledger.ts'
import { type Attempt, type Executed, failed, type Said } from './execute.ts'
import { type Call, done, type Performed, unknownEffect } from './performed.ts'
import { askOtherSide } from './reconcile.ts'
import { withinTime } from './time-limit.ts'

/** How long a call that was told to stop may take to report, ms. */
export const GRACE_MS = 2_000
/** Times that a call which may be repeated is made, before its fate counts as unknown. */
const MOST_ACTS = 3
const PAUSE_MS = 1_000

export async function settleAttempt(call: Call, claim: EffectClaim, attempt: Attempt): Promise<Performed> {
  if (attempt.ended === 'answered' || attempt.ended === 'threw') return settleSaid(call, claim, attempt)
  const said = await withinGrace(call, attempt.late)
  // An error after the signal to stop says that it stopped, not what it had done by then.
  if (said !== undefined && (said.ended === 'answered' || isNotActed(said))) {
    return settleSaid(call, claim, said)
  }
  return settleSilence(call, claim, attempt)
}

async function settleSaid(call: Call, claim: EffectClaim, said: Said): Promise<Performed> {
  if (isNotActed(said)) {
    await claim.release()
    return { kind: 'executed', executed: said.executed }
  }
  if (said.ended === 'threw' && said.isInDoubt) {
    return call.tool.effect === 'table'
      ? done(await claim.settle(said.executed))
      : settleDoubt(call, claim, said.executed, 'could not tell whether it was made')
  }
  if (call.tool.effect === 'table' && said.ended === 'answered' && !said.isCommitted) {
    const text = `${call.tool.name} ended without a commit: nothing was done.`
    return done(await claim.settle(failed('NotCommitted', text)))
  }
  return done(await claim.settle(said.executed))
}

type Silence = Extract<Attempt, { readonly late: unknown }>

async function settleSilence(call: Call, claim: EffectClaim, attempt: Silence): Promise<Performed> {
  const { tool } = call
  if (attempt.ended === 'cancelled') return settleCancelled(call, claim, attempt)
  // No late commit goes through once its call is settled.
  if (tool.effect === 'table') return done(await claim.settle(attempt.executed))
  const performed = await settleDoubt(call, claim, attempt.executed, 'took too long')
  if (performed.kind === 'executed' && performed.effect === 'unknown') settleLater(claim, attempt.late)
  return performed
}

async function settleCancelled(call: Call, claim: EffectClaim, { late }: Silence): Promise<Performed> {
  const { effect } = call.tool
  if (effect === 'opaque' || effect === 'lookup') {
    const asked = await askOtherSide(call, claim.fence, GRACE_MS)
    if (asked.happened === 'yes') return done(await claim.settle(asked.executed))
    if (effect === 'opaque') {
      const settled = await claim.doubt()
      settleLater(claim, late)
      return settled === undefined ? unknownEffect(call.tool) : done(settled)
    }
  }
  await claim.yield()
  return { kind: 'cancelled' }
}

/** @param executed What the model is told where it turns out that nothing happened. */
async function settleDoubt(call: Call, claim: EffectClaim, executed: Executed, why: string): Promise<Performed> {
  const { tool, clock } = call
  if (isRepeatable(tool.effect) && claim.fence < MOST_ACTS) {
    await claim.yield()
    const untilIso = new Date(clock.now().getTime() + PAUSE_MS * 2 ** claim.fence).toISOString()
    return { kind: 'busy', untilIso, reason: `${tool.name} ${why}; it is made again, under the same key` }
  }
  const asked = await askOtherSide(call, claim.fence, GRACE_MS)
  if (asked.happened === 'yes') return done(await claim.settle(asked.executed))
  if (asked.happened === 'no' && tool.effect === 'lookup') return done(await claim.settle(executed))
  const settled = await claim.doubt()
  return settled === undefined ? unknownEffect(tool) : done(settled)
}

function isRepeatable(effect: EffectKind): boolean {
  return effect === 'keyed' || effect === 'fenced'
}

/** By the only one that acted, as long as this process lives. A failure of the records leaves it unknown, as it is told. */
function settleLater(claim: EffectClaim, late: Promise<Said>): void {
  late
    .then(async (said) => {
      if (isNotActed(said)) await claim.release()
      else if (said.ended === 'answered') await claim.settle(said.executed)
    })
    .catch(() => undefined)
}

async function withinGrace({ clock }: Call, late: Promise<Said>): Promise<Said | undefined> {
  const timed = await withinTime(() => late, { clock, milliseconds: GRACE_MS })
  return timed.ended === 'inTime' ? timed.value : undefined
}

function isNotActed(said: Said): boolean {
  return said.ended === 'threw' && nameOf(said) === 'NotActed'
}

function nameOf({ executed: { result } }: Said): string | undefined {
  return result.status === 'error' ? result.name : undefined
}
