/** Parses what a model adapter gave, which may be a user's own. Bounded work whatever it gives. */
import * as z from 'zod'
import { recordable } from '../audit/canonical.ts'
import { ModelGarbage } from '../errors.ts'
import { isJson } from '../schema/is-json.ts'
import type { Json } from '../schema/json.ts'
import { TextBlock } from '../schema/message.ts'
import { ModelResponse } from '../schema/model-call.ts'

/** Tool calls of one answer that are heeded. No sensible model asks for more at once. */
export const CALLS_PER_ANSWER = 64
const BLOCKS_PER_ANSWER = 1_000

/** Input is checked by `isJson`, many times faster than a recursive schema. */
const Response = ModelResponse.extend({
  content: z
    .array(
      z.discriminatedUnion('type', [
        TextBlock,
        z.strictObject({
          type: z.literal('toolUse'),
          id: z.string().min(1),
          name: z.string(),
          input: z.custom<Json>((value) => isJson(value), 'JSON is expected'),
        }),
      ]),
    )
    .max(BLOCKS_PER_ANSWER),
})

export interface ParsedResponse {
  readonly response: ModelResponse
  /** Tool calls beyond CALLS_PER_ANSWER. */
  readonly dropped: number
}

/** @throws ModelGarbage */
export function parseResponse(raw: unknown): ParsedResponse {
  const parsed = Response.safeParse(raw)
  if (!parsed.success) {
    throw new ModelGarbage({
      message: `the model adapter gave no valid answer:\n${z.prettifyError(parsed.error).slice(0, 1_000)}`,
      next: 'Check the adapter, or whether the endpoint speaks the protocol it is configured for.',
    })
  }
  return tidy({ ...parsed.data, content: recordable(parsed.data.content) as ModelResponse['content'] })
}

/** Tool uses get distinct ids, since a result is paired by id, and no more than are heeded. */
function tidy(response: ModelResponse): ParsedResponse {
  const ids = new Set<string>()
  let uses = 0
  const content = response.content.flatMap((block, index): ModelResponse['content'] => {
    if (block.type === 'text') return [block]
    uses += 1
    if (uses > CALLS_PER_ANSWER) return []
    const id = ids.has(block.id) ? `${block.id}_${index}` : block.id
    ids.add(id)
    return [id === block.id ? block : { ...block, id }]
  })
  return { response: { ...response, content }, dropped: Math.max(0, uses - CALLS_PER_ANSWER) }
}
