/** What there is to take back of some steps of a run: what they did and can undo, latest first. Undoes nothing. */
import { isUndone, undoCallId, undoChain } from '../agent/undo-call.ts'
import type { Clock } from '../clock.ts'
import type { Team } from '../define/team.ts'
import { InvalidRequest } from '../errors.ts'
import type { Journal } from '../records/journal.ts'
import type { Records } from '../records/records.ts'
import { type ControlTask, UNDO_CALLS, type UndoCall } from '../schema/control-task.ts'
import { AgentName, type Sha256, type StepId, ToolName } from '../schema/ids.ts'
import type { EffectState } from '../tools/effect-ledger.ts'
import { openEffectLedger } from '../tools/open-effect-ledger.ts'
import { EFFECT_HAPPENED } from '../tools/settle-unknown.ts'
import { inBatches } from './in-batches.ts'

export interface ListUndoDependencies {
  readonly team: Pick<Team, 'agents'>
  readonly records: Records
  readonly clock: Clock
  readonly journal: Pick<Journal, 'listChains' | 'readStep'>
}

type ListUndo = Extract<ControlTask, { readonly task: 'listUndo' }>

/** What a state machine takes as one state's output, less what is around it. */
const MOST_BYTES = 240 * 1024

/**
 * Calls whose fate nobody knows are among them, so that whoever undoes says that a person must look.
 * @throws InvalidRequest where they are more than a state machine can take; RecordsUnavailable, RecordsCorrupt.
 */
export async function listUndo(
  { runId, execution, steps, settings }: ListUndo,
  dependencies: ListUndoDependencies,
): Promise<{ readonly calls: UndoCall[] }> {
  const { journal, team } = dependencies
  const ledger = openEffectLedger({ ...dependencies, owner: {} })
  const stepIds = await stepsIn(steps, runId, journal)
  const found = await inBatches(stepIds, async (stepId) => {
    const all = await ledger.list(runId, stepId)
    // Taking back is a call as well, with a claim of its own.
    const undoing = new Set(all.map(({ callId }) => undoCallId(callId)))
    const states = all.filter((state) => !undoing.has(state.callId) && hasUndo(state, team))
    if (states.length === 0) return []
    const undone = await journal.readStep(runId, undoChain(stepId))
    const { records } = await journal.readStep(runId, stepId)
    const place = (callId: Sha256) => records.findIndex(({ row }) => row.tool?.callId === callId)
    return states
      .filter(({ callId }) => !isUndone(undone, callId))
      .map((state) => ({ ...state, place: place(state.callId) }))
  })
  // Of the same millisecond, what its step recorded later is the later one.
  const latestFirst = found.flat().toSorted((a, b) => b.at.localeCompare(a.at) || b.place - a.place)
  const calls = latestFirst.map(({ stepId, callId, agent, tool }) => {
    return { runId, execution, stepId, agent: AgentName.parse(agent), tool: ToolName.parse(tool), callId, settings }
  })
  if (calls.length <= UNDO_CALLS && Buffer.byteLength(JSON.stringify(calls)) <= MOST_BYTES) return { calls }
  throw new InvalidRequest({
    message: `${calls.length} calls are to be undone, more than a state machine can take at once`,
    next: 'Put fewer steps into one `compensate`; look at `baton effects` for what was done.',
  })
}

function hasUndo({ agent, tool, status, executed }: EffectState, { agents }: Pick<Team, 'agents'>): boolean {
  const result = executed?.result
  const isDone = status === 'done' && (result?.status === 'ok' || result?.name === EFFECT_HAPPENED)
  if (!isDone && status !== 'unknown' && status !== 'intent') return false
  const { tools = [] } = agents.find((each) => each.name === agent) ?? {}
  return tools.find(({ name }) => name === tool)?.undo !== undefined
}

/**
 * A step that ends with `:`, `=` or `/` is what the ids of many begin with; the others are whole ids, and need no index, which
 * may lag behind.
 */
async function stepsIn(steps: readonly string[], runId: ListUndo['runId'], journal: Pick<Journal, 'listChains'>) {
  const beginnings = steps.filter((step) => /[:=/]$/.test(step))
  const found = new Set(steps.filter((step) => !beginnings.includes(step)) as StepId[])
  if (beginnings.length === 0) return [...found]
  for await (const { stepId } of journal.listChains(runId)) {
    const isUndo = stepId.endsWith(undoChain('' as StepId))
    if (!isUndo && beginnings.some((beginning) => stepId.startsWith(beginning))) found.add(stepId)
  }
  return [...found]
}
