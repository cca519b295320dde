/**
 * Stands for every function of a team in a run that is run again: each answers what is recorded. Asks no model, calls no tool,
 * writes nothing. What it was asked is kept, so that it can be held against what was asked then.
 */
import { promptOf } from '../agent/prompt.ts'
import { resolveReferences } from '../agent/resolve-references.ts'
import { undoCallId, undoChain } from '../agent/undo-call.ts'
import { jsonSha256 } from '../audit/canonical.ts'
import type { Agent } from '../define/agent.ts'
import { underContract } from '../define/contract.ts'
import type { Team } from '../define/team.ts'
import type { Engine } from '../engine/engine.ts'
import { merged } from '../engine/host-forks.ts'
import type { FunctionInvoker } from '../engine/integrations/function-invoker.ts'
import { ServiceError } from '../engine/state-error.ts'
import { assertNever, ignoreNotFound, NotFound } from '../errors.ts'
import type { JournalRecord } from '../records/journal-item.ts'
import { ControlTask, type RuleResult, type UndoCall, UndoInput } from '../schema/control-task.ts'
import { AgentName, type RunId, type Sha256, type StepId, ToolName } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { Reference, StepInput, type StepResult } from '../schema/step.ts'
import type { StepContract } from '../schema/step-contract.ts'
import { decisionIn, type RecordedAnswer, ruleAnswer, stepAnswers, undoAnswer } from './recorded-answers.ts'
import type { RecordedSteps, Recording } from './recording.ts'

export interface TaskAnswersOptions {
  readonly team: Team
  readonly recording: Recording
  readonly steps: RecordedSteps
  /** Steps that get no answer: what does not follow from them goes on. @default none */
  readonly withheld?: ReadonlySet<StepId> | undefined
  /** Told once when the time of a withheld step is up: what would happen then never happened, and is not asked. */
  readonly onOver?: (() => void) | undefined
  /** Ends when it is the turn of what was answered at this instant (ISO-8601). @default at once */
  readonly turn?: ((at: string, signal?: AbortSignal) => Promise<void>) | undefined
  readonly tokens: () => Pick<Engine, 'sendTaskSuccess'>
}

/** What the machine asked of a step now, and by its record then. Hashes. */
export interface AskedStep {
  readonly stepId: StepId
  readonly kind: 'agent' | 'rule' | 'people'
  /** Of an agent's step. */
  readonly agent?: string | undefined
  readonly contract?: StepContract | undefined
  /** Absent: what it refers to is not in the record. */
  readonly input?: Sha256 | undefined
  /** Absent: it is not recorded that anything was asked. */
  readonly recorded?: Sha256 | undefined
}

export interface TaskAnswers {
  readonly invoke: FunctionInvoker
  /** Of each step, once. */
  readonly asked: ReadonlyMap<StepId, AskedStep>
  /** Asked for, and nothing is recorded that could be answered; why. */
  readonly missing: ReadonlyMap<StepId, string>
}

export function taskAnswers(options: TaskAnswersOptions): TaskAnswers {
  const { team, recording, steps, withheld = new Set(), onOver, turn = async () => {}, tokens } = options
  const { run, requests, failures, artifacts } = recording
  const { execution } = run
  const asked = new Map<StepId, AskedStep>()
  const missing = new Map<StepId, string>()
  const answersOf = new Map<StepId, { readonly answers: readonly RecordedAnswer<StepResult>[]; given: number }>()
  const recordsOf = (stepId: StepId) => steps.get(stepId) ?? []

  let isOver = false

  function note(step: Omit<AskedStep, 'recorded'>, name: 'input' | 'subject'): void {
    const { stepId, input } = step
    if (isOver || asked.has(stepId)) return
    const recorded = input && recordedHash(recordsOf(stepId), execution, name)
    asked.set(stepId, { ...step, ...(recorded !== undefined && { recorded }) })
  }

  /** Nothing more happens in this branch but what its time limits do. */
  function never(stepId: StepId, why: string | undefined, signal: AbortSignal): Promise<never> {
    if (why !== undefined && !missing.has(stepId)) missing.set(stepId, why)
    return new Promise((_, reject) => {
      const end = () => {
        if (withheld.has(stepId)) over()
        reject(signal.reason)
      }
      if (signal.aborted) end()
      signal.addEventListener('abort', end, { once: true })
    })
  }

  function over(): void {
    if (!isOver) onOver?.()
    isOver = true
  }

  async function step(payload: Json, signal: AbortSignal): Promise<Json> {
    const { stepId, agent: name, contract, ...given } = StepInput.parse(payload)
    const input = await tried(stepId, given.input)
    note(
      {
        stepId,
        kind: 'agent',
        agent: name,
        contract,
        input: input === undefined ? input : sha256(JSON.stringify(input)),
      },
      'input',
    )
    if (withheld.has(stepId)) return never(stepId, undefined, signal)
    const agent = team.agents.find((one) => one.name === name)
    if (agent === undefined) return never(stepId, `the team has no agent ${name}`, signal)
    const known = answersOf.get(stepId) ?? {
      answers: read(stepId, contract ? underContract(agent, contract) : agent),
      given: 0,
    }
    answersOf.set(stepId, known)
    const recorded = known.answers[Math.min(known.given, known.answers.length - 1)]
    known.given += 1
    return answered(stepId, recorded, signal)
  }

  /** What was answered, or thrown in its place, when it is its turn. */
  async function answered(
    stepId: StepId,
    recorded: RecordedAnswer<StepResult | RuleResult> | undefined,
    signal: AbortSignal,
  ): Promise<Json> {
    const failure = recorded === undefined ? failures.find((one) => one.stepId === stepId) : undefined
    const at = recorded?.at ?? failure?.at
    if (at !== undefined) await turn(at, signal)
    if (recorded !== undefined) return recorded.answer as unknown as Json
    if (failure !== undefined) throw new ServiceError(failure.error, failure.cause)
    return never(stepId, 'no answer of it is recorded', signal)
  }

  function read(stepId: StepId, agent: Agent): readonly RecordedAnswer<StepResult>[] {
    try {
      return stepAnswers(recordsOf(stepId), { execution, prompt: promptOf(agent), requests })
    } catch (error) {
      if (!(error instanceof NotFound)) throw error
      missing.set(stepId, error.message)
      return []
    }
  }

  async function control(task: ControlTask, signal: AbortSignal): Promise<Json> {
    switch (task.task) {
      case 'requestApproval': {
        const { stepId, approvalId } = task.request
        await decide(task.token, stepId, approvalId)
        return {}
      }
      case 'requestDecision':
        note({ stepId: task.stepId, kind: 'people', input: jsonSha256(task.input) }, 'subject')
        if (!withheld.has(task.stepId)) await decide(task.token, task.stepId)
        return {}
      case 'expireApproval': {
        const decision = decisionIn(recordsOf(task.stepId), { approvalId: task.approvalId, execution })
        if (withheld.has(task.stepId)) over()
        if (isOver) return never(task.stepId, undefined, signal)
        if (decision === undefined) return never(task.stepId, 'no decision is recorded', signal)
        return decision as unknown as Json
      }
      case 'decide': {
        note({ stepId: task.stepId, kind: 'rule', input: await ruleInput(task.input) }, 'input')
        if (withheld.has(task.stepId)) return never(task.stepId, undefined, signal)
        return answered(task.stepId, ruleAnswer(recordsOf(task.stepId)), signal)
      }
      case 'listUndo':
        return { calls: undone(task) as unknown as Json }
      default:
        return assertNever(task)
    }
  }

  /** One that expired is not sent: the machine's own time limit comes to it. */
  async function decide(token: string, stepId: StepId, approvalId?: string): Promise<void> {
    const decision = decisionIn(recordsOf(stepId), { approvalId, execution })
    if (decision === undefined || decision.expired) return
    setImmediate(() => {
      turn(decision.at)
        .then(() => tokens().sendTaskSuccess(token, decision as unknown as Json))
        .catch(ignoreNotFound)
    })
  }

  /** As a fork changed it. */
  async function tried(stepId: StepId, input: Json): Promise<Json | undefined> {
    const { origin } = run
    if (origin?.set.input === undefined || origin.stepId !== stepId) return input
    const reference = Reference.safeParse(input)
    const whole = reference.success ? artifacts[reference.data.$ref.slice('sha256:'.length)] : input
    return whole === undefined ? undefined : merged(whole, origin.set.input)
  }

  async function ruleInput(input: Json): Promise<Sha256 | undefined> {
    const stored = {
      get: async (_runId: RunId, { $ref }: { readonly $ref: string }) => {
        const content = artifacts[$ref.slice('sha256:'.length)]
        if (content === undefined) throw new NotFound({ message: `artifact ${$ref} is not in the record`, next: '' })
        return content
      },
      put: () => Promise.reject(new TypeError('nothing is written')),
    }
    return resolveReferences(input, run.runId, stored).then(jsonSha256, ignoreNotFound)
  }

  /** As they were taken back, one after the other. */
  function undone({ settings }: { readonly settings: UndoCall['settings'] }): UndoCall[] {
    const rows = [...steps.values()].flat().filter(({ row }) => row.rule === 'undo')
    const inOrder = rows.toSorted((a, b) => a.row.at.localeCompare(b.row.at))
    const calls = inOrder.flatMap(({ row }) => {
      const stepId = row.stepId.slice(0, row.stepId.length - undoChain('' as StepId).length) as StepId
      const actor = recordsOf(row.stepId).find((one) => one.row.attempt === row.attempt)?.row.actor
      const callId = row.hashes?.['call']
      if (actor === undefined || callId === undefined || row.tool?.callId !== undoCallId(callId)) return []
      const [agent, tool] = [AgentName.parse(actor.agent), ToolName.parse(row.tool.name)]
      return [{ runId: run.runId, execution, stepId, agent, tool, callId, settings }]
    })
    const seen = new Set<string>()
    return calls.filter(({ callId }) => !seen.has(callId) && seen.add(callId))
  }

  function undo(payload: Json, signal: AbortSignal): Promise<Json> {
    const call = UndoInput.parse(payload).undo
    const result = undoAnswer(recordsOf(undoChain(call.stepId)), call)
    if (result !== undefined) return Promise.resolve(result as unknown as Json)
    return never(call.stepId, `it is not recorded that call ${call.callId} was taken back`, signal)
  }

  return {
    asked,
    missing,
    invoke: async (_name, payload, { signal }) => {
      const task = isJsonObject(payload) && 'task' in payload ? ControlTask.parse(payload) : undefined
      if (task !== undefined) return control(task, signal)
      return isJsonObject(payload) && 'undo' in payload ? undo(payload, signal) : step(payload, signal)
    },
  }
}

/** Of this execution where it was asked in it; else of the one in which it finished. */
function recordedHash(records: readonly JournalRecord[], execution: number, name: string): Sha256 | undefined {
  const attempts = new Map(records.map(({ row }) => [row.attempt, row.execution] as const).filter(([, one]) => one))
  const having = records.filter(({ row }) => row.hashes?.[name] !== undefined)
  const isNow = ({ row }: JournalRecord) => attempts.get(row.attempt) === execution
  return (having.findLast(isNow) ?? having.at(-1))?.row.hashes?.[name]
}
