/**
 * Runs one authorized call within its time. Whatever goes wrong is a result that the model is shown, never a throw.
 * At least once: a call that was cut off before its result was recorded runs again, under the same `callId`.
 */
import type { Clock } from '../clock.ts'
import type { Tool, ToolContext } from '../define/tool.ts'
import type { Sha256 } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import type { DataSource, ToolResult } from '../schema/tool-call.ts'
import { issueText } from './authorize.ts'
import { guardSecrets } from './guard-secrets.ts'
import type { IsolatedAnswer } from './isolated-call.ts'
import { withinTime } from './time-limit.ts'

interface Execution {
  readonly tool: Tool
  readonly input: unknown
  readonly context: Omit<ToolContext<unknown>, 'signal' | 'now' | 'reads'>
  readonly clock: Clock
  /** The tool's own limit, or less where less is left. */
  readonly milliseconds: number
  readonly cancellation?: AbortSignal | undefined
  /** Where it runs outside this process: stands for the tool's own `run`. */
  readonly elsewhere?: ((signal: AbortSignal) => Promise<IsolatedAnswer>) | undefined
}

export interface Executed {
  readonly result: ToolResult
  /** Of the whole output, even where `result` holds less. */
  readonly resultSha256: Sha256
}

/** Characters of a tool's output, as JSON, that are kept and shown to the model. About 16,000 tokens. */
export const TOOL_OUTPUT_CHARACTERS = 64 * 1024
/** Sources that one call may name. */
const SOURCES_PER_CALL = 32
const MESSAGE_CHARACTERS = 2_000

/** @returns undefined where the run was cancelled before the call ended: nobody knows what it did. */
export async function executeTool(execution: Execution): Promise<Executed | undefined> {
  const { tool, input, context, clock, milliseconds, cancellation, elsewhere } = execution
  const sources = new Map<string, DataSource>()
  const reads = (source: DataSource) => {
    if (sources.size < SOURCES_PER_CALL) sources.set(JSON.stringify(source), source)
  }
  const { secret, redactor } = guardSecrets(context.secret)
  try {
    const here = (signal: AbortSignal) => tool.run(input, { ...context, secret, signal, now: () => clock.now(), reads })
    const run = elsewhere === undefined ? here : (signal: AbortSignal) => outputOf(elsewhere(signal), reads)
    const timed = await withinTime(run, { clock, milliseconds, cancellation })
    if (timed.ended === 'cancelled') return undefined
    if (timed.ended === 'tooLate')
      return failed('ToolTimedOut', `${tool.name} took longer than ${milliseconds / 1_000} s.`)
    const { json, text } = redactor()
    const clean = [...sources.values()].map((source) => ({ ...source, uri: text(source.uri) }))
    return checked(tool, json(timed.value as Json), clean)
  } catch (error) {
    return failed(nameOf(error), redactor().text(error instanceof Error ? error.message : String(error)))
  }
}

async function outputOf(answer: Promise<IsolatedAnswer>, reads: (source: DataSource) => void): Promise<Json> {
  const { output, reads: sources } = await answer
  for (const source of sources) reads(source)
  return output
}

function checked(tool: Tool, raw: unknown, sources: DataSource[]): Executed {
  const parsed = tool.output.safeParse(raw)
  if (!parsed.success) {
    return failed(
      'ToolOutputOffSchema',
      `${tool.name} gave what its schema does not allow:\n${issueText(parsed.error)}`,
    )
  }
  const text = jsonText(parsed.data)
  const output: Json = text.length <= TOOL_OUTPUT_CHARACTERS ? JSON.parse(text) : cut(text)
  return {
    result: { status: 'ok', output, ...(sources.length > 0 && { sources }) },
    resultSha256: sha256(text),
  }
}

/** Lone surrogates become U+FFFD: UTF-8 cannot hold them, and providers refuse them. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  if (!/\\ud[89a-f]/.test(text)) return text
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? part.toWellFormed() : part))
}

function cut(text: string): string {
  const rest = text.length - TOOL_OUTPUT_CHARACTERS
  return `${text.slice(0, TOOL_OUTPUT_CHARACTERS).toWellFormed()} … [cut: ${rest} more characters; ask for less at a time]`
}

function failed(name: string, message: string): Executed {
  const text =
    message.length <= MESSAGE_CHARACTERS ? message : `${message.slice(0, MESSAGE_CHARACTERS)} …`.toWellFormed()
  return { result: { status: 'error', name, message: text }, resultSha256: sha256(`${name}: ${message}`) }
}

function nameOf(error: unknown): string {
  return isJsonObject(error) && typeof error['name'] === 'string' ? error['name'].slice(0, 100) : 'Error'
}
