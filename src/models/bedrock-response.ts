/** A Converse answer in our words. The SDK checks nothing of it, so everything is checked here. */
import * as z from 'zod'
import { ModelGarbage } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { ModelResponse, ModelStopReason } from '../schema/model-call.ts'
import { boundedArguments, completeAnswer } from './answer.ts'

export const BEDROCK_PROVIDER = 'bedrock'

/** The field in which an endpoint that is no Bedrock says what answered, in `additionalModelResponseFields`. */
export const NOTICE_FIELD = 'batonNotice'

const Tokens = z.int().nonnegative()

const ToolUse = z.object({ toolUseId: z.string().min(1), name: z.string(), input: z.unknown() })

const ConverseAnswer = z.object({
  output: z.object({
    message: z.object({
      /** Loose: reasoning, citations and what is yet to be invented are nothing that the loop acts on. */
      content: z.array(z.looseObject({ text: z.string().optional(), toolUse: ToolUse.optional() })),
    }),
  }),
  stopReason: z.string(),
  usage: z.object({
    inputTokens: Tokens,
    outputTokens: Tokens,
    cacheReadInputTokens: Tokens.optional(),
    cacheWriteInputTokens: Tokens.optional(),
  }),
  additionalModelResponseFields: z
    .looseObject({ [NOTICE_FIELD]: z.string().optional() })
    .nullish()
    .catch(undefined),
})

const STOP_REASONS: Readonly<Record<string, ModelStopReason>> = {
  end_turn: 'endTurn',
  tool_use: 'toolUse',
  max_tokens: 'maxTokens',
  model_context_window_exceeded: 'maxTokens',
  stop_sequence: 'stopSequence',
  guardrail_intervened: 'contentFiltered',
  content_filtered: 'contentFiltered',
}

/** The model said something that Bedrock itself could not read. */
const MALFORMED = new Set(['malformed_model_output', 'malformed_tool_use'])

/** @throws ModelGarbage where the answer lacks what every answer has. */
export function fromConverse(value: unknown, modelId: string): ModelResponse {
  const parsed = ConverseAnswer.safeParse(value)
  if (!parsed.success) throw garbage(modelId, z.prettifyError(parsed.error), parsed.error)
  const { output, stopReason, usage, additionalModelResponseFields: more } = parsed.data
  if (MALFORMED.has(stopReason)) throw garbage(modelId, `Bedrock reports ${stopReason}`)
  const known = STOP_REASONS[stopReason]
  return completeAnswer({
    provider: BEDROCK_PROVIDER,
    modelId,
    content: output.message.content.flatMap(toContent),
    stopReason: known,
    usage: {
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cacheReadTokens: usage.cacheReadInputTokens ?? 0,
      cacheWriteTokens: usage.cacheWriteInputTokens ?? 0,
    },
    notices: [
      ...(more?.[NOTICE_FIELD] === undefined ? [] : [more[NOTICE_FIELD]]),
      ...(known === undefined ? [`Bedrock gave the unknown stop reason ${JSON.stringify(stopReason)}`] : []),
    ],
  })
}

type Block = z.infer<typeof ConverseAnswer>['output']['message']['content'][number]

function toContent({ text, toolUse }: Block): ModelResponse['content'] {
  if (text !== undefined) return [{ type: 'text', text }]
  if (toolUse === undefined) return []
  const { toolUseId, name, input = {} } = toolUse
  return [{ type: 'toolUse', id: toolUseId, name, input: boundedArguments(input as Json) }]
}

function garbage(modelId: string, detail: string, cause?: unknown): ModelGarbage {
  return new ModelGarbage({
    message: `bedrock model ${modelId} answered with something that is no Converse answer: ${detail}`,
    next: 'Try again. If it stays so, check that the endpoint is Bedrock, or name another model.',
    cause,
  })
}
