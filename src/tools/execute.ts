/**
 * Runs one authorized call within its time. Whatever goes wrong is a result that the model may be shown, never a throw. What
 * it leaves behind is the ledger's business.
 */
import type { Clock } from '../clock.ts'
import type { TableWrite, Tool, ToolContext } from '../define/tool.ts'
import { InvalidRequest } from '../errors.ts'
import type { Sha256 } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import type { Redactor } from '../schema/redact.ts'
import { sha256 } from '../schema/sha256.ts'
import type { DataSource, ToolResult } from '../schema/tool-call.ts'
import { issueText } from './authorize.ts'
import { guardSecrets } from './guard-secrets.ts'
import type { IsolatedAnswer } from './isolated-call.ts'
import { withinTime } from './time-limit.ts'

/** A tool's context, but for what each running of it gets of its own. */
export type CallContext = Omit<ToolContext<unknown>, 'signal' | 'now' | 'reads' | 'commit'>

interface Execution {
  readonly tool: Tool
  readonly input: unknown
  readonly context: CallContext
  readonly clock: Clock
  /** The tool's own limit, or less where less is left. */
  readonly milliseconds: number
  readonly cancellation?: AbortSignal | undefined
  /** Where it runs outside this process: stands for the tool's own `run`. */
  readonly elsewhere?: ((signal: AbortSignal) => Promise<IsolatedAnswer>) | undefined
  /** Makes the writes and the checked result durable. Absent: the tool has no table. */
  readonly commit?: ((writes: readonly TableWrite[], executed: Executed) => Promise<Executed>) | undefined
}

export interface Executed {
  readonly result: ToolResult
  /** Of the whole output, even where `result` holds less. */
  readonly resultSha256: Sha256
}

/** What the tool itself said, by an output or an error. */
export type Said =
  | { readonly ended: 'answered'; readonly executed: Executed; readonly isCommitted: boolean }
  /** `isInDoubt`: it says that it cannot tell whether anything was done. */
  | { readonly ended: 'threw'; readonly executed: Executed; readonly isInDoubt: boolean }

/** How a call ended for whoever waited for it. */
export type Attempt =
  | Said
  /** Nobody waits any more; what the tool may still say comes `late`, if ever. */
  | { readonly ended: 'tooLate' | 'cancelled'; readonly executed: Executed; readonly late: Promise<Said> }

/** Characters of a tool's output, as JSON, that are kept and shown to the model. About 16,000 tokens. */
export const TOOL_OUTPUT_CHARACTERS = 64 * 1024
/** Sources that one call may name. */
const SOURCES_PER_CALL = 32
const MESSAGE_CHARACTERS = 2_000

export async function executeTool(execution: Execution): Promise<Attempt> {
  const { tool, input, context, clock, milliseconds, cancellation, elsewhere } = execution
  const sources = new Map<string, DataSource>()
  const reads = (source: DataSource) => {
    if (sources.size < SOURCES_PER_CALL) sources.set(JSON.stringify(source), source)
  }
  const { secret, redactor } = guardSecrets(context.secret)
  const committed: Executed[] = []
  const check = (raw: unknown) => checked(tool, raw, [...sources.values()], redactor())
  const commit = commitOf(execution, check, committed)
  const here = (signal: AbortSignal) =>
    tool.run(input, { ...context, secret, signal, now: () => clock.now(), reads, commit })
  const run = elsewhere === undefined ? here : (signal: AbortSignal) => outputOf(elsewhere(signal), reads)
  let late: Promise<Said> = new Promise(() => undefined)
  const timed = await withinTime(
    (signal) => {
      late = said(() => run(signal), check, committed, redactor)
      return late
    },
    { clock, milliseconds, cancellation },
  )
  if (timed.ended === 'inTime') return timed.value
  const text =
    timed.ended === 'tooLate' ? `${tool.name} took longer than ${milliseconds / 1_000} s.` : 'It was cut off.'
  return { ended: timed.ended, executed: failed(timed.ended === 'tooLate' ? 'ToolTimedOut' : 'Cancelled', text), late }
}

/** What was committed counts, whatever the tool says afterwards. */
async function said(
  run: () => Promise<unknown>,
  check: (raw: unknown) => Executed,
  committed: readonly Executed[],
  redactor: () => Redactor,
): Promise<Said> {
  try {
    const raw = await run()
    return { ended: 'answered', executed: committed[0] ?? check(raw), isCommitted: committed.length > 0 }
  } catch (error) {
    if (committed[0] !== undefined) return { ended: 'answered', executed: committed[0], isCommitted: true }
    const message = redactor().text(error instanceof Error ? error.message : String(error))
    return { ended: 'threw', executed: failed(nameOf(error), message), isInDoubt: saysDoubt(error) }
  }
}

function commitOf(
  { tool, commit }: Execution,
  check: (raw: unknown) => Executed,
  committed: Executed[],
): ToolContext['commit'] {
  return async (writes, output) => {
    if (commit === undefined) return noCommit(tool)(writes, output)
    const executed = check(output)
    if (executed.result.status === 'error') {
      const { message } = executed.result
      throw new InvalidRequest({ message, next: 'Commit an output that fits the schema of the tool.' })
    }
    const stored = await commit(writes, executed)
    committed.push(stored)
    // What another had committed before may be another output, of the same schema.
    return (stored.result.status === 'ok' ? stored.result.output : output) as typeof output
  }
}

/** `commit` where there is nothing to commit to. */
export function noCommit({ name }: Pick<Tool, 'name'>): ToolContext['commit'] {
  return async () => {
    throw new InvalidRequest({
      message: `${name} has no records here to commit to`,
      next: "Declare effect: 'table' and run the tool in its agent's process.",
    })
  }
}

async function outputOf(answer: Promise<IsolatedAnswer>, reads: (source: DataSource) => void): Promise<Json> {
  const { output, reads: sources } = await answer
  for (const source of sources) reads(source)
  return output
}

export function checked(
  tool: Tool,
  raw: unknown,
  read: readonly DataSource[],
  { json, text: clean }: Redactor,
): Executed {
  const sources = read.map((source) => ({ ...source, uri: clean(source.uri) }))
  const parsed = tool.output.safeParse(json(raw as Json))
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

/** Lone surrogates become U+FFFD: UTF-8 cannot hold them, and providers refuse them. No field is named `__proto__`. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  if (!/\\ud[89a-f]|"__proto__"/.test(text)) return text
  return JSON.stringify(value, (key, part) => {
    if (key === '__proto__') return undefined
    return typeof part === 'string' ? part.toWellFormed() : part
  })
}

function cut(text: string): string {
  const rest = text.length - TOOL_OUTPUT_CHARACTERS
  return `${text.slice(0, TOOL_OUTPUT_CHARACTERS).toWellFormed()} … [cut: ${rest} more characters; ask for less at a time]`
}

export function failed(name: string, message: string): Executed {
  const text =
    message.length <= MESSAGE_CHARACTERS ? message : `${message.slice(0, MESSAGE_CHARACTERS)} …`.toWellFormed()
  return { result: { status: 'error', name, message: text }, resultSha256: sha256(`${name}: ${message}`) }
}

/** By its name, or marked by a host where the way to the tool broke. */
function saysDoubt(error: unknown): boolean {
  return nameOf(error) === 'EffectUnknown' || (isJsonObject(error) && error['isInDoubt'] === true)
}

/** A word, not a text: it is told and recorded as it is. */
const NAME = /^[A-Za-z_$][\w$.:-]{0,99}$/

function nameOf(error: unknown): string {
  return isJsonObject(error) && typeof error['name'] === 'string' && NAME.test(error['name']) ? error['name'] : 'Error'
}
