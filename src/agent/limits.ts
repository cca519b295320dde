/**
 * The bounds of a step, checked before each model call, so that they hold rather than being found broken afterwards.
 */
import { candidatesOf } from './candidates.ts'
import { outOfTime, runCancelled, stopped } from './ending.ts'
import { applyPolicy, policyOf } from './limit-policy.ts'
import type { LimitName } from './limit-state.ts'
import type { Price } from './ports.ts'
import { reserveTurn } from './reserve-turn.ts'
import type { Ending, StepRun } from './step-run.ts'
import { usedOf } from './step-state.ts'
import { timeLeft } from './time-left.ts'

export type Allowance =
  | {
      readonly allowed: true
      /** Tokens the next answer may have. */
      readonly maxTokens: number
      /** Tool calls that the budgets above the step allow the next answer. */
      readonly toolCalls: number
    }
  | { readonly allowed: false; readonly ending: Ending }

/** How the step's own limits stand before a turn. */
type Standing =
  | { readonly kind: 'ended'; readonly ending: Ending }
  | { readonly kind: 'crossed'; readonly limit: LimitName; readonly ending: Extract<Ending, { status: 'stopped' }> }
  | {
      readonly kind: 'free'
      readonly maxTokens: number
      /** What makes the answer shorter than it might be. */
      readonly near?: LimitName | undefined
      /** What leaves no room for another answer after this one. */
      readonly last?: LimitName | undefined
    }

/** An answer shorter than this is of no use. */
const SHORTEST_ANSWER_TOKENS = 16
/** A turn is not begun in an invocation that has done one already, with less than this left of it. */
const TURN_RESERVE_MS = 30_000
/** Of `limits.seconds`, kept for the last answer where the policy is `finish`. */
const LAST_ANSWER_SHARE = 1 / 4
/** Each limit may lead to each policy once before the turn. */
const ROUNDS = 16

export async function checkLimits(run: StepRun, turn: number): Promise<Allowance> {
  const { dependencies, step, state } = run
  if (await dependencies.isCancelled(step.runId)) return refuse(runCancelled)
  for (let round = 1; round <= ROUNDS; round += 1) {
    const standing = standingOf(run)
    if (standing.kind === 'ended') return refuse(standing.ending)
    if (standing.kind === 'crossed') {
      const ending = await applyPolicy(run, turn, standing)
      if (ending !== undefined) return refuse(ending)
      continue
    }
    const { near, last, maxTokens } = standing
    if (near !== undefined && policyOf(run, near) === 'degrade' && !state.limits.degraded) {
      await applyPolicy(run, turn, { limit: near, ending: stopped('tokenLimit', `limits.${near} is near`) })
      continue
    }
    if (last !== undefined && policyOf(run, last) === 'finish' && !state.limits.finishing) {
      await applyPolicy(run, turn, { limit: last, ending: stopped('tokenLimit', `limits.${last} is near`) })
    }
    const budget = await run.budget()
    if (budget === undefined) return { allowed: true, maxTokens, toolCalls: Number.POSITIVE_INFINITY }
    const keepsLast = policyOf(run, 'budget') === 'finish' && !state.limits.finishing
    const reserved = await reserveTurn(run, budget, { turn, maxTokens, keepsLast })
    if (reserved.kind === 'granted') return { allowed: true, maxTokens, toolCalls: reserved.toolCalls }
    if (reserved.kind === 'unpriced') return refuse(reserved.ending)
    const ending = await applyPolicy(run, turn, { limit: 'budget', ending: reserved.ending })
    if (ending !== undefined) return refuse(ending)
  }
  return refuse(stopped('turnLimit', `The limits of the step did not come to rest in ${ROUNDS} rounds.`))
}

function standingOf(run: StepRun): Standing {
  const { agent, state } = run
  const { limits } = agent
  const used = usedOf(state)
  if (used.turns >= limits.turns) {
    const text = `No output after ${limits.turns} turns, the most the agent may take.`
    return { kind: 'crossed', limit: 'turns', ending: stopped('turnLimit', text) }
  }
  const late = checkTime(run)
  if (late !== undefined) return { kind: 'ended', ending: late }
  // Without a person to ask, the model is held to its output.
  if (used.toolCalls >= limits.toolCalls && agent.tools.length > 0 && policyOf(run, 'toolCalls') === 'ask') {
    const text = `${used.toolCalls} tool calls are made; the limit is ${limits.toolCalls}.`
    return { kind: 'crossed', limit: 'toolCalls', ending: stopped('toolCallLimit', text) }
  }
  const standing = allowTokens(run)
  if (standing.kind !== 'free') return standing
  return { ...standing, last: lastByCount(run) ?? standing.last }
}

function lastByCount(run: StepRun): LimitName | undefined {
  const { limits } = run.agent
  const used = usedOf(run.state)
  if (used.turns + 1 >= limits.turns && policyOf(run, 'turns') === 'finish') return 'turns'
  if (used.toolCalls >= limits.toolCalls && policyOf(run, 'toolCalls') === 'finish') return 'toolCalls'
  const isLate = timeLeft(run).stepMs <= limits.seconds * 1_000 * LAST_ANSWER_SHARE
  return isLate && policyOf(run, 'seconds') === 'finish' ? 'seconds' : undefined
}

export function checkTime(run: StepRun): Ending | undefined {
  const { stepMs, functionMs } = timeLeft(run)
  if (stepMs <= 0) return stopped('timeLimit', `No output within ${run.agent.limits.seconds} s.`)
  const begun = run.state.usage.turns > run.turnsBefore
  if (functionMs <= (begun ? TURN_RESERVE_MS : 0)) return outOfTime
  return undefined
}

function allowTokens(run: StepRun): Standing {
  const { agent, state } = run
  const { limits, model } = agent
  const next = state.conversation.tokens
  if (next > limits.contextTokens) {
    const text = `The next request would have about ${next} tokens, more than limits.contextTokens (${limits.contextTokens}), and nothing more can be cut from it.`
    return { kind: 'ended', ending: stopped('tokenLimit', text) }
  }
  const used = usedOf(state).tokens
  const left = limits.tokens - used - next
  if (left < SHORTEST_ANSWER_TOKENS) {
    const text = `${used} tokens are used and the next request would have about ${next}; the limit is ${limits.tokens}.`
    return { kind: 'crossed', limit: 'tokens', ending: stopped('tokenLimit', text) }
  }
  const leftUsd = limits.costUsd - state.knownCostUsd
  const affordable = affordableTokens(run, next, leftUsd)
  if (affordable < SHORTEST_ANSWER_TOKENS) {
    const text = `$${state.knownCostUsd.toFixed(4)} are spent; another turn would pass the limit of $${limits.costUsd}.`
    return { kind: 'crossed', limit: 'costUsd', ending: stopped('costLimit', text) }
  }
  const maxTokens = Math.floor(Math.min(model.maxTokens, left, affordable))
  const near = affordable < model.maxTokens ? 'costUsd' : left < model.maxTokens ? 'tokens' : undefined
  return { kind: 'free', maxTokens, near, last: lastByTokens(run, maxTokens, left, leftUsd) }
}

/** After this answer, there may come a request that holds it as well, and an answer as long. */
function lastByTokens(run: StepRun, maxTokens: number, left: number, leftUsd: number): LimitName | undefined {
  const after = run.state.conversation.tokens + maxTokens
  if (policyOf(run, 'tokens') === 'finish' && left < maxTokens + after + maxTokens) return 'tokens'
  const inputTokens = run.state.conversation.tokens + after
  const isLast = affordableTokens(run, inputTokens, leftUsd) < 2 * maxTokens
  return isLast && policyOf(run, 'costUsd') === 'finish' ? 'costUsd' : undefined
}

/** How long an answer may be for the money that is left, by the dearest model that may come to give it. */
function affordableTokens({ agent, dependencies, state }: StepRun, inputTokens: number, leftUsd: number): number {
  const tokens = candidatesOf(agent, dependencies.model, state.limits.degraded).map((id) => {
    const price = dependencies.priceOf(dependencies.model.provider, id)
    return price === undefined ? Number.POSITIVE_INFINITY : tokensFor(price, inputTokens, leftUsd)
  })
  return Math.min(...tokens)
}

/** After what the request itself costs. */
function tokensFor(price: Price, inputTokens: number, leftUsd: number): number {
  const usage = { inputTokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }
  const requestUsd = price.costUsd(usage)
  const perThousandUsd = price.costUsd({ ...usage, outputTokens: 1_000 }) - requestUsd
  if (requestUsd > leftUsd) return 0
  return perThousandUsd <= 0 ? Number.POSITIVE_INFINITY : ((leftUsd - requestUsd) / perThousandUsd) * 1_000
}

function refuse(ending: Ending): Allowance {
  return { allowed: false, ending }
}
