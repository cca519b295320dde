/** The hop between an agent and a model, in both directions. */
import * as z from 'zod'
import { JsonObject } from './json.ts'
import { Message, TextBlock, ToolUseBlock } from './message.ts'

/** The tool by which an agent hands in its output: its input schema is the agent's output schema. */
export const SUBMIT_OUTPUT_TOOL = 'submit_output'

/** The tool by which an agent that may ask a person does so. */
export const ASK_PERSON_TOOL = 'ask_person'

/** The tools by which an agent that may send or receive messages does so. */
export const SEND_MESSAGE_TOOL = 'send_message'
export const READ_MESSAGES_TOOL = 'read_messages'

/** The tools by which an agent reads and changes the state that it shares with others. */
export const READ_STATE_TOOL = 'read_state'
export const UPDATE_STATE_TOOL = 'update_state'

/** The tools by which an agent searches and adds to what its team remembers. */
export const SEARCH_MEMORY_TOOL = 'search_memory'
export const REMEMBER_TOOL = 'remember'

/** Calls of one model for one answer. Each fallback gets as many. */
export const MODEL_TRIES = 4

/** A tool as a model sees it. */
export const ToolSpec = z.strictObject({
  name: z.string().min(1),
  description: z.string(),
  inputSchema: JsonObject,
})
export type ToolSpec = z.infer<typeof ToolSpec>

export const ModelRequest = z.strictObject({
  /** The provider's own model id, e.g. `anthropic.claude-sonnet-4-5-20250929-v1:0`. */
  modelId: z.string().min(1),
  system: z.string(),
  messages: z.array(Message).min(1),
  tools: z.array(ToolSpec),
  /** `any`: some tool must be called; `{ tool }`: this one. Adapters whose provider cannot force it fall back to `auto`. */
  toolChoice: z.union([z.literal('auto'), z.literal('any'), z.strictObject({ tool: z.string() })]),
  /** Tokens the answer may have at most. */
  maxTokens: z.int().positive(),
  temperature: z.number().min(0).max(2).optional(),
})
export type ModelRequest = z.infer<typeof ModelRequest>

/** Tokens, as the provider counted them. `inputTokens` excludes what was read from or written to the prompt cache. */
export const Usage = z.strictObject({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  cacheReadTokens: z.int().nonnegative(),
  cacheWriteTokens: z.int().nonnegative(),
})
export type Usage = z.infer<typeof Usage>

export const ModelStopReason = z.enum(['endTurn', 'toolUse', 'maxTokens', 'stopSequence', 'contentFiltered'])
export type ModelStopReason = z.infer<typeof ModelStopReason>

export const ModelResponse = z.strictObject({
  /** Which adapter answered: `bedrock`, `openai`, `scripted`, `offline`. */
  provider: z.string().min(1),
  modelId: z.string().min(1),
  content: z.array(z.discriminatedUnion('type', [TextBlock, ToolUseBlock])),
  stopReason: ModelStopReason,
  usage: Usage,
  /** What a reader must be told about this answer, e.g. that no language model made it. Kept with the record. */
  notice: z.string().optional(),
})
export type ModelResponse = z.infer<typeof ModelResponse>
