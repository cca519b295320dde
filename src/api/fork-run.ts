/**
 * `forkRun`: a new run of the same input that takes over what the finished steps of another one gave, and goes on from there
 * with something changed. Which steps those are, the caller says.
 */
import { promptOf } from '../agent/prompt.ts'
import { recordedResult } from '../agent/replay.ts'
import { NO_USAGE } from '../agent/usage.ts'
import { jsonSha256 } from '../audit/canonical.ts'
import { crashPoint } from '../crash-point.ts'
import type { Agent } from '../define/agent.ts'
import { changedAgent } from '../define/changed-agent.ts'
import { underContract } from '../define/contract.ts'
import { Conflict, ignoreNotFound, NotFound } from '../errors.ts'
import type { Artifacts } from '../records/artifacts.ts'
import type { Journal } from '../records/journal.ts'
import type { JournalRecord } from '../records/journal-item.ts'
import { recordOnRun } from '../records/run-chain.ts'
import type { BudgetLimits } from '../schema/budget.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { Run, RunOrigin } from '../schema/run.ts'
import { Reference } from '../schema/step.ts'
import type { StepContract } from '../schema/step-contract.ts'
import { type ReadDependencies, readHead } from './read-run.ts'
import { beginRun, findAgent, proposeRun, type StartDependencies, type StartedRun } from './start-run.ts'

export interface ForkRun extends RunOrigin {
  /** Steps of the origin that are taken over: each has finished there, and nothing of it follows from what runs anew. */
  readonly kept: readonly KeptStep[]
  /** @default that of the origin */
  readonly budget?: BudgetLimits | undefined
  /** Who asks, as the host authenticated them. */
  readonly caller?: string | undefined
}

export interface KeptStep {
  readonly stepId: StepId
  /** Absent: a rule decided it. */
  readonly agent?: string | undefined
  readonly contract?: StepContract | undefined
}

export interface ForkDependencies extends StartDependencies, Pick<ReadDependencies, 'isHeld'> {
  readonly journal: Journal
  readonly artifacts: Artifacts
  /** Told each row once it is durable. */
  readonly onRow?: ((row: JournalRow, body?: Json) => void) | undefined
}

/** Of a step that was taken over: its outcome is the origin's, and cost nothing here. */
export const KEPT_RULE = 'fork.kept'

/**
 * What is taken over is written down before the run itself is: a fork that was cut off in between is no run, and does nothing.
 * @throws NotFound; Conflict where the origin goes on; InvalidRequest for a change that cannot be made; and as `startRun`.
 */
export async function forkRun(fork: ForkRun, dependencies: ForkDependencies): Promise<StartedRun> {
  const { runId: from, stepId, set, kept, caller, budget } = fork
  const { journal, team } = dependencies
  for (const [name, change] of Object.entries(set.agents ?? {})) changedAgent(findAgent(team, name), change)
  const origin = await finished(from, dependencies)
  const { workflow, input, settings } = origin
  const limits = budget ?? origin.budget?.run
  const request = { workflow, input, settings, ...(caller && { caller }), ...(limits && { budget: limits }) }
  const run: Run = { ...(await proposeRun(request, dependencies)), origin: { runId: from, stepId, set } }
  const entry = {
    event: 'decision' as const,
    rule: 'run.fork',
    reason: `from run ${from} at step ${stepId}; ${kept.length} finished steps are taken over`,
    hashes: { set: jsonSha256(set as unknown as Json) },
  }
  await recordOnRun(journal, run, entry, caller)
  crashPoint('run.fork.before')
  for (const step of kept) await keep(step, from, run, dependencies)
  crashPoint('run.fork.after')
  return beginRun(run, dependencies)
}

/** @throws Conflict */
async function finished(runId: RunId, dependencies: ForkDependencies): Promise<Run> {
  const run = await readHead(runId, dependencies)
  if (run.status !== 'running') return run
  const next = `Wait for its end: baton events ${runId} --follow. Or stop it: baton cancel ${runId}`
  throw new Conflict({ message: `Run ${runId} is going on: it cannot be forked yet`, next })
}

async function keep(step: KeptStep, from: RunId, run: Run, dependencies: ForkDependencies): Promise<void> {
  const { journal, onRow } = dependencies
  const { stepId } = step
  const { records } = await journal.readStep(from, stepId)
  const outcome = records.findLast(({ row }) => row.event === 'outcome')
  const output = outputOf(step, records, dependencies)
  const start = records.findLast(({ row }) => row.event === 'start' && row.attempt === outcome?.row.attempt)?.row
  if (outcome === undefined || output === undefined || start?.actor === undefined) throw unfinished(from, stepId)
  await copyArtifacts(output, from, run.runId, dependencies)
  const cause = outcome.row.hash
  const { actor, hashes } = start
  const claim = { runId: run.runId, stepId, attempt: 1, execution: 1, actor, cause, hashes }
  const writer = await journal.claimAttempt(claim)
  if (writer instanceof Conflict) throw writer
  const body: Json = { status: 'completed', output }
  const row = await writer.append(
    {
      event: 'outcome',
      rule: KEPT_RULE,
      reason: `as in run ${from}`,
      status: 'completed',
      hashes: { output: jsonSha256(output) },
      total: NO_USAGE,
    },
    body,
  )
  if (row instanceof Conflict) throw row
  onRow?.(writer.start)
  onRow?.(row, body)
}

function outputOf(
  { agent: name, contract }: KeptStep,
  records: readonly JournalRecord[],
  { team }: ForkDependencies,
): Json | undefined {
  const agent = name === undefined ? undefined : team.agents.find((one) => one.name === name)
  if (agent === undefined) {
    const { body } = records.findLast(({ row }) => row.event === 'outcome') ?? {}
    return (body as { readonly output?: Json } | undefined)?.output
  }
  const result = recordedResult(records, { execution: 1, prompt: promptOf(termed(agent, contract)) })
  return result?.status === 'completed' ? result.output : undefined
}

function termed(agent: Agent, contract: StepContract | undefined): Agent {
  return contract === undefined ? agent : underContract(agent, contract)
}

/** What it refers to must be found under the new run, too. What only looks like a reference, or was erased, stays as it is. */
async function copyArtifacts(value: Json, from: RunId, to: RunId, { artifacts }: ForkDependencies): Promise<void> {
  if (typeof value !== 'object' || value === null) return
  const reference = Reference.safeParse(value)
  if (reference.success) {
    const bytes = await artifacts.getBytes(from, reference.data).catch(ignoreNotFound)
    if (bytes !== undefined) await artifacts.put(to, bytes)
    return
  }
  for (const part of Object.values(value))
    await copyArtifacts(part as Json, from, to, { artifacts } as ForkDependencies)
}

function unfinished(runId: RunId, stepId: StepId): NotFound {
  return new NotFound({
    message: `Step ${stepId} of run ${runId} has no recorded output that could be taken over`,
    next: `Look at it: baton show ${runId}`,
  })
}
