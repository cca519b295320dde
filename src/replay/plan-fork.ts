/**
 * Which steps of a finished run a fork takes over: those that came to an output, and of which nothing follows from the step that
 * runs anew. Found by running the recorded run again without an answer of that step. Writes nothing.
 */
import type { KeptStep } from '../api/fork-run.ts'
import type { Team } from '../define/team.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { JournalRecord } from '../records/journal-item.ts'
import type { StepId } from '../schema/ids.ts'
import { READ_MESSAGES_TOOL, READ_STATE_TOOL, SEND_MESSAGE_TOOL, UPDATE_STATE_TOOL } from '../schema/model-call.ts'
import { type RecordedSteps, type Recording, stepsOf } from './recording.ts'
import { refuseOtherMachine, runAgain } from './replay-run.ts'
import type { AskedStep } from './task-answers.ts'

export interface ForkPlan {
  readonly kept: readonly KeptStep[]
  /** Steps, rules and people of the origin that are asked again, the one that the fork begins at included. */
  readonly anew: readonly AnewStep[]
}

export interface AnewStep {
  readonly stepId: StepId
  readonly kind: AskedStep['kind']
  /** Of its calls that changed something outside: they are made again, as calls of the new run. */
  readonly effects: number
}

/**
 * @throws NotFound where the run never came to that step; Conflict where a step before it would have to run anew and had
 *   effects, or passed something on that lies outside the steps' outputs; and as `replayRun`.
 */
export async function planFork(recording: Recording, team: Team, at: StepId): Promise<ForkPlan> {
  refuseOtherMachine(recording.run, team)
  const steps = stepsOf(recording)
  const { asked } = (await runAgain(recording, team, steps)).answers
  if (!asked.has(at)) throw unknownStep(recording, at, [...asked.keys()])
  const unkeepable = [...asked.values()].filter((step) => !isKeepable(step, steps)).map(({ stepId }) => stepId)
  const without = new Set([at, ...unkeepable])
  const reached = (await runAgain(recording, team, steps, without)).answers
  const kept = [...reached.asked.values()].filter(({ stepId }) => !without.has(stepId) && !reached.missing.has(stepId))
  const keptIds = new Set(kept.map(({ stepId }) => stepId))
  const anew = [...asked.values()].filter(({ stepId }) => !keptIds.has(stepId))
  await refuseActingAgain(anew, at, { recording, team, steps })
  return {
    kept: kept.map(({ stepId, agent, contract }) => ({
      stepId,
      ...(agent !== undefined && { agent }),
      ...(contract !== undefined && { contract }),
    })),
    anew: anew.map(({ stepId, kind }) => ({ stepId, kind, effects: effectsOf(steps.get(stepId) ?? []) })),
  }
}

/** People are asked again; what was stopped has no output; what lies outside the outputs would be missing in the new run. */
function isKeepable({ stepId, kind }: AskedStep, steps: RecordedSteps): boolean {
  const records = steps.get(stepId) ?? []
  const outcome = records.findLast(({ row }) => row.event === 'outcome')
  return kind !== 'people' && outcome?.row.status === 'completed' && !sharesWithOthers(records)
}

const SHARED_TOOLS: ReadonlySet<string> = new Set([
  READ_MESSAGES_TOOL,
  SEND_MESSAGE_TOOL,
  READ_STATE_TOOL,
  UPDATE_STATE_TOOL,
])
const SHARED_RULES = /^rule\.(state|board)\./

function sharesWithOthers(records: readonly JournalRecord[]): boolean {
  return records.some(({ row }) => SHARED_TOOLS.has(row.tool?.name ?? '') || SHARED_RULES.test(row.rule ?? ''))
}

function effectsOf(records: readonly JournalRecord[]): number {
  const made = records.filter(({ row }) => row.event === 'tool' && row.status !== 'denied' && row.rule !== 'undo')
  return made.filter(({ row }) => !SHARED_TOOLS.has(row.tool?.name ?? '') && isEffect(row.tool?.effect)).length
}

function isEffect(effect: string | undefined): boolean {
  return effect !== undefined && effect !== 'read'
}

interface Origin {
  readonly recording: Recording
  readonly team: Team
  readonly steps: RecordedSteps
}

/** Of the steps that run anew, those without which the fork's step is never reached came before it. */
async function refuseActingAgain(anew: readonly AskedStep[], at: StepId, origin: Origin): Promise<void> {
  const { recording, team, steps } = origin
  const acting = anew.filter(({ stepId, kind }) => {
    const records = steps.get(stepId) ?? []
    return stepId !== at && kind !== 'people' && (effectsOf(records) > 0 || sharesWithOthers(records))
  })
  for (const { stepId } of acting) {
    const { asked } = (await runAgain(recording, team, steps, new Set([stepId]))).answers
    if (asked.has(at)) continue
    const shares = sharesWithOthers(steps.get(stepId) ?? [])
    throw new Conflict({
      message: shares
        ? `Step ${stepId}, before ${at}, passed something on by messages, shared state or a board, which a fork cannot take over`
        : `Step ${stepId}, before ${at}, would have to run anew, as people are asked again before it; it has changed things outside`,
      next: `Fork at ${stepId} or before it: baton fork ${recording.run.runId} --at ${stepId}`,
    })
  }
}

/** Names told of those there are. */
const MOST_NAMED = 30

function unknownStep({ run }: Recording, at: StepId, known: readonly StepId[]): NotFound {
  const more = known.length > MOST_NAMED ? ` and ${known.length - MOST_NAMED} more: baton show ${run.runId}` : ''
  return new NotFound({
    message: `Run ${run.runId} never came to a step ${at}`,
    next: `Name one of: ${known.slice(0, MOST_NAMED).join(', ')}${more}`,
  })
}
