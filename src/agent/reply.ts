/** What a model is told after its answer: the results of its calls, or why its output was sent back. */
import type { Json } from '../schema/json.ts'
import type { Message, ToolResultBlock, ToolUseBlock } from '../schema/message.ts'
import { SUBMIT_OUTPUT_TOOL } from '../schema/model-call.ts'
import type { ToolResult } from '../schema/tool-call.ts'
import type { OpenTurn } from './step-state.ts'

/** Every tool use gets its result, in order: providers refuse a conversation where one is missing. */
export function replyMessage(turn: OpenTurn): Message {
  const uses = turn.body.content.filter((block) => block.type === 'toolUse')
  const problems = turn.rejection === undefined ? '' : problemText(turn.rejection.problems)
  if (uses.length === 0) return { role: 'user', content: [{ type: 'text', text: problems }] }
  const results = new Map<ToolUseBlock, Told>()
  if (turn.answer.kind === 'calls') {
    for (const { use, callId } of turn.answer.calls) {
      const result = turn.results.get(callId)
      if (result !== undefined) results.set(use, { result, note: turn.notes.get(callId) })
    }
  }
  return { role: 'user', content: uses.map((use) => resultBlock(use, results.get(use), problems)) }
}

interface Told {
  readonly result: ToolResult
  /** What a person said to the call. */
  readonly note: string | undefined
}

function resultBlock(use: ToolUseBlock, told: Told | undefined, problems: string): ToolResultBlock {
  if (told === undefined) return block(use, 'error', problems === '' ? unansweredText(use) : problems)
  const { result, note } = told
  if (result.status === 'ok')
    return block(use, 'ok', note === undefined ? result.output : { result: result.output, note })
  return block(use, 'error', [`${result.name}: ${result.message}`, ...(note === undefined ? [] : [note])].join('\n'))
}

function block(use: ToolUseBlock, status: ToolResultBlock['status'], content: Json): ToolResultBlock {
  return { type: 'toolResult', toolUseId: use.id, status, content }
}

function unansweredText(use: ToolUseBlock): string {
  return use.name === SUBMIT_OUTPUT_TOOL
    ? `Not accepted beside other calls: read their results first, then call ${SUBMIT_OUTPUT_TOOL} alone.`
    : 'This call was not run.'
}

function problemText(problems: readonly string[]): string {
  return `Your answer was not accepted:\n${problems.map((problem) => `- ${problem}`).join('\n')}\nCorrect it and call ${SUBMIT_OUTPUT_TOOL} again.`
}
