/** The tool calls of one answer: verdict, execution, row. Several at once; what is recorded is not run again. */

import type { Tool } from '../define/tool.ts'
import { sha256 } from '../schema/sha256.ts'
import { type Authorization, authorize, TOOL_CALL_LIMIT_RULE } from '../tools/authorize.ts'
import type { IdentifiedCall } from '../tools/call-id.ts'
import { type Executed, executeTool } from '../tools/execute.ts'
import { secretsFor } from '../tools/guard-secrets.ts'
import { UNPROVIDED } from '../tools/unprovided.ts'
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
    const late = checkTime(run)
    if (late !== undefined) return late
    await eachAtOnce(planned(run, left), CALLS_AT_ONCE, (plan) => runCall(run, turn, plan))
    if (isCancelled(run)) return runCancelled
  }
  if (state.turnsOverToolLimit.size < 2) return undefined
  return stopped(TOOL_CALL_LIMIT_RULE, `The agent went on calling tools after its ${agent.limits.toolCalls} calls.`)
}

function isCancelled({ dependencies, step }: StepRun): boolean {
  return dependencies.cancellation?.(step.runId)?.aborted === true
}

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

async function runCall(run: StepRun, turn: number, { call, authorization }: Plan): Promise<void> {
  const { callId, argumentsSha256, use } = call
  const { verdict } = authorization
  if (isCancelled(run)) return
  const executed =
    verdict.verdict === 'deny' ? denied(verdict.rule, verdict.reason) : await execute(run, call, authorization)
  // Not recorded: nobody knows what it did. A resumed run asks again, under the same callId.
  if (executed === undefined) return
  const { result, resultSha256 } = executed
  await run.record(
    {
      event: 'tool',
      turn,
      tool: { name: use.name.slice(0, 100), callId, ...(authorization.tool && { effect: authorization.tool.effect }) },
      hashes: { arguments: argumentsSha256, result: resultSha256 },
      status: verdict.verdict === 'deny' ? 'denied' : result.status,
      ...(verdict.verdict === 'deny' && { rule: verdict.rule }),
      ...(result.status === 'error' && { reason: `${result.name}: ${result.message}`.slice(0, REASON_CHARACTERS) }),
      ...(result.status === 'ok' && result.sources && { sources: result.sources }),
    },
    result,
  )
}

async function execute(
  run: StepRun,
  call: IdentifiedCall,
  authorization: Authorization,
): Promise<Executed | undefined> {
  if (authorization.verdict.verdict === 'deny') return denied(authorization.verdict.rule, authorization.verdict.reason)
  const { tool, input, settings } = authorization as Extract<Authorization, { input: unknown }>
  const { runId, stepId } = run.step
  const { callId } = call
  const { stepMs, functionMs } = timeLeft(run)
  const milliseconds = Math.max(1, Math.floor(Math.min(tool.timeoutSeconds * 1_000, stepMs, functionMs)))
  const { clock, cancellation, credentials, readSecret = UNPROVIDED.secret } = run.dependencies
  const secret = secretsFor(tool, readSecret)
  const context = { ...UNPROVIDED, runId, stepId, agent: run.agent.name, callId, settings, credentials, secret }
  const limits = { clock, milliseconds, cancellation: cancellation?.(runId) }
  return executeTool({ tool, input, context, ...limits, elsewhere: elsewhere(run, tool, call) })
}

function elsewhere({ agent, dependencies, step }: StepRun, tool: Tool, { callId, use }: IdentifiedCall) {
  const { runIsolated } = dependencies
  if (!tool.isolated || runIsolated === undefined) return undefined
  const { runId, stepId, settings } = step
  const context = { runId, stepId, agent: agent.name, callId, settings }
  return (signal: AbortSignal) => runIsolated({ tool: tool.name, input: use.input, context }, signal)
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
