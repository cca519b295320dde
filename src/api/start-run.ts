/** `startRun`: a request becomes a recorded run and an execution. Knows no host: executions and records are ports. */
import * as z from 'zod'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { Agent } from '../define/agent.ts'
import { workflowNamed } from '../define/agent-workflow.ts'
import { contentHash } from '../define/definition.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import type { Runs } from '../records/runs.ts'
import { RunId } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Run, RunInput, StartRun } from '../schema/run.ts'
import { type DrawLockfile, type Executions, executionName } from './ports.ts'

export interface StartDependencies {
  readonly team: Team
  readonly teamFile?: string
  /** Which model answers, for the record. */
  readonly model: string
  readonly runs: Runs
  readonly executions: Executions
  readonly drawLockfile: DrawLockfile
  readonly newRunId: () => string
  readonly clock: Clock
}

/** The input must fit a state's 256 KiB together with the lockfile and the settings. */
const INPUT_BYTES = 160 * 1024

/**
 * @throws NotFound for an unknown workflow; InvalidRequest for input or settings that do not fit; Conflict where the
 *   idempotency key was used with another body.
 */
export async function startRun(request: StartRun, dependencies: StartDependencies): Promise<Run> {
  const { team, runs, executions, drawLockfile, clock } = dependencies
  const { workflow, input, settings } = acceptRequest(request, team)
  const runId = RunId.parse(dependencies.newRunId())
  const proposed: Run = {
    runId,
    team: team.name,
    teamSha256: team.sha256 as Run['teamSha256'],
    ...(dependencies.teamFile === undefined ? {} : { teamFile: dependencies.teamFile }),
    workflow: workflow.name,
    workflowVersion: workflow.version,
    input,
    settings,
    model: dependencies.model,
    status: 'running',
    execution: 1,
    startedAt: clock.now().toISOString(),
    cancelRequested: false,
    lock: drawLockfile(runId),
  }
  crashPoint('run.start.before')
  const run = await runs.create(proposed, keyOf(request, { workflow: workflow.name, input, settings }))
  crashPoint('run.start.after')
  await executions.start({
    executionName: executionName(run.runId, run.execution),
    workflow: run.workflow,
    input: runInput(run),
  })
  return run
}

interface AcceptedRequest {
  readonly workflow: Workflow
  /** As the schemas made them, defaults filled in. */
  readonly input: Json
  readonly settings: JsonObject
}

/** Whether a request can be carried out by this team, without doing so. @throws NotFound, InvalidRequest: see `startRun` */
export function acceptRequest(request: Pick<StartRun, 'workflow' | 'input' | 'settings'>, team: Team): AcceptedRequest {
  const workflow = findWorkflow(team, request.workflow)
  return { workflow, input: parseInput(workflow, request.input), settings: parseSettings(team, request.settings) }
}

/** What the state machine of a run takes. */
export function runInput(run: Run): RunInput {
  return {
    run: { id: run.runId, execution: run.execution, path: '', lock: run.lock, settings: run.settings },
    input: run.input,
  }
}

function keyOf(request: StartRun, body: JsonObject): { readonly key: string; readonly bodySha256: string } | undefined {
  if (request.idempotencyKey === undefined) return undefined
  return { key: request.idempotencyKey, bodySha256: contentHash(body) }
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
  const parsed = workflow.input.safeParse(input)
  if (!parsed.success) throw doesNotFit(`The input of workflow ${workflow.name}`, parsed.error)
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data))
  if (bytes > INPUT_BYTES) {
    throw new InvalidRequest({
      message: `The input of workflow ${workflow.name} has ${bytes} bytes; a state machine takes at most ${INPUT_BYTES}`,
      next: 'Put large content into a file and let a tool read it; give its name as the input.',
    })
  }
  return parsed.data as Json
}

function parseSettings(team: Team, settings: JsonObject): JsonObject {
  const parsed = team.settings.safeParse(settings)
  if (!parsed.success) throw doesNotFit('The settings', parsed.error)
  return parsed.data as JsonObject
}

function doesNotFit(what: string, error: z.ZodError): InvalidRequest {
  const [first] = error.issues
  const next = first?.code === 'custom' && typeof first.params?.['next'] === 'string' ? first.params['next'] : undefined
  return new InvalidRequest({
    message: `${what} cannot be used:\n${z.prettifyError(error)}`,
    next: next ?? 'Correct the value; `baton run --help` shows what the team takes.',
    cause: error,
  })
}
