/** What an agent and a model say to each other: the one shape that every model adapter translates from and to. */
import * as z from 'zod'
import { Json } from './json.ts'

export const TextBlock = z.strictObject({ type: z.literal('text'), text: z.string() })

/** A model's wish to call a tool. `name` is what the model said, known or not; `input` is unchecked. */
export const ToolUseBlock = z.strictObject({
  type: z.literal('toolUse'),
  id: z.string().min(1),
  name: z.string(),
  input: Json,
})
export type ToolUseBlock = z.infer<typeof ToolUseBlock>

export const ToolResultBlock = z.strictObject({
  type: z.literal('toolResult'),
  toolUseId: z.string().min(1),
  status: z.enum(['ok', 'error']),
  content: Json,
})
export type ToolResultBlock = z.infer<typeof ToolResultBlock>

export const ContentBlock = z.discriminatedUnion('type', [TextBlock, ToolUseBlock, ToolResultBlock])
export type ContentBlock = z.infer<typeof ContentBlock>

export const Message = z.strictObject({
  role: z.enum(['user', 'assistant']),
  content: z.array(ContentBlock).min(1),
})
export type Message = z.infer<typeof Message>
