/**
 * Takes one call back: its tool's `undo`, under a claim of its own, journaled as a chain of its own beside the step's. Safe to
 * repeat: what is undone stays so, what failed is tried again. Decides nothing about which calls are taken back.
 */
import * as z from 'zod'
import type { Agent } from '../define/agent.ts'
import type { Tool } from '../define/tool.ts'
import { Conflict, EffectUnknown, NotActed, RecordsUnavailable } from '../errors.ts'
import type { StepJournal } from '../records/journal.ts'
import { UndoCall, type UndoResult } from '../schema/control-task.ts'
import type { Sha256, StepId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { issueText } from '../tools/authorize.ts'
import type { Executed } from '../tools/execute.ts'
import { secretsFor } from '../tools/guard-secrets.ts'
import { type Performed, performCall } from '../tools/perform.ts'
import { denialRows } from './denials.ts'
import { type MadeCall, madeCall } from './made-call.ts'
import { actorOf } from './open-run.ts'
import type { StepDependencies } from './ports.ts'
import { NO_USAGE } from './usage.ts'

/** Of a step's rows that take calls back. No step can have the id, as the name of a step has no colon before letters. */
export function undoChain(stepId: StepId): StepId {
  return `${stepId}:undo` as StepId
}

/** The identity of the taking back, which is the same each time. */
export function undoCallId(callId: Sha256): Sha256 {
  return sha256(`undo${callId}`)
}

/** Another process is at it: as long as this is waited for it here. */
const LONGEST_WAIT_MS = 30_000
const WAITS = 20
const REASON_CHARACTERS = 200

/** @throws RetryableError where the records do not answer or another process is at it; RecordsCorrupt. */
export async function undoCall(given: UndoCall, dependencies: StepDependencies): Promise<UndoResult> {
  const undo = UndoCall.parse(given)
  const agent = dependencies.agents(undo.agent)
  const tool = agent?.tools.find(({ name }) => name === undo.tool)
  if (agent === undefined || tool === undefined) return failedFor(`agent ${undo.agent} has no tool ${undo.tool}`)
  if (tool.undo === undefined) return { status: 'nothingToUndo', reason: `${tool.name} has no undo` }
  if (tool.isolated && dependencies.runIsolated !== undefined) {
    return failedFor(`${tool.name} runs in a function of its own, and can be taken back by hand only`)
  }
  const chain = await dependencies.journal.readStep(undo.runId, undoChain(undo.stepId))
  if (isUndone(chain, undo.callId)) return { status: 'undone' }
  const made = await madeCall(undo, agent, dependencies)
  if (made.status !== 'made') return made.status === 'unknown' ? failedFor(made.reason) : { ...made }
  const prepared = prepare(undo, tool, made)
  if ('status' in prepared) return prepared
  return record(undo, agent, chain, made, await perform(undo, prepared, dependencies), dependencies)
}

function failedFor(reason: string): UndoResult {
  return { status: 'failed', reason: reason.slice(0, REASON_CHARACTERS) }
}

/** Whether a chain of `undoChain` says that the call was taken back. */
export function isUndone({ records }: Pick<StepJournal, 'records'>, callId: Sha256): boolean {
  const id = undoCallId(callId)
  return records.some(({ row }) => row.event === 'tool' && row.tool?.callId === id && row.status === 'ok')
}

interface Prepared {
  readonly tool: Tool
  readonly input: unknown
  readonly settings: unknown
}

/** As a tool of its own, which repeats as often as it takes. */
function prepare(
  { settings, callId }: UndoCall,
  tool: Tool,
  { input, output }: Extract<MadeCall, { status: 'made' }>,
): Prepared | UndoResult {
  const parsed = { input: tool.input.safeParse(input), settings: tool.settings.safeParse(settings) }
  if (!parsed.input.success) return failedFor(`its arguments no longer fit: ${issueText(parsed.input.error)}`)
  if (!parsed.settings.success) return failedFor(`its settings do not fit: ${issueText(parsed.settings.error)}`)
  const { reconcile: _, undo: __, approval: ___, ...rest } = tool
  const call = { input: parsed.input.data, output }
  const run: Tool['run'] = async (_input, context) => {
    // A failure gives the claim up, so that a later attempt begins afresh: to undo is safe to repeat.
    await tool.undo?.(call, context).catch((error: unknown) => {
      throw error instanceof EffectUnknown ? error : notUndone(callId, error)
    })
    return null
  }
  return { tool: { ...rest, effect: 'keyed', output: z.null(), run }, input: null, settings: parsed.settings.data }
}

function notUndone(callId: Sha256, error: unknown): NotActed {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new NotActed({ message, next: `Take call ${callId} back by hand, or run it again.`, cause: error })
}

/** Whoever cancelled the run wants it undone all the more. */
async function perform(
  { runId, stepId, agent, callId }: UndoCall,
  { tool, input, settings }: Prepared,
  dependencies: StepDependencies,
): Promise<Executed & { readonly isUnknown: boolean }> {
  const { clock, credentials, readSecret, ledger, takeCall, deadline } = dependencies
  for (let waits = 0; ; waits += 1) {
    const leftMs = deadline === undefined ? Number.POSITIVE_INFINITY : deadline.getTime() - clock.now().getTime()
    const performed: Performed = await performCall({
      tool,
      input,
      argumentsSha256: callId,
      context: {
        runId,
        stepId,
        agent,
        callId: undoCallId(callId),
        settings,
        stepInput: null,
        credentials,
        secret: secretsFor(tool, readSecret),
      },
      clock,
      stepMs: Number.POSITIVE_INFINITY,
      functionMs: leftMs,
      ledger,
      takeCall,
    })
    if (performed.kind === 'executed') return { ...performed.executed, isUnknown: performed.effect === 'unknown' }
    if (performed.kind === 'cancelled') throw new TypeError('nobody can cancel it')
    const waitMs = Date.parse(performed.untilIso) - clock.now().getTime()
    if (waits >= WAITS || waitMs > Math.min(LONGEST_WAIT_MS, leftMs)) {
      throw new RecordsUnavailable({ message: performed.reason, next: 'Try again later.', retryAfterMs: waitMs })
    }
    await clock.sleep(Math.max(0, waitMs))
  }
}

async function record(
  { runId, stepId, execution, callId, tool }: UndoCall,
  agent: Agent,
  chain: StepJournal,
  { cause, argumentsSha256 }: Extract<MadeCall, { status: 'made' }>,
  { result, resultSha256, isUnknown }: Executed & { readonly isUnknown: boolean },
  { journal, onRow, takeDenials }: StepDependencies,
): Promise<UndoResult> {
  const actor = actorOf(agent)
  const place = { runId, stepId: undoChain(stepId), attempt: chain.nextAttempt }
  const writer = await journal.claimAttempt({ ...place, actor, execution, cause: cause ?? chain.head })
  if (writer instanceof Conflict) throw rival(writer)
  onRow?.(writer.start)
  const reason = result.status === 'error' ? `${result.name}: ${result.message}`.slice(0, REASON_CHARACTERS) : undefined
  const status = isUnknown ? 'unknown' : result.status
  const rows = await writer.appendAll([
    ...denialRows(takeDenials).map(({ row }) => ({ entry: row })),
    {
      entry: {
        event: 'tool',
        rule: 'undo',
        tool: { name: tool, callId: undoCallId(callId), effect: 'keyed' },
        hashes: { call: callId, arguments: argumentsSha256, result: resultSha256 },
        status,
        ...(reason !== undefined && { reason }),
      },
      body: result as Json,
    },
    { entry: { event: 'outcome', status: status === 'ok' ? 'completed' : 'failed', total: NO_USAGE } },
  ])
  if (rows instanceof Conflict) throw rival(rows)
  for (const row of rows) onRow?.(row)
  return reason === undefined ? { status: 'undone' } : { status: 'failed', reason }
}

function rival(conflict: Conflict): RecordsUnavailable {
  const { message } = conflict
  return new RecordsUnavailable({
    message,
    next: 'Another process takes a call of this step back: try again.',
    cause: conflict,
  })
}
