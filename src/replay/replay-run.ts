/**
 * Runs a recorded run again: the compiled machine, in memory, on the embedded engine, with every answer from the record. The run
 * must come to the same: its output, what each step was given, the way through its states. Costs nothing.
 */
import { executionName } from '../api/ports.ts'
import { runInput } from '../api/run-input.ts'
import { canonicalJson, jsonSha256 } from '../audit/canonical.ts'
import { agentWorkflowName, workflowNamed } from '../define/agent-workflow.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { walk } from '../define/workflow-nodes.ts'
import { createEngine, type Engine, type ExecutionResult } from '../engine/engine.ts'
import type { HistoryEvent } from '../engine/expand-history.ts'
import { openHistory } from '../engine/history-store.ts'
import { Conflict } from '../errors.ts'
import type { StepId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { Run } from '../schema/run.ts'
import { Reference } from '../schema/step.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { compileWorkflow } from '../workflow/compile.ts'
import { type RecordedSteps, type Recording, stepsOf } from './recording.ts'
import { apart, stateDifferences } from './state-differences.ts'
import { type TaskAnswers, taskAnswers } from './task-answers.ts'

/** Histories of a run's last execution, by the execution's name: where they are kept. */
export type Histories = ReadonlyMap<string, readonly HistoryEvent[]>

export interface Difference {
  readonly what: 'status' | 'output' | 'error' | 'input' | 'step' | 'state'
  /** A step, or a state within an execution. Absent: the run. */
  readonly where?: string
  readonly expected: string
  readonly came: string
}

export interface Replay {
  readonly runId: string
  readonly execution: number
  readonly status: Run['status']
  /** None: it came to the same, byte for byte. */
  readonly differences: readonly Difference[]
  /** Steps of agents, rules and people that were asked. */
  readonly steps: number
  /** Events of the histories that were compared; absent where the host of the run keeps none here. */
  readonly events?: number
  /** What was not asked: the point of it. */
  readonly modelCalls: 0
  /** What a reader should know, e.g. that the team has changed in what does not matter. */
  readonly notes: readonly string[]
}

/**
 * @param histories Absent: the way through the states is not compared, only what steps were given and what came out.
 * @throws Conflict where the run goes on, or the team's machine is another one; RecordsCorrupt where the journal does not verify.
 */
export async function replayRun(recording: Recording, team: Team, histories?: Histories): Promise<Replay> {
  const { run } = recording
  const notes = refuseOtherMachine(run, team)
  const steps = stepsOf(recording)
  const ran = await runAgain(recording, team, steps)
  const atItsEnd = endDifferences(run, ran.result)
  const differences = [
    ...atItsEnd,
    ...stepDifferences(run, steps, ran.answers, atItsEnd.length === 0),
    ...(histories === undefined ? [] : stateDifferences(histories, ran.histories)),
  ]
  return {
    runId: run.runId,
    execution: run.execution,
    status: run.status,
    differences,
    steps: ran.answers.asked.size,
    ...(histories !== undefined && { events: [...histories.values()].reduce((sum, all) => sum + all.length, 0) }),
    modelCalls: 0,
    notes,
  }
}

interface Ran {
  readonly result: ExecutionResult
  readonly answers: TaskAnswers
  readonly histories: Histories
}

/** @param withheld Steps that get no answer, so that nothing that follows from them happens. */
export async function runAgain(
  recording: Recording,
  team: Team,
  steps: RecordedSteps,
  withheld?: ReadonlySet<StepId>,
): Promise<Ran> {
  const { run } = recording
  const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  try {
    let engine: Engine | undefined
    const name = executionName(run.runId, run.execution)
    let stopped: Promise<void> | undefined
    const onOver = () => {
      stopped = engine?.stop(name)
    }
    const { turn, held } = recordedOrder(() => history.pending === 0)
    const answers = taskAnswers({ team, recording, steps, withheld, onOver, turn, tokens: () => engine as Engine })
    engine = createEngine({
      history,
      clock: virtualClock(() => history.pending === 0 && held() === 0, Date.parse(run.startedAt)),
      random: () => 0,
      machine: (arn) => machineOf(run, team, arn),
      invokeFunction: answers.invoke,
    })
    const workflow = workflowNamed(team, run.workflow) as Workflow
    const { done } = await engine.start({
      name,
      machineArn:
        run.lock.workflows[run.workflow]?.stateMachineArn ??
        `arn:aws:states:local:000000000000:stateMachine:${run.team}-${run.workflow}`,
      definition: compileWorkflow(workflow).definition as unknown as Json,
      input: runInput(run) as unknown as Json,
    })
    const result = await done
    await stopped
    return { result, answers, histories: historiesOf(engine, name) }
  } finally {
    history.close()
  }
}

/**
 * Answers in the order of the record: of branches side by side, the one that failed first fails first. Only an order: what does
 * not come to be asked holds nothing up, and no time limit runs out meanwhile.
 */
function recordedOrder(isIdle: () => boolean) {
  const order = virtualClock(isIdle, 0)
  let held = 0
  return {
    held: () => held,
    async turn(at: string, signal?: AbortSignal) {
      held += 1
      try {
        await order.sleep(Math.max(0, Date.parse(at) - order.now().getTime()), signal)
      } finally {
        held -= 1
      }
    },
  }
}

/** Of an execution and its children. */
export function historiesOf(engine: Pick<Engine, 'list' | 'history'>, name: string): Histories {
  const isOfIt = (one: string) => one === name || one.startsWith(`${name}/`) || one.startsWith(`${name}.`)
  const names = engine.list(name).map((one) => one.name)
  return new Map(names.filter(isOfIt).map((one) => [one, engine.history(one)] as const))
}

function machineOf({ lock }: Run, team: Team, arn: string) {
  const name = Object.keys(lock.workflows).find((one) => lock.workflows[one]?.stateMachineArn === arn)
  const workflow = team.workflows.find((one) => one.name === name)
  return workflow && { arn, definition: compileWorkflow(workflow).definition as unknown as Json }
}

/** @returns what has changed and does not matter. @throws Conflict */
export function refuseOtherMachine(run: Run, team: Team): string[] {
  if (run.status === 'running' || run.status === 'interrupted') {
    throw new Conflict({
      message: `Run ${run.runId} has not ended: it is ${run.status}`,
      next: run.status === 'running' ? `baton events ${run.runId} --follow` : `baton resume ${run.runId}`,
    })
  }
  const workflow = workflowNamed(team, run.workflow)
  const changed = workflow === undefined ? [run.workflow] : changedMachines(run, team, workflow)
  if (run.team !== team.name || workflow === undefined || changed.length > 0) {
    const what =
      run.team === team.name ? `workflow ${changed.join(', ')}` : `team ${run.team} (this one is ${team.name})`
    throw new Conflict({
      message: `Run ${run.runId} was started with another version of ${what}: only the same machine goes the same way`,
      next: 'Bring back the team file as it was: --team FILE names it.',
    })
  }
  const agents = team.agents.filter(({ name, sha256 }) => (run.lock.agents[name]?.sha256 ?? sha256) !== sha256)
  if (run.teamSha256 === team.sha256) return []
  const others = agents.length === 0 ? '' : ` (${agents.map(({ name }) => name).join(', ')})`
  return [`the team file has changed since${others}; the workflow compiles to the same machine, so it is run again`]
}

function changedMachines({ lock }: Run, team: Team, root: Workflow): string[] {
  return [...reachable(root)].flatMap((workflow) => {
    const { name } = workflow
    const then = lock.workflows[name]?.sha256
    // Made for one agent alone: no lockfile names it.
    if (then === undefined) return team.agents.some((agent) => agentWorkflowName(agent) === name) ? [] : [name]
    return then === compileWorkflow(workflow).sha256 ? [] : [name]
  })
}

function reachable(workflow: Workflow, found = new Set<Workflow>()): Set<Workflow> {
  found.add(workflow)
  for (const node of walk(workflow.root)) {
    if (node.kind === 'workflow' && !found.has(node.workflow)) reachable(node.workflow, found)
  }
  return found
}

const STATUS = { SUCCEEDED: 'succeeded', FAILED: 'failed', TIMED_OUT: 'timedOut', ABORTED: 'cancelled' } as const

export function endDifferences(run: Run, result: ExecutionResult): Difference[] {
  const status = STATUS[result.status]
  const isSame = status === run.status || (status === 'failed' && run.status === 'cancelled')
  if (!isSame) return [{ what: 'status', expected: run.status, came: `${status}${errorWords(result)}` }]
  if (result.status === 'SUCCEEDED') return outputDifferences(run.output, result.output)
  const [expected, came] = [run.error?.name ?? '', result.error ?? '']
  if (run.status !== 'failed') return []
  if (expected !== came) return [{ what: 'error', expected, came }]
  const message = reasonOf(result.cause ?? '')
  // The run's head may say more than the machine did, never less.
  if (message === '' || run.error?.message.startsWith(message)) return []
  return [{ what: 'error', expected: run.error?.message ?? '', came: message }]
}

function errorWords(result: ExecutionResult): string {
  return result.status === 'SUCCEEDED' ? '' : ` (${result.error ?? ''}: ${reasonOf(result.cause ?? '').slice(0, 200)})`
}

function reasonOf(cause: string): string {
  const parsed = parseJson(cause)
  const told =
    parsed.ok && typeof parsed.value === 'object' ? (parsed.value as { readonly reason?: unknown }) : undefined
  return typeof told?.reason === 'string' ? told.reason : ''
}

/** An output too large for the run's head lies beside it, under its hash. */
function outputDifferences(expected: Json | undefined, came: Json): Difference[] {
  const reference = Reference.safeParse(expected)
  const isStoredApart = reference.success && !Reference.safeParse(came).success
  const then = isStoredApart ? reference.data.$ref : canonicalJson(expected ?? null)
  const now = isStoredApart ? `sha256:${jsonSha256(came)}` : canonicalJson(came)
  return then === now ? [] : [{ what: 'output', ...apart(then, now) }]
}

/**
 * A run that came to the same end did not need what it never got: a branch was stopped then, when another one failed or time was
 * up, and how far it had come is nothing that a machine says.
 */
function stepDifferences(
  { execution, status }: Run,
  steps: RecordedSteps,
  { asked, missing }: TaskAnswers,
  isSameEnd: boolean,
): Difference[] {
  const isStopped = (stepId: StepId) => isSameEnd && steps.get(stepId)?.at(-1)?.row.event !== 'outcome'
  const differences: Difference[] = []
  for (const { stepId, input, recorded } of asked.values()) {
    if (recorded !== undefined && recorded !== input) {
      differences.push({ what: 'input', where: stepId, expected: `sha256:${recorded}`, came: `sha256:${input}` })
    }
  }
  for (const [stepId, why] of missing) {
    if (isStopped(stepId)) continue
    differences.push({ what: 'step', where: stepId, expected: 'a recorded answer', came: why })
  }
  // Who was at work when it failed may have answered since.
  if (isSameEnd && status !== 'succeeded') return differences
  for (const [stepId, records] of steps) {
    const isNow = records.some(({ row }) => row.execution === execution)
    if (!isNow || asked.has(stepId) || isStopped(stepId) || isBeside(stepId)) continue
    differences.push({ what: 'step', where: stepId, expected: 'to be asked, as it was', came: 'it was not reached' })
  }
  return differences
}

/** A chain that no step of a machine has: of the run, or of what was undone. */
function isBeside(stepId: StepId): boolean {
  return stepId.startsWith(':') || stepId.endsWith(':undo')
}
