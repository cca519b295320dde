/** The effects of a run: how each call that does something stands, and a person's word on those that nobody knows of. */
import { undoCallId } from '../agent/undo-call.ts'
import type { Clock } from '../clock.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { Records } from '../records/records.ts'
import { RUN_CHAIN, runClaim } from '../records/run-chain.ts'
import { type EffectList, EffectView, type SettleEffect } from '../schema/effect.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { EffectState } from '../tools/effect-ledger.ts'
import { openEffectLedger } from '../tools/open-effect-ledger.ts'
import { settleUnknown } from '../tools/settle-unknown.ts'
import { inBatches } from './in-batches.ts'
import { type ReadDependencies, readHead } from './read-run.ts'

export interface EffectDependencies extends ReadDependencies {
  readonly records: Records
  readonly clock: Clock
}

/** Against others that write to the run's own chain. */
const ROUNDS = 8

/** Oldest first. @throws NotFound */
export async function readEffects(runId: RunId, dependencies: EffectDependencies): Promise<EffectList> {
  await readHead(runId, dependencies)
  const states = await statesOf(runId, dependencies)
  const undoing = new Map(states.map(({ callId }) => [undoCallId(callId), callId]))
  const effects = states.map(({ stepId, callId, agent, tool, effect, status, at, executed }) => {
    const [result, undoes] = [executed?.result, undoing.get(callId)]
    return EffectView.parse({
      ...{ stepId, agent, tool, callId, effect, status, at },
      ...(result && { result: result.status === 'ok' ? 'ok' : result.name }),
      ...(undoes && { undoes }),
    })
  })
  return { runId, effects }
}

/**
 * Writes down what a person found out, as a row of the run's own chain, in one transaction with the claim.
 * @param by Who says so, as the host authenticated them.
 * @throws NotFound; Conflict where it is known what became of the call, or somebody is at it
 */
export async function settleEffect(
  runId: RunId,
  settle: SettleEffect,
  dependencies: EffectDependencies,
  by?: string,
): Promise<EffectList> {
  const { journal, clock } = dependencies
  const run = await readHead(runId, dependencies)
  for (let round = 1; round <= ROUNDS; round += 1) {
    const state = (await statesOf(runId, dependencies)).find(({ callId }) => callId === settle.callId)
    if (state === undefined) throw unknownCall(runId, settle)
    if (state.status !== 'unknown') throw known(runId, state)
    const writer = await journal.claimAttempt(runClaim(run, await journal.readStep(runId, RUN_CHAIN), by))
    if (writer instanceof Conflict) continue
    const { tool, callId, effect } = state
    const row = {
      event: 'decision' as const,
      rule: 'effect.settle',
      status: settle.as,
      options: ['happened', 'not-happened'],
      tool: { name: tool, callId, effect },
      reason: settle.comment,
    }
    const written = await writer.append(row, undefined, [settleUnknown(runId, state, settle, clock.now())])
    if (!(written instanceof Conflict)) return readEffects(runId, dependencies)
  }
  throw new Conflict({
    message: `run ${runId} changed ${ROUNDS} times while a call was to be settled`,
    next: `Look at it, then try again: baton effects ${runId}`,
  })
}

async function statesOf(runId: RunId, { journal, records, clock }: EffectDependencies): Promise<EffectState[]> {
  const ledger = openEffectLedger({ records, clock, owner: {} })
  const stepIds = new Set<StepId>()
  for await (const { stepId } of journal.listChains(runId)) if (stepId !== RUN_CHAIN) stepIds.add(stepId)
  const states = await inBatches([...stepIds], (stepId) => ledger.list(runId, stepId))
  return states.flat().toSorted((one, other) => one.at.localeCompare(other.at))
}

function unknownCall(runId: RunId, { callId }: SettleEffect): NotFound {
  return new NotFound({
    message: `Run ${runId} has no call ${callId} with an effect`,
    next: `See them: baton effects ${runId}`,
  })
}

function known(runId: RunId, { callId, tool, status }: EffectState): Conflict {
  const how = status === 'intent' ? 'somebody may be at it' : `it is known: ${status}`
  return new Conflict({
    message: `call ${callId} of ${tool} cannot be settled by hand: ${how}`,
    next: `Only calls whose fate nobody knows can be: baton effects ${runId}`,
  })
}
