/**
 * How many tokens the next request has at most, for a budget that must hold. No tokenizer that a model here uses
 * makes more tokens than there are bytes, as each token stands for one at least; where the same model has just told
 * how many it read and wrote, only what has come since is counted by bytes.
 */
import { candidatesOf } from './candidates.ts'
import type { StepRun } from './step-run.ts'

/** What a provider may put around a request with tools: some hundreds of tokens at those that say so. */
const AROUND_REQUEST_TOKENS = 1_000
/** And around each message. */
const AROUND_MESSAGE_TOKENS = 32

export function inputTokensAtMost(run: StepRun): number {
  const { agent, dependencies, prompt, state } = run
  const { messages } = state.conversation
  const all =
    Buffer.byteLength(prompt.system) +
    bytesOf(prompt.specs) +
    bytesOf(messages) +
    AROUND_REQUEST_TOKENS +
    AROUND_MESSAGE_TOKENS * messages.length
  const { lastTurn } = state
  const candidates = candidatesOf(agent, dependencies.model, state.limits.degraded)
  // Another model counts otherwise.
  if (lastTurn === undefined || candidates.some((id) => id !== lastTurn.modelId)) return all
  return Math.min(all, lastTurn.tokens + bytesOf(messages.at(-1) ?? null) + 2 * AROUND_MESSAGE_TOKENS)
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
