/** Tokens and dollars: what an answer used, and what all answers of a step used. */
import type { Usage } from '../schema/model-call.ts'
import type { StepUsage } from '../schema/step.ts'
import type { Price } from './ports.ts'

export const NO_USAGE: StepUsage = { turns: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }

export function inputTokensOf(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
}

/** Once a cost is unknown, so is the total. */
export function addTurn(total: StepUsage, usage: Usage, costUsd: number | null): StepUsage {
  return {
    ...total,
    turns: total.turns + 1,
    inputTokens: total.inputTokens + inputTokensOf(usage),
    outputTokens: total.outputTokens + usage.outputTokens,
    costUsd: total.costUsd === null || costUsd === null ? null : total.costUsd + costUsd,
  }
}

export function costOf(price: Price | undefined, usage: Usage): number | null {
  return price === undefined ? null : price.costUsd(usage)
}
