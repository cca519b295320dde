/** The bounds of a step, checked before each model call, so that they hold rather than being found broken afterwards. */

import { candidatesOf } from './candidates.ts'
import { outOfTime, runCancelled, stopped } from './ending.ts'
import type { Price } from './ports.ts'
import type { Ending, StepRun } from './step-run.ts'
import { usedOf } from './step-state.ts'
import { timeLeft } from './time-left.ts'

export type Allowance =
  | {
      readonly allowed: true
      /** Tokens the next answer may have. */
      readonly maxTokens: number
    }
  | { readonly allowed: false; readonly ending: Ending }

/** An answer shorter than this is of no use. */
const SHORTEST_ANSWER_TOKENS = 16
/** A turn is not begun in an invocation that has done one already, with less than this left of it. */
const TURN_RESERVE_MS = 30_000

export async function checkLimits(run: StepRun): Promise<Allowance> {
  const { agent, dependencies, state, step } = run
  const { limits } = agent
  if (await dependencies.isCancelled(step.runId)) return refuse(runCancelled)
  if (usedOf(state).turns >= limits.turns) {
    return refuse(stopped('turnLimit', `No output after ${limits.turns} turns, the most the agent may take.`))
  }
  const late = checkTime(run)
  if (late !== undefined) return refuse(late)
  return allowTokens(run)
}

export function checkTime(run: StepRun): Ending | undefined {
  const { stepMs, functionMs } = timeLeft(run)
  if (stepMs <= 0) return stopped('timeLimit', `No output within ${run.agent.limits.seconds} s.`)
  const begun = run.state.usage.turns > run.turnsBefore
  if (functionMs <= (begun ? TURN_RESERVE_MS : 0)) return outOfTime
  return undefined
}

function allowTokens(run: StepRun): Allowance {
  const { agent, state } = run
  const { limits, model } = agent
  const next = state.conversation.tokens
  if (next > limits.contextTokens) {
    const text = `The next request would have about ${next} tokens, more than limits.contextTokens (${limits.contextTokens}), and nothing more can be cut from it.`
    return refuse(stopped('tokenLimit', text))
  }
  const used = usedOf(state).tokens
  const left = limits.tokens - used - next
  if (left < SHORTEST_ANSWER_TOKENS) {
    const text = `${used} tokens are used and the next request would have about ${next}; the limit is ${limits.tokens}.`
    return refuse(stopped('tokenLimit', text))
  }
  const affordable = affordableTokens(run, next, limits.costUsd - state.knownCostUsd)
  if (affordable < SHORTEST_ANSWER_TOKENS) {
    const text = `$${state.knownCostUsd.toFixed(4)} are spent; another turn would pass the limit of $${limits.costUsd}.`
    return refuse(stopped('costLimit', text))
  }
  return { allowed: true, maxTokens: Math.floor(Math.min(model.maxTokens, left, affordable)) }
}

/** How long an answer may be for the money that is left, by the dearest model that may come to give it. */
function affordableTokens({ agent, dependencies }: StepRun, inputTokens: number, leftUsd: number): number {
  const tokens = candidatesOf(agent, dependencies.model).map((id) => {
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
