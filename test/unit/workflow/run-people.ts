/** Runs compiled workflows on the engine, with agents, people and what is undone as functions of the test. */
import type { Team } from '../../../src/define/team.ts'
import { createEngine, type Engine, type ExecutionResult } from '../../../src/engine/engine.ts'
import { openHistory } from '../../../src/engine/history-store.ts'
import { FunctionError } from '../../../src/engine/state-error.ts'
import { NotFound } from '../../../src/errors.ts'
import { type ApprovalDecision, ApprovalPolicy } from '../../../src/schema/approval.ts'
import { ControlTask, type UndoCall, UndoInput } from '../../../src/schema/control-task.ts'
import type { Json } from '../../../src/schema/json.ts'
import { StepInput, type StepResult } from '../../../src/schema/step.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { compile } from '../../../src/workflow/compile.ts'
import { rulesHere } from './decide-here.ts'

type Asked = Extract<ControlTask, { readonly task: 'requestApproval' | 'requestDecision' }>
type Given = Partial<ApprovalDecision>

export interface People {
  readonly step: (input: StepInput) => StepResult | Error
  /** What somebody decides; 'nobody': it expires; 'cancel': the run is cancelled then. */
  readonly decide?: (asked: Asked) => Given | 'nobody' | 'cancel'
  readonly expire?: (task: Extract<ControlTask, { readonly task: 'expireApproval' }>) => Given
  /** The effects there are, latest first. */
  readonly effects?: (task: Extract<ControlTask, { readonly task: 'listUndo' }>) => readonly Pick<UndoCall, 'stepId'>[]
  readonly undo?: (call: UndoCall) => Json | Error
}

export interface PeopleRun {
  readonly result: ExecutionResult
  /** Of a failed run: its cause, parsed. */
  readonly cause: { readonly reason?: string; readonly next?: string; readonly [key: string]: Json | undefined }
  readonly tasks: readonly ControlTask[]
  readonly undone: readonly string[]
  readonly inputs: readonly StepInput[]
}

export const APPROVAL_ID = `a-${'0'.repeat(32)}`
const usage = { turns: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }
const arnOf = (name: string) => `arn:aws:states:eu-west-1:000000000000:stateMachine:${name}`

/** A step's answer that it asks. */
export function asks(input: StepInput, subject: Json = {}): StepResult {
  const subjectSha256 = '0'.repeat(64) as never
  const [requestedAt, expiresAt] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']
  const policy = ApprovalPolicy.parse({})
  const { runId, stepId, agent } = input
  const of = { approvalId: APPROVAL_ID, kind: 'question', runId, stepId, agent, summary: 'May I?' } as const
  const request = { ...of, subject, subjectSha256, policy, requestedAt, expiresAt }
  return { status: 'approval', request, seconds: 86_400, usage }
}

export async function runPeople(team: Team, name: string, input: Json, people: People): Promise<PeopleRun> {
  const machines = compile(team)
  const [tasks, undone, inputs]: [ControlTask[], string[], StepInput[]] = [[], [], []]
  const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  let answering = 0

  function decisionOf(given: Given): Json {
    const base = { approvalId: APPROVAL_ID, subjectSha256: '0'.repeat(64), outcome: 'approved', by: ['ann'] }
    return { ...base, at: '2026-01-01T00:00:00Z', expired: false, ...given } as unknown as Json
  }

  async function answer(task: Asked): Promise<void> {
    const given = people.decide?.(task) ?? {}
    if (given === 'nobody') return
    answering += 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    if (given === 'cancel') await engine.failWaiting('run-1.1', { error: 'Stopped.cancelled', cause: 'cancelled' })
    else await engine.sendTaskSuccess(task.token, decisionOf(given)).catch(unlessLate)
    answering -= 1
  }

  async function control(payload: Json): Promise<Json> {
    const task = ControlTask.parse(payload)
    tasks.push(task)
    if (task.task === 'decide') return decide(payload)
    if (task.task === 'expireApproval')
      return decisionOf({ outcome: 'denied', by: [], expired: true, ...people.expire?.(task) })
    if (task.task === 'listUndo') return { calls: (people.effects?.(task) ?? []) as unknown as Json[] }
    void answer(task)
    return null
  }

  function agent(payload: Json): Json {
    const undo = UndoInput.safeParse(payload)
    const answered = undo.success
      ? (people.undo?.(undo.data.undo) ?? { status: 'undone' })
      : people.step(StepInput.parse(payload))
    if (undo.success) undone.push(undo.data.undo.stepId)
    else inputs.push(StepInput.parse(payload))
    if (answered instanceof Error) throw new FunctionError(answered.name, answered.message)
    return answered as unknown as Json
  }

  const clock = virtualClock(() => history.pending === 0 && answering === 0, Date.parse('2026-01-01T00:00:00Z'))
  const decide = rulesHere(team, clock)
  const engine: Engine = createEngine({
    history,
    clock,
    random: () => 0.5,
    machine: (arn) => {
      const machine = machines.get(arn.slice(arn.lastIndexOf(':') + 1))
      return machine && { arn, definition: machine.definition as unknown as Json }
    },
    invokeFunction: async (functionName, payload) => (functionName === 'control' ? control(payload) : agent(payload)),
  })
  const { done } = await engine.start({
    name: 'run-1.1',
    machineArn: arnOf(name),
    definition: machines.get(name)?.definition as unknown as Json,
    input: { run: { id: 'run-1', execution: 1, path: '', lock: lockOf(team), settings: {} }, input },
  })
  const result = await done
  const cause = result.status === 'SUCCEEDED' ? '{}' : (result.cause ?? '{}')
  return { result, cause: cause.startsWith('{') ? JSON.parse(cause) : { reason: cause }, tasks, undone, inputs }
}

/** Of two who are asked at once, a denial by one ends the wait for the other. */
function unlessLate(error: unknown): void {
  if (!(error instanceof NotFound)) throw error
}

function lockOf(team: Team): Json {
  return {
    control: { functionName: 'control' },
    agents: Object.fromEntries(
      team.agents.map(({ name, version, sha256 }) => [name, { functionName: name, version, sha256 }]),
    ),
    workflows: Object.fromEntries(
      team.workflows.map(({ name, version, sha256 }) => [name, { stateMachineArn: arnOf(name), version, sha256 }]),
    ),
  }
}
