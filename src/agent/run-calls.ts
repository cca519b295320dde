/** The tool calls of one answer: verdict, execution, row. Several at once; what is recorded is not run again. */

import type { Tool } from '../define/tool.ts'
import { sha256 } from '../schema/sha256.ts'
import { type Authorization, authorize, TOOL_CALL_LIMIT_RULE } from '../tools/authorize.ts'
import type { IdentifiedCall } from '../tools/call-id.ts'
import type { Executed } from '../tools/execute.ts'
import { secretsFor } from '../tools/guard-secrets.ts'
import { type Performed, performCall } from '../tools/perform.ts'
import { brakeOf } from './brake-of.ts'
import { runCancelled, stopped } from './ending.ts'
import { checkTime } from './limits.ts'
import type { Ending, StepRun } from './step-run.ts'
import { usedOf } from './step-state.ts'
import { timeLeft } from './time-left.ts'

/** Tools of one answer that run at the same time. */
const CALLS_AT_ONCE = 8
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
    const braked = await brakeOf(run)
    if (braked !== undefined) return braked
    const late = checkTime(run)
    if (late !== undefined) return late
    const waits: Busy[] = []
    await eachAtOnce(planned(run, left), CALLS_AT_ONCE, async (plan) => {
      const busy = await runCall(run, turn, plan)
      if (busy !== undefined) waits.push(busy)
    })
    if (isCancelled(run)) return runCancelled
    const [soonest] = waits.toSorted((one, other) => one.untilIso.localeCompare(other.untilIso))
    if (soonest !== undefined) return { status: 'wait', untilIso: soonest.untilIso, reason: soonest.reason }
  }
  if (state.turnsOverToolLimit.size < 2) return undefined
  return stopped(TOOL_CALL_LIMIT_RULE, `The agent went on calling tools after its ${agent.limits.toolCalls} calls.`)
}

function isCancelled({ dependencies, step }: StepRun): boolean {
  return dependencies.cancellation?.(step.runId)?.aborted === true
}

type Busy = Extract<Performed, { readonly kind: 'busy' }>

interface Plan {
  readonly call: IdentifiedCall
  readonly authorization: Authorization
}

/** Verdicts come one after the other, so that the count of calls is exact however many run at once. */
function planned({ agent, prompt, state, step }: StepRun, calls: readonly IdentifiedCall[]): Plan[] {
  let callsLeft = agent.limits.toolCalls - usedOf(state).toolCalls
  return calls.map((call) => {
    const { name, input } = call.use
    const authorization = authorize({ name, input, settings: step.settings, tools: prompt.tools, callsLeft })
    if (authorization.verdict.verdict === 'proceed') callsLeft -= 1
    return { call, authorization }
  })
}

/** @returns why the step has to wait before the call can be made. */
async function runCall(run: StepRun, turn: number, { call, authorization }: Plan): Promise<Busy | undefined> {
  const { callId, argumentsSha256, use } = call
  const { verdict } = authorization
  if (isCancelled(run)) return undefined
  const performed = await execute(run, call, authorization)
  if (performed.kind === 'busy') return performed
  // Not recorded: a resumed run asks again, under the same callId.
  if (performed.kind === 'cancelled') return undefined
  const { executed, effect } = performed
  const { result, resultSha256 } = executed
  await run.record(
    {
      event: 'tool',
      turn,
      tool: { name: use.name.slice(0, 100), callId, ...(authorization.tool && { effect: authorization.tool.effect }) },
      hashes: { arguments: argumentsSha256, result: resultSha256 },
      status: verdict.verdict === 'deny' ? 'denied' : effect === 'unknown' ? effect : result.status,
      ...(verdict.verdict === 'deny' && { rule: verdict.rule }),
      ...(result.status === 'error' && { reason: `${result.name}: ${result.message}`.slice(0, REASON_CHARACTERS) }),
      ...(result.status === 'ok' && result.sources && { sources: result.sources }),
    },
    result,
  )
  return undefined
}

async function execute(run: StepRun, call: IdentifiedCall, authorization: Authorization): Promise<Performed> {
  if (authorization.verdict.verdict === 'deny') {
    return { kind: 'executed', executed: denied(authorization.verdict.rule, authorization.verdict.reason) }
  }
  const { tool, input, settings } = authorization as Extract<Authorization, { input: unknown }>
  const { runId, stepId } = run.step
  const { callId, argumentsSha256 } = call
  const { stepMs, functionMs } = timeLeft(run)
  const { clock, cancellation, credentials, readSecret, ledger, takeCall } = run.dependencies
  const secret = secretsFor(tool, readSecret)
  return performCall({
    tool,
    input,
    argumentsSha256,
    context: { runId, stepId, agent: run.agent.name, callId, settings, credentials, secret },
    clock,
    stepMs,
    functionMs,
    cancellation: cancellation?.(runId),
    elsewhere: elsewhere(run, tool, call),
    ledger,
    takeCall,
  })
}

function elsewhere({ agent, dependencies, step }: StepRun, tool: Tool, { callId, use }: IdentifiedCall) {
  const { runIsolated } = dependencies
  if (!tool.isolated || runIsolated === undefined) return undefined
  const { runId, stepId, settings } = step
  return (signal: AbortSignal, fence: number) => {
    const context = { runId, stepId, agent: agent.name, callId, settings, ...(fence > 1 && { fence }) }
    return runIsolated({ tool: tool.name, input: use.input, context }, signal)
  }
}

function denied(rule: string, reason: string): Executed {
  return { result: { status: 'error', name: rule, message: reason }, resultSha256: sha256(`${rule}: ${reason}`) }
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
