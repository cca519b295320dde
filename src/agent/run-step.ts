/**
 * One step of a run: an agent, asked until it hands in an output that counts or a bound is crossed. Safe to call again at any
 * time: what is recorded is not done again. Not responsible for retrying itself, for leases or for what follows.
 *
 * What holds now: a model answer is recorded before any of its tools run and is never sampled again; a recorded tool result
 * is never asked for again; a tool whose result was not recorded before a crash or a cancellation is made again, or not, as
 * the kind of its effect promises (src/tools/perform.ts), under the same `callId`.
 */
import { Conflict } from '../errors.ts'
import type { AttemptWriter, StepJournal } from '../records/journal.ts'
import type { StepInput, StepResult } from '../schema/step.ts'
import { narrowed, standingOf } from './authority.ts'
import { brakeOf } from './brake-of.ts'
import { recordDenials } from './denials.ts'
import { stopped } from './ending.ts'
import { finishStep } from './finish-step.ts'
import { acknowledgeMessages } from './messages.ts'
import { type Asked, claimStep, openRun, parseStep } from './open-run.ts'
import type { StepDependencies } from './ports.ts'
import { promptOf } from './prompt.ts'
import { headOf, recordedResult } from './replay.ts'
import { closeStepBudget } from './reserve-turn.ts'
import { settleTurn } from './settle-turn.ts'
import type { Ending, StepRun } from './step-run.ts'
import { takeTurn } from './take-turn.ts'
import { NO_USAGE } from './usage.ts'

/** After losing a race for an attempt: long enough for the winner to record something. */
const LOST_CLAIM_WAIT_MS = 5_000

/**
 * @throws RetryableError where the records do not answer; InvalidRequest for what is no StepInput; NotFound for an unknown
 *   agent or a lost artifact; RecordsCorrupt; Conflict where another process writes in this attempt's place;
 *   ScriptExhausted; PermissionDenied. Whatever else is expected is a StepResult.
 */
export async function runStep(input: StepInput, dependencies: StepDependencies): Promise<StepResult> {
  const { step, agent: declared } = parseStep(input, dependencies)
  const standing = await standingOf(step, dependencies.whereIs)
  const agent = narrowed(declared, standing)
  const began = await begin({ step, agent, standing }, dependencies)
  if ('status' in began) return began
  const opened = await openRun({ step, agent, standing, ...began, dependencies })
  try {
    const ending = opened.refused ?? (await loop(opened.run))
    await closeStepBudget(opened.run)
    return await finishStep(opened.run, ending)
  } catch (error) {
    await recordDenials(opened.run, error)
    throw error
  }
}

/** Rounds against an attempt that is still appending. */
const BEGIN_ROUNDS = 3

/**
 * Reads, claims, and looks again: an attempt that was thought dead may have appended meanwhile. It does nothing more once
 * it sees the claim (`isPassed`), and whatever it has recorded before that is seen here: so they never go two ways. Who
 * dies between the claim and the second look has recorded nothing, and its claim counts for nothing (`followed`).
 */
async function begin(asked: Asked, dependencies: StepDependencies): Promise<StepResult | Begun> {
  const { step, agent } = asked
  const { journal } = dependencies
  let recorded = await journal.readStep(step.runId, step.stepId)
  const first = recorded.nextAttempt
  for (let round = 1; round <= BEGIN_ROUNDS; round += 1) {
    const earlier = recordedResult(recorded.records, { execution: step.execution, prompt: promptOf(agent) })
    if (earlier !== undefined) return earlier
    const head = headOf(recorded.records)
    const writer = await claimStep(asked, { ...recorded, head }, dependencies)
    if (writer instanceof Conflict) break
    if (first === 1) return { recorded, writer }
    const now = await journal.readStep(step.runId, step.stepId)
    // Another has begun since: it may go on from what is not seen here.
    if (now.nextAttempt !== recorded.nextAttempt + 1) break
    const records = now.records.filter(({ row }) => row.attempt < first)
    if (records.length === recorded.records.length) return { recorded, writer }
    recorded = { ...now, records }
  }
  return lostClaim(dependencies)
}

interface Begun {
  readonly recorded: StepJournal
  readonly writer: AttemptWriter
}

async function loop(run: StepRun): Promise<Ending> {
  // An earlier attempt may have died before it said that it has them.
  await acknowledgeMessages(run, run.state.messages)
  // takeTurn holds the bound on turns; one round more than turns, for an open turn of an earlier attempt.
  for (let round = 0; round <= run.agent.limits.turns + 1; round += 1) {
    const { open } = run.state
    const ending = open === undefined ? undefined : await settleTurn(run, open)
    if (ending !== undefined) return ending
    const crossed = (await brakeOf(run)) ?? (await takeTurn(run))
    if (crossed !== undefined) return crossed
  }
  return stopped('turnLimit', `No output after ${run.agent.limits.turns} turns.`)
}

function lostClaim({ clock }: StepDependencies): StepResult {
  const untilIso = new Date(clock.now().getTime() + LOST_CLAIM_WAIT_MS).toISOString()
  return { status: 'wait', untilIso, reason: 'another process has just begun this step', usage: NO_USAGE }
}
