/** What is known of a call that was made: from the ledger where there is one, else from the journal. */
import { jsonSha256 } from '../audit/canonical.ts'
import type { Agent } from '../define/agent.ts'
import type { JournalRecord } from '../records/journal-item.ts'
import type { UndoCall } from '../schema/control-task.ts'
import type { Sha256 } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { ToolResult } from '../schema/tool-call.ts'
import { EFFECT_HAPPENED } from '../tools/settle-unknown.ts'
import type { StepDependencies } from './ports.ts'
import { promptOf } from './prompt.ts'
import { readAnswer, TurnBody } from './turn-answer.ts'

export type MadeCall =
  | {
      readonly status: 'made'
      readonly input: Json
      readonly output: Json
      readonly argumentsSha256: Sha256
      /** Hash of the row that says so. */
      readonly cause: Sha256 | undefined
    }
  /** Nothing was done. */
  | { readonly status: 'nothingToUndo'; readonly reason: string }
  | { readonly status: 'unknown'; readonly reason: string }

type Place = Pick<UndoCall, 'runId' | 'stepId' | 'callId'>

/** @throws RecordsUnavailable, RecordsCorrupt */
export async function madeCall(
  place: Place,
  agent: Agent,
  { journal, ledger }: Pick<StepDependencies, 'journal' | 'ledger'>,
): Promise<MadeCall> {
  const { runId, stepId, callId } = place
  const { records } = await journal.readStep(runId, stepId)
  const state = await ledger?.find(runId, stepId, callId)
  const row = records.findLast(({ row: { event, tool } }) => event === 'tool' && tool?.callId === callId)
  const recorded = ToolResult.safeParse(row?.body)
  const result = state === undefined ? recorded.data : state.executed?.result
  const status = state?.status ?? (row?.row.status === 'unknown' ? 'unknown' : undefined)
  if (status === 'unknown' || status === 'intent') {
    return { status: 'unknown', reason: 'nobody knows whether it was made: see `baton effects`' }
  }
  if (result?.status === 'error' && result.name === EFFECT_HAPPENED) {
    return { status: 'unknown', reason: 'it happened, and nobody has its output' }
  }
  if (result?.status !== 'ok') {
    return { status: 'nothingToUndo', reason: result === undefined ? 'it was never made' : `it failed: ${result.name}` }
  }
  const argumentsSha256 = state?.argumentsSha256 ?? row?.row.hashes?.['edited'] ?? row?.row.hashes?.['arguments']
  const input = argumentsSha256 && inputOf(place, records, agent, argumentsSha256)
  if (input === undefined || argumentsSha256 === undefined) {
    return { status: 'unknown', reason: 'the arguments that it was made with are no longer in the journal' }
  }
  return { status: 'made', input: input.input, output: result.output, argumentsSha256, cause: row?.row.hash }
}

/** As the model gave it, or as a person changed it before allowing it. */
function inputOf(
  { runId, stepId, callId }: Place,
  records: readonly JournalRecord[],
  agent: Agent,
  argumentsSha256: Sha256,
): { readonly input: Json } | undefined {
  const { unwrapOutput } = promptOf(agent)
  for (const { row, body } of records) {
    if (row.event === 'decision' && isJsonObject(body) && body['edited'] !== undefined) {
      if (jsonSha256(body['edited']) === argumentsSha256) return { input: body['edited'] }
    }
    const turn = row.event === 'turn' ? TurnBody.safeParse(body) : undefined
    if (!turn?.success) continue
    const answer = readAnswer({ runId, stepId, turn: row.turn ?? 0 }, turn.data, unwrapOutput)
    const call = answer.kind === 'calls' ? answer.calls.find((each) => each.callId === callId) : undefined
    if (call !== undefined && call.argumentsSha256 === argumentsSha256) return { input: call.use.input }
  }
  return undefined
}
