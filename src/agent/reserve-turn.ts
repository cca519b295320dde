/** Sets aside in the budgets above a step what its next turn may take at most, and settles what it has taken. */
import type { Refusal, StepBudget } from '../budget/budgets.ts'
import { amountOf } from '../budget/units.ts'
import type { Amount } from '../schema/budget.ts'
import { candidatesOf } from './candidates.ts'
import { stopped } from './ending.ts'
import { inputTokensAtMost } from './input-bound.ts'
import { CALLS_PER_ANSWER } from './model-response.ts'
import type { Price } from './ports.ts'
import type { Ending, StepRun } from './step-run.ts'
import { usedOf } from './step-state.ts'

export type TurnReserved =
  | { readonly kind: 'granted'; readonly toolCalls: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly ending: Extract<Ending, { status: 'stopped' }> }
  /** It cannot be known what it may take. */
  | { readonly kind: 'unpriced'; readonly ending: Extract<Ending, { status: 'stopped' }> }

/** @param keepsLast Whether one more answer must be possible after it. */
export async function reserveTurn(
  run: StepRun,
  budget: StepBudget,
  { turn, maxTokens, keepsLast }: { readonly turn: number; readonly maxTokens: number; readonly keepsLast: boolean },
): Promise<TurnReserved> {
  const { agent, dependencies, state } = run
  const inputTokens = inputTokensAtMost(run)
  const prices = candidatesOf(agent, dependencies.model, state.limits.degraded).map((id) => ({
    id,
    price: dependencies.priceOf(dependencies.model.provider, id),
  }))
  const unknown = prices.find(({ price }) => price === undefined)
  if (unknown !== undefined && budget.limited.has('costUsd')) return { kind: 'unpriced', ending: unpriced(unknown.id) }
  const most: Amount = {
    costUsd: Math.max(...prices.map(({ price }) => (price === undefined ? 0 : dearest(price, inputTokens, maxTokens)))),
    tokens: inputTokens + maxTokens,
    turns: 1,
    toolCalls: state.limits.finishing ? 0 : Math.min(CALLS_PER_ANSWER, callsLeft(run)),
  }
  const keep = keepsLast ? { ...most, toolCalls: 0 } : undefined
  const reserved = await budget.reserve(turn, most, amountOf(state.spent), keep)
  if (reserved.granted) return { kind: 'granted', toolCalls: reserved.toolCalls }
  return { kind: 'refused', refusal: reserved, ending: usedUp(reserved) }
}

/** Of an answer's tool calls that are still to be made. */
export async function callsAllowed(run: StepRun, turn: number, count: number): Promise<number> {
  const budget = await run.budget()
  return budget === undefined ? count : budget.callsOf(turn, count, amountOf(run.state.spent))
}

/** At the end of an invocation, however it ends: what it holds and does not need, others may have. */
export async function closeStepBudget(run: StepRun): Promise<void> {
  const budget = await run.budget()
  await budget?.close(amountOf(run.state.spent))
}

/** Input may be billed as what it is or as what is put into a cache. */
function dearest(price: Price, inputTokens: number, outputTokens: number): number {
  const usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens }
  return Math.max(price.costUsd({ ...usage, inputTokens }), price.costUsd({ ...usage, cacheWriteTokens: inputTokens }))
}

function callsLeft({ agent, prompt, state }: StepRun): number {
  return prompt.tools.size === 0 ? 0 : Math.max(0, agent.limits.toolCalls - usedOf(state).toolCalls)
}

function usedUp({ counted, level, left, limit }: Refusal) {
  const text = `The budget of the ${level} is used up: of ${counted} ${limit}, ${Number(left.toFixed(6))} is left for this step, too little for another turn at most.`
  return stopped('budget', text)
}

function unpriced(modelId: string) {
  return stopped(
    'budget',
    `The price of ${modelId} is not known, so that a budget in dollars cannot be held with it.`,
    'Give the price in a file (BATON_PRICES), or limit tokens and turns in place of dollars.',
  )
}
