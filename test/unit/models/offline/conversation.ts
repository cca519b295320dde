/** Plays the agent loop's side of a conversation with the offline model, as tests need it. */
import { createOfflineModel } from '../../../../src/models/offline/offline.ts'
import type { Json } from '../../../../src/schema/json.ts'
import type { Message, ToolUseBlock } from '../../../../src/schema/message.ts'
import type { ModelResponse, ToolSpec } from '../../../../src/schema/model-call.ts'

type Result = { readonly ok: Json } | { readonly error: string }

export interface Conversation {
  readonly responses: readonly ModelResponse[]
  readonly calls: readonly { readonly name: string; readonly input: Json }[]
}

/** @param reply undefined ends the conversation, as an accepted output does. */
export async function converse(
  input: Json,
  tools: readonly ToolSpec[],
  reply: (use: ToolUseBlock) => Result | undefined,
  system = '',
): Promise<Conversation> {
  const model = createOfflineModel()
  const responses: ModelResponse[] = []
  const calls: { name: string; input: Json }[] = []
  const messages: Message[] = [{ role: 'user', content: [{ type: 'text', text: JSON.stringify(input) }] }]
  for (let turn = 1; turn <= 8; turn += 1) {
    const response = await model.call(
      { modelId: 'any', system, messages: [...messages], tools: [...tools], toolChoice: 'auto', maxTokens: 1_000 },
      { signal: new AbortController().signal, timeoutMs: 1_000, agent: 'a', stepId: 's', turn },
    )
    responses.push(response)
    const uses = response.content.filter((block) => block.type === 'toolUse')
    calls.push(...uses.map(({ name, input: given }) => ({ name, input: given })))
    const results = uses.map((use) => ({ use, result: reply(use) }))
    if (results.length === 0 || results.some(({ result }) => result === undefined)) break
    messages.push({ role: 'assistant', content: response.content })
    messages.push({
      role: 'user',
      content: results.map(({ use, result }) => ({
        type: 'toolResult',
        toolUseId: use.id,
        status: result && 'ok' in result ? 'ok' : 'error',
        content: result && 'ok' in result ? result.ok : (result?.error ?? ''),
      })),
    })
  }
  return { responses, calls }
}

export function toolSpec(name: string, properties: Record<string, Json>, required = Object.keys(properties)): ToolSpec {
  return { name, description: '', inputSchema: { type: 'object', properties, required, additionalProperties: false } }
}
