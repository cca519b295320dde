/**
 * The tool calls of one answer: those that need nobody run first, several at once, then a person is asked about one
 * after the other. What is recorded is not run again.
 */
import type { Tool } from '../define/tool.ts'
import { READ_MESSAGES_TOOL, SEND_MESSAGE_TOOL } from '../schema/model-call.ts'
import type { ToolResult } from '../schema/tool-call.ts'
import { DELEGATION_RULE, TOOL_CALL_LIMIT_RULE } from '../tools/authorize.ts'
import type { IdentifiedCall } from '../tools/call-id.ts'
import { secretsFor } from '../tools/guard-secrets.ts'
import { type Performed, performCall } from '../tools/perform.ts'
import { askPerson, policyVersionOf } from './ask-person.ts'
import { brakeOf } from './brake-of.ts'
import { outOfTime, runCancelled, stopped } from './ending.ts'
import { guardCalls, guardResult } from './guard-calls.ts'
import { checkTime } from './limits.ts'
import { memoryCall, memoryWords } from './memory-calls.ts'
import { acknowledgeMessages, messageCall, messagesRead, messageWords } from './messages.ts'
import { type Plan, planCalls } from './plan-calls.ts'
import { callsAllowed } from './reserve-turn.ts'
import { stateCall, stateWords } from './state-calls.ts'
import type { Ending, StepRun } from './step-run.ts'
import { timeLeft } from './time-left.ts'

/** Tools of one answer that run at the same time. */
const CALLS_AT_ONCE = 8
/** Long enough for whoever took the step over to record something. */
const TAKEN_OVER_WAIT_MS = 5_000
const REASON_CHARACTERS = 200

export async function runCalls(
  run: StepRun,
  turn: number,
  calls: readonly IdentifiedCall[],
): Promise<Ending | undefined> {
  const { agent, dependencies, state, step } = run
  const left = calls.filter((call) => !state.open?.results.has(call.callId))
  if (left.length > 0) {
    if (await dependencies.isCancelled(step.runId)) return runCancelled
    const hindered = (await brakeOf(run)) ?? checkTime(run)
    if (hindered !== undefined) return hindered
    const allowed = await callsAllowed(run, turn, left.length)
    const plans = await guardCalls(run, turn, planCalls(run, { turn, calls: left, allowed }))
    if (plans.some(hasEffect) && (await run.isPassed())) return takenOver(run)
    const pause = await carryOut(run, turn, plans)
    if (pause !== undefined) return pause
  }
  if (state.history.isLoop)
    return stopped('loop', 'The agent went on with a call after it was told that it is in vain.')
  if (state.turnsOverToolLimit.size < 2) return undefined
  return stopped(TOOL_CALL_LIMIT_RULE, `The agent went on calling tools after its ${agent.limits.toolCalls} calls.`)
}

function hasEffect(plan: Plan): boolean {
  return plan.do === 'make' && plan.allowed.tool.effect !== 'read'
}

/** Whoever took the step over may have had another answer from the model: what this one asks for is not done. */
function takenOver({ dependencies: { clock } }: StepRun): Ending {
  const untilIso = new Date(clock.now().getTime() + TAKEN_OVER_WAIT_MS).toISOString()
  return { status: 'wait', untilIso, reason: 'another process has taken this step over' }
}

/** @returns why the step has to pause before all of it is done. */
async function carryOut(run: StepRun, turn: number, plans: readonly Plan[]): Promise<Ending | undefined> {
  const waits: Busy[] = []
  let isOutOfTime = false
  let done = 0
  const ready = plans.filter((plan) => plan.do !== 'ask')
  await eachAtOnce(messagesInOrder(ready), CALLS_AT_ONCE, (lane) => eachAtOnce(lane, 1, carry))
  async function carry(plan: Make | Tell): Promise<void> {
    if (isCancelled(run)) return
    isOutOfTime ||= plan.do === 'make' && isTooLate(run, plan.allowed.tool, done)
    if (isOutOfTime) return
    const performed = plan.do === 'make' ? await make(run, plan) : told(plan)
    if (performed.kind === 'busy') waits.push(performed)
    if (performed.kind === 'executed') await recordCall(run, turn, plan, await passedOn(run, turn, plan, performed))
    done += 1
  }
  if (isCancelled(run)) return runCancelled
  if (isOutOfTime) return outOfTime
  const [soonest] = waits.toSorted((one, other) => one.untilIso.localeCompare(other.untilIso))
  if (soonest !== undefined) return { status: 'wait', untilIso: soonest.untilIso, reason: soonest.reason }
  const next = plans.find((plan) => plan.do === 'ask')
  return next && askPerson(run, next.ask)
}

type Busy = Extract<Performed, { readonly kind: 'busy' }>
type Make = Extract<Plan, { readonly do: 'make' }>
type Tell = Extract<Plan, { readonly do: 'tell' }>

/** What an answer sends arrives in its order. */
function messagesInOrder(plans: readonly (Make | Tell)[]): readonly (readonly (Make | Tell)[])[] {
  const isSend = ({ call }: Make | Tell) => call.use.name === SEND_MESSAGE_TOOL
  return [plans.filter(isSend), ...plans.filter((plan) => !isSend(plan)).map((plan) => [plan])]
}

function isCancelled({ dependencies, step }: StepRun): boolean {
  return dependencies.cancellation?.(step.runId)?.aborted === true
}

/** A call that another invocation has the time for is not begun in one that may be killed before it ends. */
function isTooLate(run: StepRun, { timeoutSeconds }: Tool, done: number): boolean {
  const { stepMs, functionMs } = timeLeft(run)
  const hasBegun = done > 0 || run.state.usage.turns > run.turnsBefore
  return hasBegun && functionMs < Math.min(timeoutSeconds * 1_000, stepMs)
}

function told({ executed }: Tell): Performed {
  return { kind: 'executed', executed }
}

async function make(run: StepRun, { made, allowed }: Make): Promise<Performed> {
  const { tool, input, settings } = allowed
  const { runId, stepId } = run.step
  const { callId, argumentsSha256 } = made
  const { clock, cancellation, credentials, readSecret, ledger, takeCall } = run.dependencies
  const secret = secretsFor(tool, readSecret)
  return performCall({
    tool,
    input,
    argumentsSha256,
    context: { runId, stepId, agent: run.agent.name, callId, settings, stepInput: run.input, credentials, secret },
    clock,
    ...timeLeft(run),
    cancellation: cancellation?.(runId),
    elsewhere:
      messageCall(run, tool, made, input) ??
      stateCall(run, tool, made, input) ??
      memoryCall(run, tool, made, input) ??
      elsewhere(run, tool, made),
    ledger,
    takeCall,
  })
}

function elsewhere(
  { agent, dependencies, input: stepInput, step }: StepRun,
  tool: Tool,
  { callId, use }: IdentifiedCall,
) {
  const { runIsolated } = dependencies
  if (!tool.isolated || runIsolated === undefined) return undefined
  const { runId, stepId, settings } = step
  return (signal: AbortSignal, fence: number) => {
    const context = { runId, stepId, agent: agent.name, callId, settings, stepInput, ...(fence > 1 && { fence }) }
    return runIsolated({ tool: tool.name, input: use.input, context }, signal)
  }
}

/** Whether rules for its arguments, for its data or for who asks for it were held against the call. */
function isUnderPolicy({ agent }: StepRun, tool: Tool | undefined, rule: string | undefined): boolean {
  if (tool === undefined) return false
  return [tool.policy, tool.takes, agent.permissions?.[tool.name]].some(Boolean) || rule === DELEGATION_RULE
}

function wordsOn({ call: { use }, allowed }: Make, result: ToolResult): string | undefined {
  return messageWords(use.name, allowed.input, result) ?? stateWords(use.name, result) ?? memoryWords(use.name, result)
}

type Done = Extract<Performed, { readonly kind: 'executed' }>

async function passedOn(run: StepRun, turn: number, plan: Make | Tell, done: Done): Promise<Done> {
  if (plan.do === 'tell') return done
  return { ...done, executed: await guardResult(run, turn, plan.call.use.name, done.executed) }
}

/** Under the id of the call as the model made it; `edited` says that a person changed its arguments. */
async function recordCall(
  run: StepRun,
  turn: number,
  plan: Make | Tell,
  { executed: { result, resultSha256 }, effect }: Done,
): Promise<void> {
  const { call, decision } = plan
  const tool = plan.do === 'make' ? plan.allowed.tool : plan.tool
  const rule = plan.do === 'tell' ? plan.rule : decision && plan.allowed.verdict.rule
  const words = plan.do === 'make' ? wordsOn(plan, result) : undefined
  const edited = plan.do === 'make' && plan.made !== call ? plan.made.argumentsSha256 : undefined
  await run.record(
    {
      event: 'tool',
      turn,
      tool: { name: call.use.name.slice(0, 100), callId: call.callId, ...(tool && { effect: tool.effect }) },
      hashes: { arguments: call.argumentsSha256, ...(edited && { edited }), result: resultSha256 },
      status: plan.do === 'tell' ? plan.status : effect === 'unknown' ? effect : result.status,
      ...(rule !== undefined && { rule }),
      ...(decision && { approval: decision.approvalId }),
      ...((decision || isUnderPolicy(run, tool, rule)) && { policyVersion: policyVersionOf(run, tool?.name) }),
      ...(result.status === 'error' && { reason: `${result.name}: ${result.message}`.slice(0, REASON_CHARACTERS) }),
      ...(words !== undefined && { reason: words.slice(0, REASON_CHARACTERS) }),
      ...(result.status === 'ok' && result.sources && { sources: result.sources }),
    },
    result,
  )
  if (plan.do === 'make' && call.use.name === READ_MESSAGES_TOOL) {
    await acknowledgeMessages(run, messagesRead(call.use.name, result).ids)
  }
}

/** Finishes what was begun before it throws on the first failure. */
async function eachAtOnce<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const failures: unknown[] = []
  async function lane(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined && failures.length === 0; item = waiting.shift()) {
      await work(item).catch((error) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
  if (failures.length > 0) throw failures[0]
}
