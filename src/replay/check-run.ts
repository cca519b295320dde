/**
 * Holds a team as it is now against a recorded run: its agents' steps, rules and machine run for real, in memory; the models' answers,
 * the tools' results and what people said come from the record. Costs nothing, reaches nothing outside. The first thing that
 * comes otherwise is told.
 */
import { runStep } from '../agent/run-step.ts'
import { decideRule } from '../api/decide-rule.ts'
import { executionName } from '../api/ports.ts'
import { runInput } from '../api/run-input.ts'
import { systemClock } from '../clock.ts'
import { workflowNamed } from '../define/agent-workflow.ts'
import type { Team } from '../define/team.ts'
import { createEngine, type Engine } from '../engine/engine.ts'
import { openStores, type Stores } from '../engine/host-stores.ts'
import type { FunctionInvoker } from '../engine/integrations/function-invoker.ts'
import { RecordsCorrupt } from '../errors.ts'
import { openMailboxes } from '../mailbox/open-mailboxes.ts'
import { ControlTask } from '../schema/control-task.ts'
import type { StepId } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import { StepInput } from '../schema/step.ts'
import { openSharedState } from '../state/open-shared-state.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { openEffectLedger } from '../tools/open-effect-ledger.ts'
import { compileWorkflow } from '../workflow/compile.ts'
import { type Allowed, type CheckDifference, firstDifference } from './check-differences.ts'
import { decisionFor, recordedMemory, recordedModel, recordedTools } from './recorded-world.ts'
import { type RecordedSteps, type Recording, stepsOf } from './recording.ts'
import { endDifferences } from './replay-run.ts'
import { taskAnswers } from './task-answers.ts'

export type Checked =
  | { readonly runId: string; readonly status: 'same'; readonly steps: number }
  | { readonly runId: string; readonly status: 'differs'; readonly difference: CheckDifference }
  /** Why nothing can be said of it. */
  | { readonly runId: string; readonly status: 'cannot'; readonly why: string }

interface CheckOptions {
  readonly allow: ReadonlySet<Allowed>
  /** For artifacts; emptied by whoever gives it. */
  readonly folder: string
}

export async function checkRun(recording: Recording, team: Team, options: CheckOptions): Promise<Checked> {
  const { run } = recording
  const { runId } = run
  try {
    const why = whyNot(recording, team)
    if (why !== undefined) return { runId, status: 'cannot', why }
    const steps = stepsOf(recording)
    const { difference, count } = await runNow(recording, team, steps, options)
    return difference === undefined ? { runId, status: 'same', steps: count } : { runId, status: 'differs', difference }
  } catch (error) {
    if (!(error instanceof RecordsCorrupt)) throw error
    return { runId, status: 'cannot', why: error.message }
  }
}

function whyNot({ run, rows, bodies }: Recording, team: Team): string | undefined {
  if (run.team !== team.name) return `it is a run of team ${run.team}; this one is ${team.name}`
  if (run.status !== 'succeeded' && run.status !== 'failed')
    return `it is ${run.status}: only a run that ended by itself goes the same way`
  if (run.execution > 1)
    return 'it was resumed after it had failed: which answers were given when depends on more than the team'
  if (run.origin !== undefined) return 'it is a fork: what it took over was not asked'
  if (rows.some(({ bodySha256 }) => bodySha256 !== undefined && bodies[bodySha256] === undefined)) {
    return 'content of it was erased'
  }
  return undefined
}

async function runNow(recording: Recording, team: Team, then: RecordedSteps, { allow, folder }: CheckOptions) {
  const { run } = recording
  const workflow = workflowNamed(team, run.workflow)
  if (workflow === undefined) {
    return {
      count: 0,
      difference: { what: 'workflow' as const, expected: run.workflow, came: 'the team has no such workflow' },
    }
  }
  let busy = 0
  const stores: Stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const { history } = stores
  const clock = virtualClock(() => busy === 0 && history.pending === 0, Date.parse(run.startedAt))
  try {
    let engine: Engine | undefined
    const invoke = invokerNow(recording, team, { stores, steps: then, tokens: () => engine as Engine })
    engine = createEngine({
      history,
      clock,
      random: () => 0,
      machine: (arn) => machineNow(run, team, arn),
      invokeFunction: async (...call) => {
        busy += 1
        try {
          return await invoke(...call)
        } finally {
          busy -= 1
        }
      },
    })
    const { done } = await engine.start({
      name: executionName(run.runId, run.execution),
      machineArn:
        run.lock.workflows[run.workflow]?.stateMachineArn ?? 'arn:aws:states:local:000000000000:stateMachine:check',
      definition: compileWorkflow(workflow).definition as unknown as Json,
      input: runInput(withAgentsOf(run, team)) as unknown as Json,
    })
    const result = await done
    const now = await stepsNow(run, stores)
    const [end] = endDifferences(run, result)
    const apart = firstDifference(then, now, allow)
    const ended = end && { what: 'output' as const, expected: end.expected, came: end.came }
    return { difference: apart ?? ended, count: now.size }
  } finally {
    stores.close()
  }
}

/** Agents that have come since are asked by the same names. */
function withAgentsOf(run: Run, team: Team): Run {
  const known = Object.values(run.lock.agents)[0]
  const added = team.agents.filter(({ name }) => run.lock.agents[name] === undefined)
  if (known === undefined || added.length === 0) return run
  const agents = Object.fromEntries(added.map(({ name }) => [name, { ...known, functionName: name }]))
  return { ...run, lock: { ...run.lock, agents: { ...run.lock.agents, ...agents } } }
}

function machineNow({ lock }: Run, team: Team, arn: string) {
  const name = Object.keys(lock.workflows).find((one) => lock.workflows[one]?.stateMachineArn === arn)
  const workflow = team.workflows.find((one) => one.name === name)
  return workflow && { arn, definition: compileWorkflow(workflow).definition as unknown as Json }
}

interface World {
  readonly stores: Stores
  readonly steps: RecordedSteps
  readonly tokens: () => Pick<Engine, 'sendTaskSuccess'>
}

function invokerNow(recording: Recording, team: Team, { stores, steps, tokens }: World): FunctionInvoker {
  const { run } = recording
  const clock = { now: () => new Date(run.startedAt), sleep: systemClock.sleep }
  const { records, journal, artifacts } = stores
  const agents = recordedTools(team, steps)
  const dependencies = {
    ...{ journal, artifacts, clock, records, agents },
    model: recordedModel(steps),
    random: () => 0,
    isCancelled: async () => false,
    priceOf: () => undefined,
    ledger: openEffectLedger({ records, clock, owner: { check: run.runId } }),
    mailboxes: openMailboxes({ records, clock }),
    state: openSharedState({ records, clock }),
    memory: recordedMemory(steps),
    readSecret: async () => 'not a secret: no tool runs',
  }
  const recordedAnswers = taskAnswers({ team, recording, steps, tokens })
  const asked = new Map<StepId, number>()

  async function control(task: ControlTask, payload: Json, call: Parameters<FunctionInvoker>[2]): Promise<Json> {
    if (task.task === 'decide') {
      return (await decideRule(task, { ...stores, team, clock, runs: { read: async () => run } })) as unknown as Json
    }
    if (task.task !== 'requestApproval') return recordedAnswers.invoke('control', payload, call)
    const { request, token } = task
    const nth = asked.get(request.stepId) ?? 0
    asked.set(request.stepId, nth + 1)
    const decision = decisionFor(request, nth, steps)
    if (decision !== undefined) setImmediate(() => tokens().sendTaskSuccess(token, decision as unknown as Json))
    return {}
  }

  return async (name, payload, call) => {
    const task = isJsonObject(payload) && 'task' in payload ? ControlTask.parse(payload) : undefined
    if (task !== undefined) return control(task, payload, call)
    if (isJsonObject(payload) && 'undo' in payload) return recordedAnswers.invoke(name, payload, call)
    return (await runStep(StepInput.parse(payload), dependencies)) as unknown as Json
  }
}

async function stepsNow({ runId }: Run, { journal }: Stores): Promise<RecordedSteps> {
  const found = new Map<StepId, RecordedSteps extends ReadonlyMap<StepId, infer R> ? R : never>()
  for await (const { stepId } of journal.listChains(runId)) {
    if (!found.has(stepId)) found.set(stepId, (await journal.readStep(runId, stepId)).records)
  }
  return found
}
