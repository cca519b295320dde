/** What a scripted reply becomes: a response or one of the port's errors. Which reply is due is src/models/scripted.ts. */
import type { BatonError } from '../errors.ts'
import { type ModelResponse, SUBMIT_OUTPUT_TOOL } from '../schema/model-call.ts'
import type { ModelCallOptions } from './model.ts'
import { modelFailure } from './model-failure.ts'
import type { ScriptedFailure, ScriptedReply } from './script.ts'

export const SCRIPTED_PROVIDER = 'scripted'
export const SCRIPTED_NOTICE = 'scripted reply: no language model answered'

export function responseOf(reply: ScriptedReply, modelId: string, turn: number): ModelResponse {
  const content: ModelResponse['content'] = []
  if (reply.text !== undefined) content.push({ type: 'text', text: reply.text })
  for (const { name, input, id } of reply.toolUses ?? []) {
    content.push({ type: 'toolUse', id: id ?? `use-${turn}-${content.length + 1}`, name, input })
  }
  if (reply.submit !== undefined) {
    const id = `use-${turn}-${content.length + 1}`
    content.push({ type: 'toolUse', id, name: SUBMIT_OUTPUT_TOOL, input: reply.submit })
  }
  const usesTools = reply.toolUses !== undefined || reply.submit !== undefined
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = reply.usage ?? {}
  return {
    provider: SCRIPTED_PROVIDER,
    modelId,
    content,
    stopReason: reply.stopReason ?? (usesTools ? 'toolUse' : 'endTurn'),
    usage: { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens },
    notice: SCRIPTED_NOTICE,
  }
}

export function failureOf(fail: ScriptedFailure, reply: ScriptedReply, options: ModelCallOptions): BatonError {
  return modelFailure(fail, {
    message: reply.message ?? `scripted failure "${fail}" (agent ${options.agent}, step ${options.stepId})`,
    next: 'The script says so: change the script if it should not.',
    retryAfterMs: reply.retryAfterMs,
  })
}
