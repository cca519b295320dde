/** `startRun`: a request becomes a recorded run and an execution. Knows no host: executions and records are ports. */
import * as z from 'zod'
import type { BrakePlace } from '../brake/brake.ts'
import { openBudgets } from '../budget/open-budgets.ts'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { Agent } from '../define/agent.ts'
import { workflowNamed } from '../define/agent-workflow.ts'
import { contentHash } from '../define/definition.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import type { Records } from '../records/records.ts'
import { sameBody } from '../records/run-head.ts'
import type { Runs } from '../records/runs.ts'
import type { RunBudget } from '../schema/budget.ts'
import { RunId, type Sha256 } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Run, StartRun } from '../schema/run.ts'
import type { DrawLockfile, Executions } from './ports.ts'
import { type BrakedDependencies, refuseBraked } from './refuse-braked.ts'
import { runBudgetOf } from './run-budget.ts'
import { runIdOfKey } from './run-id-of-key.ts'
import { runInput } from './run-input.ts'

export interface StartDependencies extends BrakedDependencies {
  readonly team: Team
  readonly teamFile?: string
  /** Which model answers, for the record. */
  readonly model: string
  readonly runs: Runs
  readonly records: Records
  readonly executions: Executions
  readonly drawLockfile: DrawLockfile
  readonly newRunId: () => string
  readonly clock: Clock
}

/** What an execution is started with, at most. */
const EXECUTION_BYTES = 256 * 1024
/** Of those: what is left is for the lockfile, and for what the first state makes of it. */
const INPUT_BYTES = 160 * 1024
const SETTINGS_BYTES = 32 * 1024

export interface StartedRun {
  readonly run: Run
  /** False: the idempotency key is known, and this is the run that it belongs to. */
  readonly isNew: boolean
}

/**
 * A start that is repeated with its idempotency key gives the same run, also where the first one got no further than the
 * run's head: then the execution is started now. It is judged by what was asked, not by what the team takes by now.
 *
 * @throws NotFound for an unknown workflow; InvalidRequest for input or settings that do not fit; Conflict where the
 *   idempotency key was used with another body, or a brake is on.
 */
export async function startRun(request: StartRun, dependencies: StartDependencies): Promise<StartedRun> {
  const { runs, executions } = dependencies
  const known = await knownRun(request, runs)
  if (known === undefined) return beginRun(await proposeRun(request, dependencies), dependencies)
  crashPoint('run.start.after')
  if (known.status === 'running') await executions.start(known)
  return { run: known, isNew: false }
}

/** Writes its head, then starts its execution. @throws as `startRun` */
export async function beginRun(run: Run, dependencies: StartDependencies): Promise<StartedRun> {
  crashPoint('run.start.before')
  const started = await create(run, dependencies)
  crashPoint('run.start.after')
  if (started.run.status === 'running') await dependencies.executions.start(started.run)
  return started
}

/** With its budget, where it has one. @throws Conflict where its team has not that much left. */
async function create(run: Run, { runs, records, clock }: StartDependencies): Promise<StartedRun> {
  const { budget } = run
  return runs.create(run, budget && openBudgets({ records, clock }).begin({ ...run, budget }))
}

/** The run that the request's idempotency key belongs to. @throws Conflict where that was another request. */
export async function knownRun(request: StartRun, runs: Pick<Runs, 'read'>): Promise<Run | undefined> {
  const runId = keyedRunId(request)
  const known = runId === undefined ? undefined : await runs.read(runId)
  return known && sameBody(known, bodySha256Of(request))
}

/** Undefined without an idempotency key: then every start is another run. */
export function keyedRunId({ caller, workflow, idempotencyKey }: StartRun): RunId | undefined {
  return idempotencyKey === undefined ? undefined : runIdOfKey({ caller, workflow, key: idempotencyKey })
}

/** The head of a run that is not there yet. @throws as `startRun` */
export async function proposeRun(request: StartRun, dependencies: StartDependencies): Promise<Run> {
  const { team, teamFile, model, clock } = dependencies
  const { workflow, input, settings, budget } = acceptRequest(request, team)
  await refuseBraked('No run is started', placeOf(team, workflow), dependencies)
  const runId = keyedRunId(request) ?? RunId.parse(dependencies.newRunId())
  const drawn = await dependencies.drawLockfile(runId, workflow.name)
  const run: Run = {
    runId,
    team: team.name,
    teamSha256: team.sha256 as Run['teamSha256'],
    ...(teamFile === undefined ? {} : { teamFile }),
    workflow: workflow.name,
    workflowVersion: drawn.lock.workflows[workflow.name]?.version ?? workflow.version,
    input,
    settings,
    model,
    status: 'running',
    execution: 1,
    startedAt: clock.now().toISOString(),
    ...(request.caller === undefined ? {} : { caller: request.caller }),
    ...(request.idempotencyKey === undefined ? {} : { bodySha256: bodySha256Of(request) }),
    ...(budget === undefined ? {} : { budget }),
    cancelRequested: false,
    ...drawn,
  }
  refuseLarge('The input with the settings and the versions of the team', runInput(run), EXECUTION_BYTES)
  return run
}

/** Other agents of a workflow may not come to act: a brake of theirs shows when they do. */
function placeOf(team: Team, { name, root }: Workflow): BrakePlace {
  return { team: team.name, workflows: [name], ...(root.kind === 'step' && { agent: root.agent.name }) }
}

function bodySha256Of({ workflow, input, settings, budget }: StartRun): Sha256 {
  return contentHash({ workflow, input, settings, budget }) as Sha256
}

interface AcceptedRequest {
  readonly workflow: Workflow
  /** As the schemas made them, defaults filled in. */
  readonly input: Json
  readonly settings: JsonObject
  readonly budget: RunBudget | undefined
}

/** Whether a request can be carried out by this team, without doing so. @throws NotFound, InvalidRequest: see `startRun` */
export function acceptRequest(
  request: Pick<StartRun, 'workflow' | 'input' | 'settings' | 'budget'>,
  team: Team,
): AcceptedRequest {
  const workflow = findWorkflow(team, request.workflow)
  return {
    workflow,
    input: parseInput(workflow, request.input),
    settings: parseSettings(team, request.settings),
    budget: runBudgetOf(team, workflow, request.budget),
  }
}

/** @throws NotFound naming the workflows there are. */
export function findWorkflow(team: Team, name: string): Workflow {
  const found = workflowNamed(team, name)
  if (found) return found
  throw new NotFound({
    message: `Team ${team.name} has no workflow ${JSON.stringify(name)}`,
    next: `Name one of: ${team.workflows.map((workflow) => workflow.name).join(', ')}`,
  })
}

/** @throws NotFound naming the agents there are. */
export function findAgent(team: Team, name: string): Agent {
  const found = team.agents.find((agent) => agent.name === name)
  if (found) return found
  throw new NotFound({
    message: `Team ${team.name} has no agent ${JSON.stringify(name)}`,
    next: `Name one of: ${team.agents.map((agent) => agent.name).join(', ')}`,
  })
}

function parseInput(workflow: Workflow, input: Json): Json {
  const what = `The input of workflow ${workflow.name}`
  const parsed = workflow.input.safeParse(input)
  if (!parsed.success) throw doesNotFit(what, 'input', parsed.error)
  refuseLarge(what, parsed.data, INPUT_BYTES)
  return parsed.data as Json
}

function parseSettings(team: Team, settings: JsonObject): JsonObject {
  const parsed = team.settings.safeParse(settings)
  if (!parsed.success) throw doesNotFit('The settings', 'settings', parsed.error)
  refuseLarge('The settings', parsed.data, SETTINGS_BYTES)
  return parsed.data as JsonObject
}

function refuseLarge(what: string, value: unknown, most: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (bytes <= most) return
  throw new InvalidRequest({
    message: `${what}: ${bytes} bytes; a state machine takes at most ${most}`,
    next: 'Put large content into a file and let a tool read it; give its name as the input.',
  })
}

/** @param field What was parsed, where the request holds it. */
function doesNotFit(what: string, field: 'input' | 'settings', error: z.ZodError): InvalidRequest {
  const [first] = error.issues
  const next = first?.code === 'custom' && typeof first.params?.['next'] === 'string' ? first.params['next'] : undefined
  return new InvalidRequest({
    message: `${what} cannot be used:\n${z.prettifyError(error)}`,
    next: next ?? 'Correct the value; `baton run --help` shows what the team takes.',
    cause: new z.ZodError(error.issues.map((issue) => ({ ...issue, path: [field, ...issue.path] }))),
  })
}
