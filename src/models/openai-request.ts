/** Our request in the words of OpenAI's chat completions, as the servers that copy it understand them. */
import { assertNever } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { Message, ToolResultBlock, ToolUseBlock } from '../schema/message.ts'
import type { ModelRequest } from '../schema/model-call.ts'
import { argumentsToShow, resultToShow } from './answer.ts'

type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string | null; readonly tool_calls?: readonly ToolCall[] }

interface ToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

interface ChatTool {
  readonly type: 'function'
  readonly function: { readonly name: string; readonly description: string; readonly parameters: Json }
}

interface ChatCompletionRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
  readonly tool_choice?: 'auto' | 'required'
  readonly max_tokens?: number
  readonly max_completion_tokens?: number
  readonly temperature?: number
  readonly stream: false
}

/** OpenAI's newer models refuse `max_tokens`; the other servers know nothing else. */
const OPENAI_ITSELF = /^https:\/\/api\.openai\.com\//

export function toChatCompletion(request: ModelRequest, url: string): ChatCompletionRequest {
  const system: ChatMessage[] = request.system.trim() === '' ? [] : [{ role: 'system', content: request.system }]
  return {
    model: request.modelId,
    messages: [...system, ...request.messages.flatMap(toChatMessages)],
    ...toTools(request),
    ...(OPENAI_ITSELF.test(url) ? { max_completion_tokens: request.maxTokens } : { max_tokens: request.maxTokens }),
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    stream: false,
  }
}

/**
 * LM Studio and llama.cpp know no named tool choice. Offering that tool alone and requiring some tool says the same, and
 * every server understands it.
 */
function toTools({ tools, toolChoice }: ModelRequest): Pick<ChatCompletionRequest, 'tools' | 'tool_choice'> {
  const named = typeof toolChoice === 'object' ? tools.filter((tool) => tool.name === toolChoice.tool) : tools
  const offered = named.length > 0 ? named : tools
  if (offered.length === 0) return {}
  return {
    tools: offered.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    })),
    tool_choice: toolChoice === 'auto' ? 'auto' : 'required',
  }
}

function toChatMessages({ role, content }: Message): ChatMessage[] {
  const texts: string[] = []
  const calls: ToolCall[] = []
  const results: ChatMessage[] = []
  for (const block of content) {
    switch (block.type) {
      case 'text':
        if (block.text.trim() !== '') texts.push(block.text)
        break
      case 'toolUse':
        calls.push(toToolCall(block))
        break
      case 'toolResult':
        results.push(toToolMessage(block))
        break
      default:
        return assertNever(block)
    }
  }
  const text = texts.join('\n\n')
  if (role === 'assistant') {
    if (calls.length > 0) return [{ role, content: text === '' ? null : text, tool_calls: calls }]
    return [{ role, content: text === '' ? '(empty)' : text }]
  }
  /** A result must come right after the answer that asked for it: before what the user says besides. */
  if (text === '' && results.length > 0) return results
  return [...results, { role, content: text === '' ? '(empty)' : text }]
}

function toToolCall({ id, name, input }: ToolUseBlock): ToolCall {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(argumentsToShow(input)) } }
}

function toToolMessage({ toolUseId, status, content }: ToolResultBlock): ChatMessage {
  const text = resultToShow(content)
  return { role: 'tool', tool_call_id: toolUseId, content: status === 'error' ? `error: ${text}` : text }
}
