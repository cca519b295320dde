/** A recorded answer of a model, and what there is to do about it. Pure: the same row reads the same after a crash. */
import * as z from 'zod'
import type { Json } from '../schema/json.ts'
import { type Message, TextBlock, ToolUseBlock } from '../schema/message.ts'
import { ModelStopReason, SUBMIT_OUTPUT_TOOL } from '../schema/model-call.ts'
import { parseJson } from '../schema/parse-json.ts'
import { type IdentifiedCall, identifyCalls } from '../tools/call-id.ts'

/** Body of a `turn` row. */
export const TurnBody = z.strictObject({
  content: z.array(z.discriminatedUnion('type', [TextBlock, ToolUseBlock])),
  stopReason: ModelStopReason,
  notice: z.string().optional(),
})
export type TurnBody = z.infer<typeof TurnBody>

export type Answer =
  | { readonly kind: 'filtered' }
  /** The model ran into its token limit: what it asked for is not whole. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'calls'; readonly calls: readonly IdentifiedCall[]; readonly submitted: boolean }
  /** `candidates`: what the output may be, likeliest first. */
  | { readonly kind: 'output'; readonly candidates: readonly Json[] }

interface Place {
  readonly runId: string
  readonly stepId: string
  readonly turn: number
}

export function readAnswer(
  place: Place,
  { content, stopReason }: TurnBody,
  unwrapOutput: (input: Json) => Json,
): Answer {
  if (stopReason === 'contentFiltered') return { kind: 'filtered' }
  if (stopReason === 'maxTokens') return { kind: 'cut' }
  const submission = submissionIn(content)
  const others = content.filter((block) => block.type === 'toolUse' && block.name !== SUBMIT_OUTPUT_TOOL)
  if (others.length > 0) {
    return {
      kind: 'calls',
      calls: identifyCalls(place, others as ToolUseBlock[]),
      submitted: submission !== undefined,
    }
  }
  if (submission !== undefined) return { kind: 'output', candidates: [unwrapOutput(submission.input)] }
  return { kind: 'output', candidates: textCandidates(textOf(content)) }
}

/** The one submission of an answer that is nothing else. */
export function loneSubmission({ content, stopReason }: TurnBody): ToolUseBlock | undefined {
  const isWhole = stopReason !== 'contentFiltered' && stopReason !== 'maxTokens'
  return isWhole && content.every((block) => block.type === 'text' || block.name === SUBMIT_OUTPUT_TOOL)
    ? submissionIn(content)
    : undefined
}

function submissionIn(content: TurnBody['content']): ToolUseBlock | undefined {
  return content.find((block) => block.type === 'toolUse' && block.name === SUBMIT_OUTPUT_TOOL) as
    | ToolUseBlock
    | undefined
}

/** The answer as the model is shown it again. Providers refuse blank texts and empty messages. */
export function answerMessage({ content }: TurnBody): Message {
  const shown = content.filter((block) => block.type === 'toolUse' || block.text.trim() !== '')
  return { role: 'assistant', content: shown.length > 0 ? shown : [{ type: 'text', text: '(no answer)' }] }
}

function textOf(content: TurnBody['content']): string {
  return content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('')
    .trim()
}

const FENCED = /```(?:json)?\s*\n([\s\S]*?)\n?\s*```/

/** A model without tool use answers in text: JSON, perhaps fenced, or just words where the schema is a string. */
function textCandidates(text: string): Json[] {
  if (text === '') return []
  const parsed = [text, FENCED.exec(text)?.[1]].flatMap((candidate) => {
    if (candidate === undefined) return []
    const json = parseJson(candidate)
    return json.ok ? [json.value] : []
  })
  return [...parsed, text]
}
