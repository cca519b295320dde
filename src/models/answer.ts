/** What every network adapter does with an answer once it is translated: the last checks before the loop sees it. */
import { ModelGarbage } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { ModelResponse, ModelStopReason } from '../schema/model-call.ts'

/** Levels of nesting that tool arguments may have: far above any schema, far below what exhausts the stack. */
const DEEPEST_ARGUMENTS = 64

interface Answer extends Omit<ModelResponse, 'stopReason' | 'notice'> {
  /** undefined: the provider gave none, or one that is not known. */
  readonly stopReason: ModelStopReason | undefined
  readonly notices: readonly string[]
}

/**
 * Drops blank text, which providers refuse to see again, and settles the stop reason by what is there.
 * @throws ModelGarbage where the answer says nothing and nothing explains why.
 */
export function completeAnswer({ stopReason, notices, content: raw, ...answer }: Answer): ModelResponse {
  const content = raw.filter((block) => block.type === 'toolUse' || block.text.trim() !== '')
  const usesTools = content.some((block) => block.type === 'toolUse')
  const ended = stopReason === undefined || stopReason === 'endTurn' || stopReason === 'toolUse'
  if (ended && content.length === 0) {
    throw new ModelGarbage({
      message: `${answer.provider} model ${answer.modelId} gave an answer with neither text nor a tool call`,
      next: 'Try again; if it stays so, name another model.',
    })
  }
  return {
    ...answer,
    content,
    stopReason: ended ? (usesTools ? 'toolUse' : 'endTurn') : stopReason,
    ...(notices.length > 0 && { notice: notices.join('; ') }),
  }
}

/** Tool arguments as the loop can handle them: absurdly deep ones become text, which no schema of arguments accepts. */
export function boundedArguments(input: Json): Json {
  return isShallow(input, DEEPEST_ARGUMENTS) ? input : 'arguments nested too deeply'
}

function isShallow(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((part) => isShallow(part, levels - 1))
}

/** Providers take only objects as the arguments of a past tool call, but a model may have given anything. */
export function argumentsToShow(input: Json): { readonly [key: string]: Json } {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  return isObject ? (input as { readonly [key: string]: Json }) : { invalidArguments: input }
}

/** The result of a tool as text that is never blank. */
export function resultToShow(content: Json): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return text.trim() === '' ? '(empty)' : text
}
