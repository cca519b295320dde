/** One answer of the model, from the limits before it to the row that records it. What to do about it comes after. */
import type { JsonObject } from '../schema/json.ts'
import { type ModelResponse, SUBMIT_OUTPUT_TOOL } from '../schema/model-call.ts'
import { callModel } from './call-model.ts'
import { outcomeOfTurn } from './finish-step.ts'
import { type GuardedAnswer, guardAnswer, guardPrompt } from './guard-model.ts'
import { checkLimits } from './limits.ts'
import { CALLS_PER_ANSWER } from './model-response.ts'
import type { Ending, StepRun } from './step-run.ts'
import { type StepRow, usedOf } from './step-state.ts'
import { trimContext } from './trim-context.ts'
import type { TurnBody } from './turn-answer.ts'
import { addTurn, costOf } from './usage.ts'

export async function takeTurn(run: StepRun): Promise<Ending | undefined> {
  const { agent, prompt, state } = run
  const turn = state.usage.turns + 1
  await fitContext(run, turn)
  const withheld = await guardPrompt(run, turn)
  if (withheld !== undefined) return withheld
  const allowance = await checkLimits(run, turn)
  if (!allowance.allowed) return allowance.ending
  const answer = await callModel(
    run,
    {
      system: prompt.system,
      messages: [...state.conversation.messages],
      tools: [...prompt.specs],
      toolChoice: mustSubmit(run, allowance.toolCalls) ? { tool: SUBMIT_OUTPUT_TOOL } : 'auto',
      maxTokens: allowance.maxTokens,
      ...(agent.model.temperature !== undefined && { temperature: agent.model.temperature }),
    },
    turn,
  )
  if (answer.kind === 'ended') return answer.ending
  if (answer.dropped > 0) {
    const reason = `${answer.dropped} tool calls beyond the ${CALLS_PER_ANSWER} that one answer may make were left out`
    await run.record({ event: 'decision', turn, rule: 'callsPerAnswer', reason })
  }
  const guarded = await guardAnswer(run, turn, answer.response.content)
  return recordTurn(run, turn, answer.response, guarded, allowance.maxTokens)
}

async function fitContext({ agent, state, record }: StepRun, turn: number): Promise<void> {
  const before = state.conversation.tokens
  const trimmed = trimContext(state.conversation, agent.limits.contextTokens)
  if (trimmed === 0) return
  const reason = `${trimmed} tool results cut: about ${before} tokens → ${state.conversation.tokens}`
  await record({ event: 'decision', turn, rule: 'contextTokens', reason })
}

/** Where no tool can or may be called any more, or an answer in words was no output, the model is held to its output. */
function mustSubmit({ agent, prompt, state }: StepRun, callsAllowed: number): boolean {
  const used = usedOf(state)
  const saidWords =
    state.conversation.messages.length > 1 && state.conversation.messages.at(-1)?.content[0]?.type === 'text'
  return (
    saidWords ||
    state.limits.finishing ||
    callsAllowed === 0 ||
    prompt.tools.size === 0 ||
    used.turns + 1 >= agent.limits.turns ||
    used.toolCalls >= agent.limits.toolCalls
  )
}

/** With the outcome, where nothing lies between the two: one append less, and no crash comes between them. */
async function recordTurn(
  run: StepRun,
  turn: number,
  response: ModelResponse,
  { content, before, after }: GuardedAnswer,
  maxTokens: number,
): Promise<Ending | undefined> {
  const { agent, dependencies, state } = run
  const { provider, modelId, usage, notice } = response
  // What was withheld counts as said, so that the model hears why.
  const stopReason = after.length > 0 ? 'endTurn' : response.stopReason
  const parameters: JsonObject = {
    maxTokens,
    ...(agent.model.temperature !== undefined && { temperature: agent.model.temperature }),
  }
  const costUsd = costOf(dependencies.priceOf(provider, modelId), usage)
  const row: StepRow = {
    event: 'turn',
    turn,
    model: { provider, id: modelId, parameters },
    usage,
    costUsd,
    hashes: { prompt: state.conversation.sha256 },
    status: stopReason,
  }
  const body: TurnBody = { content, stopReason, ...(notice !== undefined && { notice }) }
  const used = addTurn(state.usage, usage, costUsd)
  const outcome = after.length > 0 ? undefined : outcomeOfTurn(run, turn, body, used)
  await run.recordAll([...before, { row, body }, ...after, ...(outcome === undefined ? [] : [outcome])])
  return outcome && { status: 'recorded', result: outcome.result }
}
