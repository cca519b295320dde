/**
 * What a function says once it is done, as one log line. Knows nothing of Lambda, nor of where the invocation belongs. The
 * message of an error counts as content, as it says what was given.
 */
import type { Json, JsonObject } from '../schema/json.ts'
import { errorName } from './error-name.ts'
import { BATON, GENAI, PLACE } from './genai-names.ts'

/** `event` of the line that ends an invocation; no journal row has it. */
export const INVOCATION_EVENT = 'invocation'

/** Frames of a stack, which name places in the code and hold no content. */
const FRAMES = 8

export interface InvocationEnd {
  readonly durationMs: number
  /** What it came to: the status of a step's result, of an HTTP answer. */
  readonly status?: string | undefined
  readonly error?: unknown
  readonly logContent: boolean
}

/** Fields that the invocation's place (run, step, agent, attempt) is added to. */
export function logOfInvocation({ durationMs, status, error, logContent }: InvocationEnd): JsonObject {
  const fields: Record<string, Json> = { [PLACE.event]: INVOCATION_EVENT, [BATON.durationMs]: durationMs }
  if (status !== undefined) fields[PLACE.status] = status
  if (error !== undefined) Object.assign(fields, errorFields(error, logContent))
  return fields
}

export function thrownName(error: unknown): string {
  return errorName(error instanceof Error ? error.name : undefined)
}

/** Its name and the places it came through; its message where content is asked for. */
export function errorFields(error: unknown, logContent: boolean): JsonObject {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const frames = stack.split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/.test(line))
  return {
    [GENAI.errorType]: thrownName(error),
    [BATON.errorFrames]: frames.slice(0, FRAMES).map((line) => line.trim()),
    ...(logContent ? { [BATON.errorMessage]: error instanceof Error ? error.message : String(error) } : {}),
  }
}
