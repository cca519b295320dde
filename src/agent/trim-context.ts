/** Brings a conversation under its limit by cutting tool results: older ones first, never the task, never a pairing. */
import type { Json } from '../schema/json.ts'
import type { Message, ToolResultBlock } from '../schema/message.ts'
import { CHARACTERS_PER_TOKEN, type Conversation } from './conversation.ts'

export const TRIMMED_RESULT = '[removed to fit the context; call the tool again if it is needed]'

/** What is left of each of the newest results when even they are too long, in characters, at least. */
const SHORTEST_CUT = 200

/** @returns how many tool results were removed or cut. The conversation may still be over the limit afterwards. */
export function trimContext(conversation: Conversation, limitTokens: number): number {
  const last = conversation.messages.length - 1
  let trimmed = 0
  for (let index = 1; index < last && conversation.tokens > limitTokens; index += 1) {
    trimmed += replaceResults(conversation, index, () => TRIMMED_RESULT)
  }
  if (conversation.tokens <= limitTokens || last < 1) return trimmed
  return trimmed + cutNewest(conversation, last, limitTokens)
}

/** The model has not seen the newest results yet, so each keeps its beginning. */
function cutNewest(conversation: Conversation, index: number, limitTokens: number): number {
  const results = conversation.messages[index]?.content.filter((block) => block.type === 'toolResult') ?? []
  const whole = results.reduce((sum, block) => sum + textOf(block.content).length, 0)
  const allowed = whole - (conversation.tokens - limitTokens) * CHARACTERS_PER_TOKEN
  const each = Math.max(SHORTEST_CUT, Math.floor(allowed / results.length) - TRIMMED_RESULT.length - 2)
  return replaceResults(conversation, index, (content) => {
    const text = textOf(content)
    return text.length <= each + TRIMMED_RESULT.length
      ? content
      : `${text.slice(0, each).toWellFormed()} ${TRIMMED_RESULT}`
  })
}

function replaceResults(conversation: Conversation, index: number, shorten: (content: Json) => Json): number {
  const message = conversation.messages[index]
  if (message === undefined || message.role !== 'user') return 0
  let replaced = 0
  const content = message.content.map((block) => {
    if (block.type !== 'toolResult') return block
    const shorter = shorten(block.content)
    if (shorter === block.content || textOf(shorter).length >= textOf(block.content).length) return block
    replaced += 1
    return { ...block, content: shorter } satisfies ToolResultBlock
  })
  if (replaced > 0) conversation.replace(index, { ...message, content } satisfies Message)
  return replaced
}

function textOf(content: Json): string {
  return typeof content === 'string' ? content : JSON.stringify(content)
}
