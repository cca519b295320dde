/** A chat completion in our words. Servers differ in what they leave out, so little is required and all is checked. */
import * as z from 'zod'
import { ModelGarbage } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { ModelResponse, ModelStopReason, Usage } from '../schema/model-call.ts'
import { boundedArguments, completeAnswer } from './answer.ts'

export const OPENAI_PROVIDER = 'openai'

const Tokens = z.int().nonnegative()

const ToolCall = z.object({
  id: z.string().nullish(),
  function: z.object({
    name: z.string(),
    /** Text by the book; some servers give the object itself. */
    arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  }),
})

const ChatCompletion = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish(),
          refusal: z.string().nullish(),
          tool_calls: z.array(ToolCall).nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: Tokens,
      completion_tokens: Tokens,
      prompt_tokens_details: z.object({ cached_tokens: Tokens.nullish() }).nullish(),
    })
    .nullish(),
})

const STOP_REASONS: Readonly<Record<string, ModelStopReason>> = {
  stop: 'endTurn',
  tool_calls: 'toolUse',
  function_call: 'toolUse',
  length: 'maxTokens',
  content_filter: 'contentFiltered',
}

/** @throws ModelGarbage where the text is no chat completion. */
export function fromChatCompletion(text: string, modelId: string, turn: number): ModelResponse {
  const { choices, usage } = parse(text, modelId)
  const [choice] = choices
  if (choice === undefined) throw garbage(modelId, 'no choices', text)
  const { message, finish_reason: finishReason } = choice
  const refused = typeof message.refusal === 'string' && message.refusal !== ''
  const stopReason = refused ? 'contentFiltered' : STOP_REASONS[finishReason ?? '']
  return completeAnswer({
    provider: OPENAI_PROVIDER,
    modelId,
    content: [
      ...toText(message.content).map((part) => ({ type: 'text' as const, text: part })),
      ...(refused ? [{ type: 'text' as const, text: message.refusal ?? '' }] : []),
      ...(message.tool_calls ?? []).map((call, index) => toToolUse(call, turn, index)),
    ],
    stopReason,
    usage: toUsage(usage),
    notices: [
      ...(usage ? [] : ['the server counted no tokens: they are recorded as 0']),
      ...(stopReason !== undefined || !finishReason ? [] : [`unknown finish_reason ${JSON.stringify(finishReason)}`]),
    ],
  })
}

function parse(text: string, modelId: string): z.infer<typeof ChatCompletion> {
  try {
    return ChatCompletion.parse(JSON.parse(text))
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    throw garbage(modelId, detail, text, error)
  }
}

function toText(content: string | readonly { readonly text?: string | undefined }[] | null | undefined): string[] {
  if (content === null || content === undefined) return []
  return typeof content === 'string' ? [content] : content.flatMap((part) => part.text ?? [])
}

/** Text that is no JSON stays text: the loop then tells the model that its arguments were wrong. */
function toToolUse(call: z.infer<typeof ToolCall>, turn: number, index: number): ModelResponse['content'][number] {
  const { name, arguments: given } = call.function
  /** llama.cpp leaves the id empty at times. */
  const id = call.id || `call-${turn}-${index + 1}`
  return { type: 'toolUse', id, name, input: boundedArguments(typeof given === 'string' ? read(given) : toJson(given)) }
}

function read(text: string): Json {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function toJson(given: Readonly<Record<string, unknown>> | null | undefined): Json {
  return (given ?? {}) as Json
}

/** OpenAI counts cached tokens among the prompt's; ours are counted apart. */
function toUsage(usage: z.infer<typeof ChatCompletion>['usage']): Usage {
  const cacheReadTokens = Math.min(usage?.prompt_tokens_details?.cached_tokens ?? 0, usage?.prompt_tokens ?? 0)
  return {
    inputTokens: (usage?.prompt_tokens ?? 0) - cacheReadTokens,
    outputTokens: usage?.completion_tokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens: 0,
  }
}

function garbage(modelId: string, detail: string, text: string, cause?: unknown): ModelGarbage {
  return new ModelGarbage({
    message: `openai model ${modelId} answered with something that is no chat completion: ${detail}; it began with ${JSON.stringify(text.slice(0, 80))}`,
    next: 'Try again. If it stays so, check that the URL is that of a chat completions server, e.g. http://localhost:11434/v1.',
    cause,
  })
}
