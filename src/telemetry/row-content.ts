/**
 * What of a journal row, and of the body beside it, is content: text that a model, a document, a tool or a person wrote,
 * or that may quote it. Decides nothing about whether it is logged. What is not known to be ours counts as content.
 */
import type { JournalRow } from '../schema/journal-row.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { BATON, GENAI, PLACE } from './genai-names.ts'

/** Characters of one field: a CloudWatch log event has at most 1 MB, and bodies may have 200 KB each. */
export const CONTENT_CHARACTERS = 32 * 1024

/** Decisions whose reason is made of our words and of numbers. Those about a model quote its provider. */
const OUR_DECISIONS: ReadonlySet<string> = new Set([
  'callsPerAnswer',
  'contextTokens',
  'continue',
  'limit.degrade',
  'limit.finish',
])
/** Stops likewise. The others quote the input, the output, a check or a provider. */
const OUR_STOPS: ReadonlySet<string> = new Set([
  'turnLimit',
  'tokenLimit',
  'costLimit',
  'attemptLimit',
  'toolCallLimit',
  'maxTokens',
  'budget',
  'refused',
  'cancelled',
])

export function isReasonOurs({ event, rule = '', status = '' }: JournalRow): boolean {
  return (event === 'decision' && OUR_DECISIONS.has(rule)) || (event === 'outcome' && OUR_STOPS.has(status))
}

/** A model may ask for a tool that is not there, by any name. */
export function isToolNameOurs({ tool }: JournalRow): boolean {
  return tool?.effect !== undefined
}

/** The content of a row, by the field that a log line has it under. */
export function contentOf(row: JournalRow, body: Json | undefined): JsonObject {
  const fields: Record<string, Json> = {}
  if (row.reason !== undefined) fields[PLACE.reason] = row.reason
  if (row.tool !== undefined) fields[GENAI.toolName] = row.tool.name
  if (row.sources !== undefined) fields[BATON.sourceUris] = row.sources.map(({ uri }) => uri)
  if (isJsonObject(body)) Object.assign(fields, contentOfBody(row, body))
  return fields
}

function contentOfBody(row: JournalRow, body: JsonObject): JsonObject {
  switch (row.event) {
    case 'turn':
      return { [GENAI.outputMessages]: cut([{ role: 'assistant', parts: partsOf(body['content']) }]) }
    case 'tool':
      return { [GENAI.toolCallResult]: cut(body['status'] === 'ok' ? body['output'] : body['message']) }
    case 'rejection':
      return { [BATON.problems]: cut(body['problems']) }
    case 'outcome':
      return { [BATON.output]: cut(body['output'] ?? body['reason']) }
    default:
      return {}
  }
}

/** Blocks of an answer as the conventions name them. */
function partsOf(content: Json | undefined): Json[] {
  const blocks = Array.isArray(content) ? content.filter(isJsonObject) : []
  return blocks.map(({ type, text = null, id = null, name = null, input = null }) =>
    type === 'text' ? { type, content: text } : { type: 'tool_call', id, name, arguments: input },
  )
}

/** As text, so that a log line has as many fields whatever the content is. */
function cut(value: Json | undefined): string {
  const text = JSON.stringify(value ?? null)
  if (text.length <= CONTENT_CHARACTERS) return text
  return `${text.slice(0, CONTENT_CHARACTERS).toWellFormed()} … [cut: ${text.length - CONTENT_CHARACTERS} more characters]`
}
