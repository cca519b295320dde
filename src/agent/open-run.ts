/** The way into a step: what was asked is parsed, the attempt claimed, the state read back, the input resolved. */
import * as z from 'zod'
import type { StepBudget } from '../budget/budgets.ts'
import type { Agent } from '../define/agent.ts'
import { underContract } from '../define/contract.ts'
import { Conflict, InvalidRequest, NotFound } from '../errors.ts'
import type { AttemptWriter, StepJournal } from '../records/journal.ts'
import type { Sha256 } from '../schema/ids.ts'
import { isJson } from '../schema/is-json.ts'
import type { Actor } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { StepInput } from '../schema/step.ts'
import { issueText } from '../tools/authorize.ts'
import type { Standing } from './authority.ts'
import { denialRows } from './denials.ts'
import { stopped } from './ending.ts'
import type { StepDependencies } from './ports.ts'
import { promptOf } from './prompt.ts'
import { recordDecision } from './record-decision.ts'
import { replay } from './replay.ts'
import { resolveReferences } from './resolve-references.ts'
import type { Ending, NewStepRow, StepRun } from './step-run.ts'
import { applyRow, type StepBody, type StepRow } from './step-state.ts'

/** Invocations of one step in one execution, so that one which never gets anywhere ends. */
const ATTEMPTS = 200

/** The same, without a copy of an input that may be large. */
const QuickStepInput = StepInput.extend({ input: z.custom<Json>((value) => isJson(value), 'JSON is expected') })

/** A step, the agent that is to do it, and what it has from where it stands. */
export interface Asked {
  readonly step: StepInput
  readonly agent: Agent
  readonly standing: Standing
}

interface Opening extends Asked {
  readonly recorded: StepJournal
  readonly writer: AttemptWriter
  readonly dependencies: StepDependencies
}

export interface OpenedRun {
  readonly run: StepRun
  /** Why it must not go on. */
  readonly refused: Ending | undefined
}

export function parseStep(input: StepInput, { agents }: StepDependencies): { step: StepInput; agent: Agent } {
  const parsed = QuickStepInput.safeParse(input)
  if (!parsed.success) {
    throw new InvalidRequest({
      message: `what the state machine gave is no step input:\n${issueText(parsed.error)}`,
      next: 'Compile the workflow again with this version.',
    })
  }
  const agent = agents(parsed.data.agent)
  const { contract } = parsed.data
  if (agent !== undefined) {
    return { step: parsed.data, agent: contract === undefined ? agent : underContract(agent, contract) }
  }
  throw new NotFound({
    message: `step ${parsed.data.stepId} asks for agent ${parsed.data.agent}, which the team does not have`,
    next: 'Run it with the team that the run was started with.',
  })
}

export function claimStep({ step, agent, standing }: Asked, recorded: StepJournal, { journal }: StepDependencies) {
  return journal.claimAttempt({
    runId: step.runId,
    stepId: step.stepId,
    attempt: recorded.nextAttempt,
    actor: actorOf(agent, standing.delegators),
    cause: recorded.head,
    hashes: { input: sha256(JSON.stringify(step.input)), tools: promptOf(agent).toolsSha256 },
    execution: step.execution,
  })
}

/** @throws NotFound, RecordsCorrupt where an artifact of the input is missing or damaged. */
export async function openRun({ step, agent, standing, recorded, writer, dependencies }: Opening): Promise<OpenedRun> {
  const startedMs = dependencies.clock.now().getTime()
  dependencies.onRow?.(writer.start)
  const { input, refused } = await readInput(step, agent, dependencies)
  const prompt = promptOf(agent)
  const origin = { runId: step.runId, stepId: step.stepId, prompt, input, labels: standing.labels }
  const state = replay(origin, recorded.records)
  async function recordAll(given: readonly NewStepRow[]): Promise<void> {
    const rows = [...denialRows(dependencies.takeDenials), ...given]
    const written = await writer.appendAll(
      rows.map(({ row, body }) => ({ entry: row, body: body as Json | undefined })),
    )
    if (written instanceof Conflict) throw written
    for (const { row, body } of rows) applyRow(state, origin, row, body)
    for (const [index, row] of written.entries()) dependencies.onRow?.(row, rows[index]?.body as Json | undefined)
  }
  const record = (row: StepRow, body?: StepBody) => recordAll([{ row, body }])
  const isPassed = () => writer.isPassed()
  const turnsBefore = state.usage.turns
  let opened: Promise<StepBudget | undefined> | undefined
  const budget = async () => {
    opened ??= dependencies.openBudget?.({ runId: step.runId, stepId: step.stepId })
    return opened
  }
  const run = {
    step,
    agent,
    prompt,
    dependencies,
    state,
    standing,
    input,
    budget,
    record,
    recordAll,
    isPassed,
    startedMs,
    turnsBefore,
  }
  await recordDecision(run)
  const tooOften = stopped('attemptLimit', `The step was begun ${ATTEMPTS} times without coming to an end.`)
  return { run, refused: begunSinceStop(recorded) > ATTEMPTS ? tooOften : refused }
}

/** This attempt included; a stop that a person had resumed ends the count. */
function begunSinceStop({ nextAttempt, records }: StepJournal): number {
  return nextAttempt - (records.findLast(({ row }) => row.event === 'outcome')?.row.attempt ?? 0)
}

async function readInput(step: StepInput, { input: schema }: Agent, { artifacts }: StepDependencies) {
  try {
    const resolved = await resolveReferences(step.input, step.runId, artifacts)
    const parsed = schema.safeParse(resolved)
    if (parsed.success) return { input: parsed.data as Json, refused: undefined }
    return { input: null, refused: stopped('inputRejected', `The input does not fit:\n${issueText(parsed.error)}`) }
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error
    return { input: null, refused: stopped('inputRejected', error.message) }
  }
}

/** @param delegators Agents that made its task, outermost first. */
export function actorOf({ name, version, sha256, role }: Agent, delegators: readonly string[] = []): Actor {
  const onBehalfOf = delegators.length > 0 ? { onBehalfOf: delegators.join(' > ') } : {}
  return { agent: name, version, sha256: sha256 as Sha256, role, ...onBehalfOf }
}
