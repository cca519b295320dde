/** A Converse request in our words: what src/models/bedrock-request.ts does, the other way round. Answers nothing. */
import * as z from 'zod'
import { assertNever } from '../errors.ts'
import { isJsonObject, Json, JsonObject } from '../schema/json.ts'
import type { ContentBlock } from '../schema/message.ts'
import type { ModelRequest } from '../schema/model-call.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { ConverseCall } from './converse-server.ts'

const Text = z.strictObject({ text: z.string() })
const ToolUse = z.strictObject({
  toolUse: z.strictObject({ toolUseId: z.string().min(1), name: z.string(), input: Json }),
})
const ToolResult = z.strictObject({
  toolResult: z.strictObject({
    toolUseId: z.string().min(1),
    content: z.array(z.union([Text, z.strictObject({ json: Json })])).min(1),
    status: z.enum(['success', 'error']).optional(),
  }),
})
const Nothing = z.strictObject({})

const ConverseBody = z.object({
  system: z.array(Text).optional(),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(['user', 'assistant']),
        content: z.array(z.union([Text, ToolUse, ToolResult])).min(1),
      }),
    )
    .min(1),
  toolConfig: z
    .object({
      tools: z.array(
        z.object({
          toolSpec: z.object({
            name: z.string().min(1),
            description: z.string().optional(),
            inputSchema: z.object({ json: JsonObject }),
          }),
        }),
      ),
      toolChoice: z
        .union([
          z.strictObject({ auto: Nothing }),
          z.strictObject({ any: Nothing }),
          z.strictObject({ tool: z.strictObject({ name: z.string() }) }),
        ])
        .optional(),
    })
    .optional(),
  inferenceConfig: z
    .object({ maxTokens: z.int().positive().optional(), temperature: z.number().optional() })
    .optional(),
  requestMetadata: z.record(z.string(), z.string()).optional(),
})
type ConverseBody = z.infer<typeof ConverseBody>
type Block = ConverseBody['messages'][number]['content'][number]

/** Where a request names none, as Bedrock takes the model's own. */
const MAX_TOKENS = 4_096
/** Who asks, where a client that is not Baton's says nothing of it. */
const UNNAMED = 'unnamed'

export interface AskedModel {
  readonly request: ModelRequest
  readonly agent: string
  readonly stepId: string
  readonly turn: number
}

/** @throws ZodError naming what is wrong, or what this endpoint cannot read (images, documents, guard content). */
export function fromConverseCall({ modelId, body }: Pick<ConverseCall, 'modelId' | 'body'>): AskedModel {
  const { system = [], messages, toolConfig, inferenceConfig, requestMetadata = {} } = ConverseBody.parse(body)
  const answersSoFar = messages.filter(({ role }) => role === 'assistant').length
  return {
    request: {
      modelId,
      system: system.map(({ text }) => text).join('\n'),
      messages: messages.map(({ role, content }) => ({ role, content: content.map(fromBlock) })),
      tools: (toolConfig?.tools ?? []).map(({ toolSpec: { name, description = '', inputSchema } }) => ({
        ...{ name, description, inputSchema: inputSchema.json },
      })),
      toolChoice: fromToolChoice(toolConfig?.toolChoice),
      maxTokens: inferenceConfig?.maxTokens ?? MAX_TOKENS,
      ...(inferenceConfig?.temperature !== undefined && { temperature: inferenceConfig.temperature }),
    },
    agent: requestMetadata['agent'] ?? UNNAMED,
    stepId: requestMetadata['stepId'] ?? UNNAMED,
    turn: Number(requestMetadata['turn'] ?? answersSoFar + 1),
  }
}

function fromBlock(block: Block): ContentBlock {
  if ('text' in block) return { type: 'text', text: block.text }
  if ('toolUse' in block) {
    const { toolUseId: id, name, input } = block.toolUse
    return { type: 'toolUse', id, name, input }
  }
  if ('toolResult' in block) {
    const { toolUseId, content, status } = block.toolResult
    const [first] = content
    const whole = content.length === 1 && first && 'json' in first ? first.json : textOf(content)
    return { type: 'toolResult', toolUseId, status: status === 'error' ? 'error' : 'ok', content: whole }
  }
  return assertNever(block)
}

/** Our adapter sends objects and lists as JSON text. */
function textOf(content: readonly ({ readonly text: string } | { readonly json: Json })[]): Json {
  const text = content.map((part) => ('text' in part ? part.text : JSON.stringify(part.json))).join('\n')
  const parsed = parseJson(text)
  return parsed.ok && (isJsonObject(parsed.value) || Array.isArray(parsed.value)) ? parsed.value : text
}

function fromToolChoice(choice: NonNullable<ConverseBody['toolConfig']>['toolChoice']): ModelRequest['toolChoice'] {
  if (choice === undefined || 'auto' in choice) return 'auto'
  return 'any' in choice ? 'any' : { tool: choice.tool.name }
}
