/**
 * One authorized call, made as the kind of its effect promises: the rate limit, the claim, the act, what came of it. Decides
 * nothing about whether the call may run, and writes no journal row.
 */
import { crashPoint } from '../crash-point.ts'
import type { TableWrite, Tool } from '../define/tool.ts'
import { assertNever, TableWriteRefused } from '../errors.ts'
import type { EffectCall, EffectClaim, EffectLedger } from './effect-ledger.ts'
import { type Attempt, type Executed, executeTool } from './execute.ts'
import { type Call, done, type Performed, unknownEffect } from './performed.ts'
import { askOtherSide } from './reconcile.ts'
import { GRACE_MS, settleAttempt } from './settle-attempt.ts'
import { tableWrite } from './table-writes.ts'
import { awaitTurn } from './take-call.ts'

export type { Call, Performed } from './performed.ts'

/** For asking the other side, and for the claim's own writes, beside the time of the tool, ms. */
const AFTERWARDS_MS = 15_000

/** @throws RecordsUnavailable, RecordsCorrupt. Whatever else goes wrong is a result. */
export async function performCall(call: Call): Promise<Performed> {
  const { tool, clock, cancellation, ledger } = call
  if (cancellation?.aborted) return { kind: 'cancelled' }
  const began = clock.now().getTime()
  const refused = await awaitTurn(call, Math.min(call.stepMs, call.functionMs))
  if (refused !== undefined) return refused
  const waitedMs = clock.now().getTime() - began
  const milliseconds = limitOf(call, waitedMs)
  if (tool.effect === 'read' || ledger === undefined) return performFreely(call, milliseconds)
  return performClaimed(call, ledger, milliseconds, waitedMs)
}

function limitOf({ tool, stepMs, functionMs }: Call, waitedMs: number): number {
  return Math.max(1, Math.floor(Math.min(tool.timeoutSeconds * 1_000, stepMs - waitedMs, functionMs - waitedMs)))
}

async function performFreely(call: Call, milliseconds: number): Promise<Performed> {
  const attempt = await execute(call, milliseconds, 1)
  return attempt.ended === 'cancelled' ? { kind: 'cancelled' } : { kind: 'executed', executed: attempt.executed }
}

async function performClaimed(
  call: Call,
  ledger: EffectLedger,
  milliseconds: number,
  waitedMs: number,
): Promise<Performed> {
  const claimed = await ledger.claim(effectCall(call, milliseconds, waitedMs))
  switch (claimed.status) {
    case 'done':
      return done(claimed.executed)
    case 'busy':
      return {
        kind: 'busy',
        untilIso: claimed.untilIso,
        reason: `${call.tool.name} is being called by another process`,
      }
    case 'unknown':
      return stillUnknown(call, claimed.claim)
    case 'mine':
      return act(call, claimed.claim, milliseconds, 'release')
    case 'inDoubt':
      return actInDoubt(call, claimed.claim, milliseconds)
    default:
      return assertNever(claimed)
  }
}

function effectCall(call: Call, milliseconds: number, waitedMs: number): EffectCall {
  const { tool, argumentsSha256, functionMs } = call
  const { runId, stepId, callId, agent } = call.context
  const { effect, reconcile } = tool
  if (effect === 'read') throw new TypeError('a read is not claimed')
  const functionEndMs = Number.isFinite(functionMs) ? functionMs - waitedMs : 0
  return {
    runId,
    stepId,
    callId,
    agent,
    tool: tool.name,
    effect,
    argumentsSha256,
    longestMs: Math.max(functionEndMs, milliseconds) + GRACE_MS + AFTERWARDS_MS,
    isAskedBeforeActing: reconcile !== undefined && asksFirst(tool),
  }
}

function asksFirst({ effect }: Tool): boolean {
  return effect === 'opaque' || effect === 'lookup'
}

/** @param unbegun What becomes of the claim where this one does nothing: in a doubt, an earlier try may have acted. */
async function act(
  call: Call,
  claim: EffectClaim,
  milliseconds: number,
  unbegun: 'release' | 'yield',
): Promise<Performed> {
  if (call.cancellation?.aborted) {
    await claim[unbegun]()
    return { kind: 'cancelled' }
  }
  // Stopped for longer than its lease: another may be at it.
  if (!claim.isLive()) {
    await claim[unbegun]()
    return later(call, 'its claim had passed before it was made')
  }
  const attempt = await execute(call, milliseconds, claim.fence, claim)
  crashPoint('ledger.act.after')
  return settleAttempt(call, claim, attempt)
}

async function actInDoubt(call: Call, claim: EffectClaim, milliseconds: number): Promise<Performed> {
  if (!asksFirst(call.tool)) return act(call, claim, milliseconds, 'yield')
  const asked = await askOtherSide(call, claim.fence, milliseconds)
  if (asked.happened === 'yes') return done(await claim.settle(asked.executed))
  if (asked.happened === 'unknown') {
    const settled = await claim.doubt()
    return settled === undefined ? unknownEffect(call.tool) : done(settled)
  }
  if (await claim.begin()) return act(call, claim, milliseconds, 'release')
  return later(call, 'another process has ended it meanwhile')
}

/** Written down as unknown before: whoever can be asked may know by now. It is never made again. */
async function stillUnknown(call: Call, claim: EffectClaim): Promise<Performed> {
  const asked = await askOtherSide(call, claim.fence, limitOf(call, 0))
  return asked.happened === 'yes' ? done(await claim.settle(asked.executed)) : unknownEffect(call.tool)
}

function execute(call: Call, milliseconds: number, fence: number, claim?: EffectClaim): Promise<Attempt> {
  const { tool, input, clock, cancellation, elsewhere } = call
  const commits = claim !== undefined && tool.effect === 'table' && elsewhere === undefined
  return executeTool({
    tool,
    input,
    context: { ...call.context, fence },
    clock,
    milliseconds,
    cancellation,
    elsewhere: elsewhere && ((signal) => elsewhere(signal, fence)),
    commit: commits ? (writes, executed) => commit(tool, claim, writes, executed) : undefined,
  })
}

async function commit(
  tool: Tool,
  claim: EffectClaim,
  writes: readonly TableWrite[],
  executed: Executed,
): Promise<Executed> {
  const committed = await claim.commit(
    writes.map((write) => tableWrite(tool.name, write)),
    executed,
  )
  if (!('refused' in committed)) return committed
  throw new TableWriteRefused({
    message: `write ${committed.refused + 1} of ${tool.name} was refused: its condition does not hold`,
    next: 'Read the item again, and commit with its present version.',
    failed: committed.refused,
  })
}

function later({ tool, clock }: Call, why: string): Performed {
  return { kind: 'busy', untilIso: clock.now().toISOString(), reason: `${tool.name}: ${why}` }
}
