/** The synthetic tool by which an agent asks a person. Nobody runs it: what the person says is its result. */
import * as z from 'zod'
import { defineTool } from '../define/tool.ts'
import type { JsonObject } from '../schema/json.ts'
import { ASK_PERSON_TOOL } from '../schema/model-call.ts'

export const Question = z.strictObject({
  question: z.string().min(1).max(4_000).describe('All that the person must know to answer, and what you ask'),
  options: z.array(z.string().min(1).max(200)).min(2).max(10).optional().describe('Answers to choose from, if so'),
})
export type Question = z.infer<typeof Question>

export const questionTool = defineTool({
  name: ASK_PERSON_TOOL,
  description:
    'Asks a person and gives their answer, which may take days. Ask only what you can neither find out nor decide.',
  input: Question,
  output: z.unknown(),
  effect: 'read',
  approval: { when: 'always' },
  run: async () => Promise.reject(new TypeError('a question is answered by a person')),
})

/** JSON Schema of the answer. */
export function answerSchemaOf({ options }: Question): JsonObject {
  return { type: 'string', ...(options !== undefined && { enum: options }) }
}
