/** What a model of ours answers, or throws, in Bedrock's words. Which model that is, is the endpoint's business. */
import { type BatonError, RetryableError } from '../errors.ts'
import { NOTICE_FIELD } from '../models/bedrock-response.ts'
import type { ModelResponse, ModelStopReason } from '../schema/model-call.ts'
import { type ConverseAnswer, converseError, converseReply } from './converse-server.ts'

const STOP_REASONS: Readonly<Record<ModelStopReason, string>> = {
  endTurn: 'end_turn',
  toolUse: 'tool_use',
  maxTokens: 'max_tokens',
  stopSequence: 'stop_sequence',
  contentFiltered: 'content_filtered',
}

/** The notice goes with it, so that whoever reads the answer knows that no language model made it. */
export function toConverseAnswer({ content, stopReason, usage, notice }: ModelResponse): ConverseAnswer {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  return converseReply(
    content.map((block) =>
      block.type === 'text'
        ? { text: block.text }
        : { toolUse: { toolUseId: block.id, name: block.name, input: block.input } },
    ),
    {
      stopReason: STOP_REASONS[stopReason],
      usage: {
        ...{ inputTokens, outputTokens },
        ...(cacheReadTokens > 0 && { cacheReadInputTokens: cacheReadTokens }),
        ...(cacheWriteTokens > 0 && { cacheWriteInputTokens: cacheWriteTokens }),
      },
      ...(notice !== undefined && { additionalModelResponseFields: { [NOTICE_FIELD]: notice } }),
    },
  )
}

type Refusal = readonly [status: number, name: string]

const REFUSALS: Readonly<Record<string, Refusal>> = {
  RetryableModelThrottled: [429, 'ThrottlingException'],
  RetryableModelTimedOut: [408, 'ModelTimeoutException'],
  RetryableModelUnavailable: [503, 'ServiceUnavailableException'],
  ModelAccessDenied: [403, 'AccessDeniedException'],
  ModelRejectedRequest: [400, 'ValidationException'],
  ScriptExhausted: [400, 'ValidationException'],
}

export function toConverseError(error: BatonError): ConverseAnswer {
  if (error.name === 'RetryableModelGarbage') return { body: GARBAGE }
  const [status, name] = REFUSALS[error.name] ?? [500, 'InternalServerException']
  const seconds = error instanceof RetryableError ? error.retryAfterMs : undefined
  const headers = seconds === undefined ? {} : { 'retry-after': String(Math.ceil(seconds / 1_000)) }
  return converseError(status, name, `${error.message} ${error.next}`, headers)
}

/** What a proxy in between says. */
export const GARBAGE = '<html><body>502 Bad Gateway</body></html>'
