/** Our request in the words of Bedrock's Converse operation. */
import type { ContentBlock, ConverseCommandInput, Message, ToolConfiguration } from '@aws-sdk/client-bedrock-runtime'
import { assertNever } from '../errors.ts'
import type * as Ours from '../schema/message.ts'
import type { ModelRequest } from '../schema/model-call.ts'
import { argumentsToShow, resultToShow } from './answer.ts'
import type { ModelCallOptions } from './model.ts'

/** Goes into Bedrock's invocation logs, which stay in the caller's account; a model does not see it. */
export type Asker = Pick<ModelCallOptions, 'agent' | 'stepId' | 'turn'>

/** The SDK's type of free-form JSON. */
type Document = NonNullable<ContentBlock.ToolUseMember['toolUse']['input']>

export function toConverse(request: ModelRequest, { agent, stepId, turn }: Asker): ConverseCommandInput {
  const system = request.system.trim() === '' ? {} : { system: [{ text: request.system }] }
  const tools = request.tools.length === 0 ? {} : { toolConfig: toToolConfig(request) }
  return {
    modelId: request.modelId,
    ...system,
    messages: request.messages.map((message) => toMessage(message, request.modelId)),
    ...tools,
    inferenceConfig: {
      maxTokens: request.maxTokens,
      ...(request.temperature !== undefined && { temperature: request.temperature }),
    },
    requestMetadata: { agent, stepId, turn: String(turn) },
  }
}

function toMessage({ role, content }: Ours.Message, modelId: string): Message {
  const blocks = content.filter((block) => block.type !== 'text' || block.text.trim() !== '')
  return { role, content: blocks.length === 0 ? [{ text: '(empty)' }] : blocks.map((b) => toBlock(b, modelId)) }
}

function toBlock(block: Ours.ContentBlock, modelId: string): ContentBlock {
  switch (block.type) {
    case 'text':
      return { text: block.text }
    case 'toolUse':
      return {
        toolUse: {
          toolUseId: block.id,
          name: toToolName(block.name),
          input: argumentsToShow(block.input) as Document,
        },
      }
    case 'toolResult':
      return { toolResult: toToolResult(block, modelId) }
    default:
      return assertNever(block)
  }
}

/** Converse refuses names outside `[a-zA-Z0-9_-]{1,64}`, but a model may have called a tool by any name. */
function toToolName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'unnamed'
}

/** `status` is known to Claude and Nova only; others are told in the text. */
function toToolResult({ toolUseId, status, content }: Ours.ToolResultBlock, modelId: string) {
  const text = resultToShow(content)
  if (!FORCES_ONE_TOOL.test(modelId)) {
    return { toolUseId, content: [{ text: status === 'error' ? `error: ${text}` : text }] }
  }
  return { toolUseId, content: [{ text }], status: status === 'error' ? ('error' as const) : ('success' as const) }
}

/** Claude and Nova, by themselves or behind an inference profile such as `us.` or `global.`. */
const FORCES_ONE_TOOL = /(anthropic\.claude|amazon\.nova)/
const FORCES_SOME_TOOL = /(anthropic\.claude|amazon\.nova|mistral\.mistral-large)/

function toToolConfig({ tools, toolChoice, modelId }: ModelRequest): ToolConfiguration {
  return {
    tools: tools.map(({ name, description, inputSchema }) => ({
      toolSpec: { name, ...(description !== '' && { description }), inputSchema: { json: inputSchema as Document } },
    })),
    ...toToolChoice(toolChoice, modelId),
  }
}

/** `auto`, Converse's default, wherever a model would refuse to be forced. */
function toToolChoice(choice: ModelRequest['toolChoice'], modelId: string): Pick<ToolConfiguration, 'toolChoice'> {
  if (choice === 'auto' || !FORCES_SOME_TOOL.test(modelId)) return {}
  if (choice === 'any' || !FORCES_ONE_TOOL.test(modelId)) return { toolChoice: { any: {} } }
  return { toolChoice: { tool: { name: choice.tool } } }
}
