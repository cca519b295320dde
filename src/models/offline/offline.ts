/**
 * A model that is no language model: deterministic and extractive. It plans tool calls from key phrases and schemas, and
 * fills the output from what it read, word for word. It follows no instructions beyond that, and says so on every answer.
 */
import type { Json } from '../../schema/json.ts'
import { type ModelRequest, type ModelResponse, SUBMIT_OUTPUT_TOOL, type Usage } from '../../schema/model-call.ts'
import { sha256 } from '../../schema/sha256.ts'
import type { Model } from '../model.ts'
import { summaryOf } from './compose.ts'
import { fillOutput } from './fill.ts'
import { type Ground, groundOf } from './ground.ts'
import { type PlannedCall, planCalls } from './plan-calls.ts'
import { repairOutput } from './repair.ts'
import { readTask, type Task } from './task.ts'

export const OFFLINE_NOTICE = 'offline: extractive, not a language model'

/** No tokenizer is at work here: tokens are estimated, as a stand-in for what a language model would have counted. */
const CHARACTERS_PER_TOKEN = 4
const LONGEST_ANSWER = 4_000

export function createOfflineModel(): Model {
  return {
    provider: 'offline',
    description: 'offline: searches and quotes documents by rules; deterministic, no network, not a language model',
    isLocal: true,
    call: async (request, { signal }) => {
      signal.throwIfAborted()
      return answer(request)
    },
  }
}

function answer(request: ModelRequest): ModelResponse {
  const task = readTask(request)
  const mustSubmit = typeof request.toolChoice === 'object' && request.toolChoice.tool === SUBMIT_OUTPUT_TOOL
  const calls = mustSubmit ? [] : planCalls(task)
  const content =
    calls.length > 0
      ? calls.map((call) => toolUse(call, request))
      : task.submit
        ? [toolUse({ name: task.submit.name, input: outputOf(task) }, request)]
        : [{ type: 'text' as const, text: textOf(task) }]
  return {
    provider: 'offline',
    modelId: request.modelId,
    content,
    stopReason: content[0]?.type === 'toolUse' ? 'toolUse' : 'endTurn',
    usage: usageOf(request, content),
    notice: OFFLINE_NOTICE,
  }
}

function outputOf(task: Task): Json {
  const schema = task.submit?.inputSchema ?? {}
  if (task.rejected) {
    const { output, problems, times } = task.rejected
    return repairOutput(output, problems, times, schema)
  }
  return fillOutput(groundOf(task, schema))
}

function textOf(task: Task): string {
  const ground: Ground = groundOf(task, {})
  const subject = { record: undefined, evidence: ground.evidence, topic: undefined, ordinal: 0, isRoot: true }
  const files = [...new Set(ground.evidence.slice(0, 3).flatMap(({ file }) => file ?? []))]
  const sources = files.length > 0 ? `\n\nSources: ${files.join(', ')}` : ''
  return `${summaryOf(subject, ground, LONGEST_ANSWER)}${sources}`
}

/** The id depends on the call and its place in the conversation alone, so that equal conversations go on equally. */
function toolUse({ name, input }: Omit<PlannedCall, 'input'> & { readonly input: Json }, request: ModelRequest) {
  const hash = sha256(`${request.messages.length} ${name} ${JSON.stringify(input)}`)
  return { type: 'toolUse' as const, id: `offline-${hash.slice(0, 16)}`, name, input }
}

function usageOf({ system, messages, tools }: ModelRequest, content: ModelResponse['content']): Usage {
  const asked = system.length + JSON.stringify(messages).length + JSON.stringify(tools).length
  return {
    inputTokens: Math.ceil(asked / CHARACTERS_PER_TOKEN),
    outputTokens: Math.ceil(JSON.stringify(content).length / CHARACTERS_PER_TOKEN),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  }
}
