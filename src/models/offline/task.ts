/** What a model request asks for and what was done about it so far, read from the request alone. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import type { ToolResultBlock, ToolUseBlock } from '../../schema/message.ts'
import { type ModelRequest, SUBMIT_OUTPUT_TOOL, type ToolSpec } from '../../schema/model-call.ts'

export interface DoneCall {
  readonly tool: string
  readonly input: Json
  readonly status: 'ok' | 'error'
  readonly content: Json
}

export interface Task {
  /** The agent's input; a text where the first message holds no JSON. */
  readonly input: Json
  /** The system text: read for what it says of choices, followed in nothing else. */
  readonly instructions: string
  readonly tools: readonly ToolSpec[]
  /** Absent: an answer in words is wanted. */
  readonly submit: ToolSpec | undefined
  readonly calls: readonly DoneCall[]
  /** Answers so far that called tools other than the submit tool. */
  readonly rounds: number
  /** The last output handed in that came back, and what was said of it. */
  readonly rejected: { readonly output: Json; readonly problems: string; readonly times: number } | undefined
}

/** Characters of a text that are searched for JSON. */
const MOST_SCANNED = 400_000

export function readTask(request: ModelRequest): Task {
  const results = new Map<string, ToolResultBlock>()
  const uses: (readonly ToolUseBlock[])[] = []
  for (const { role, content } of request.messages) {
    if (role === 'assistant') uses.push(content.filter((block) => block.type === 'toolUse'))
    for (const block of content) if (block.type === 'toolResult') results.set(block.toolUseId, block)
  }
  const calls: DoneCall[] = []
  let rejected: Task['rejected']
  let rounds = 0
  for (const answer of uses) {
    if (answer.some(({ name }) => name !== SUBMIT_OUTPUT_TOOL)) rounds += 1
    for (const { id, name, input } of answer) {
      const result = results.get(id)
      if (!result) continue
      if (name === SUBMIT_OUTPUT_TOOL) {
        const problems = typeof result.content === 'string' ? result.content : JSON.stringify(result.content)
        rejected = { output: input, problems, times: (rejected?.times ?? 0) + 1 }
      } else calls.push({ tool: name, input, status: result.status, content: contentOf(result.content) })
    }
  }
  return {
    input: inputOf(request),
    instructions: request.system,
    tools: request.tools.filter(({ name }) => name !== SUBMIT_OUTPUT_TOOL),
    submit: request.tools.find(({ name }) => name === SUBMIT_OUTPUT_TOOL),
    calls,
    rounds,
    rejected,
  }
}

/** Every object within a value, outermost first, with the list it stands in. */
export function objectsIn(value: Json, depth = 0): JsonObject[] {
  if (depth > 8) return []
  if (Array.isArray(value)) return value.flatMap((item: Json) => objectsIn(item, depth + 1))
  if (!isJsonObject(value)) return []
  return [value, ...Object.values(value).flatMap((part) => objectsIn(part, depth + 1))]
}

function inputOf(request: ModelRequest): Json {
  const texts = (request.messages[0]?.content ?? []).flatMap((block) => (block.type === 'text' ? [block.text] : []))
  for (const text of [...texts].reverse()) {
    const whole = parsed(text)
    if (whole !== undefined) return whole
  }
  const all = texts.join('\n')
  return embedded(all) ?? all
}

/** Tool results may come as text, JSON or not. */
function contentOf(content: Json): Json {
  return typeof content === 'string' ? (parsed(content) ?? content) : content
}

function parsed(text: string): Json | undefined {
  const trimmed = text.trim()
  if (!/^[[{"]/.test(trimmed)) return undefined
  try {
    return JSON.parse(trimmed) as Json
  } catch {
    return undefined
  }
}

/** The first balanced JSON object or list within a text. */
function embedded(text: string): Json | undefined {
  const source = text.slice(0, MOST_SCANNED)
  let tries = 0
  for (let start = source.search(/[[{]/); start >= 0 && tries < 20; tries += 1) {
    const end = balancedEnd(source, start)
    const value = end === undefined ? undefined : parsed(source.slice(start, end))
    if (value !== undefined && typeof value === 'object') return value
    const next = source.slice(start + 1).search(/[[{]/)
    start = next < 0 ? -1 : start + 1 + next
  }
  return undefined
}

function balancedEnd(source: string, start: number): number | undefined {
  let depth = 0
  let inString = false
  for (let place = start; place < source.length; place += 1) {
    const character = source[place]
    if (inString) {
      if (character === '\\') place += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      depth -= 1
      if (depth === 0) return place + 1
    }
  }
  return undefined
}
