/**
 * Which tools to call next: a search gets key phrases, a reader gets what search results or the input say under the same
 * names. No argument is ever made up, no call is made twice, and a tool that acts on the world takes its arguments from
 * the agent's own input alone, never from what another tool has said.
 */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import type { ToolSpec } from '../../schema/model-call.ts'
import { contentWords } from '../../text/words.ts'
import { flat, roleOf } from './field-roles.ts'
import { conforms, propertiesOf, requiredOf, resolveSchema, typesOf } from './json-schema.ts'
import { fitString } from './minimal.ts'
import { contextIn, keyPhrases, partsOf, questionIn } from './question.ts'
import { objectsIn, type Task } from './task.ts'

export interface PlannedCall {
  readonly name: string
  readonly input: JsonObject
}

/** Rounds of tool calls a step makes at most. */
export const MOST_ROUNDS = 3
const MOST_QUERIES = 5
const MOST_BOUND = 6
/** An agent's own input may ask for more: a critic looks each claim up. */
const MOST_BOUND_FROM_INPUT = 24

const NAMES = /(?<=\S\s)\p{Lu}[\p{L}\p{N}]+(?:\s\p{Lu}[\p{L}\p{N}]+)*/gu
const READS = /^(get|list|read|search|find|fetch|show|look|query|retrieve|open|load|view|browse|describe|check|lookup)/i

/** Empty: enough is known, or there is nothing left to try. */
export function planCalls(task: Task): PlannedCall[] {
  if (task.rounds >= MOST_ROUNDS || task.rejected) return []
  const done = new Set(task.calls.map(({ tool, input }) => callKey(tool, input)))
  const planned: PlannedCall[] = []
  for (const tool of task.tools) {
    for (const input of inputsFor(tool, task)) {
      const key = callKey(tool.name, input)
      if (done.has(key)) continue
      done.add(key)
      planned.push({ name: tool.name, input })
    }
  }
  return planned
}

function inputsFor(tool: ToolSpec, task: Task): JsonObject[] {
  const reads = READS.test(tool.name) || /^(search|read|look|find|list|get|fetch)/i.test(tool.description)
  const query = queryField(tool.inputSchema)
  if (query && reads) return queriesFor(tool, query, task)
  const required = requiredOf(tool.inputSchema)
  if (required.size === 0) {
    const idle = propertiesOf(tool.inputSchema).length === 0
    return idle && reads && task.rounds === 0 ? [{}] : []
  }
  if (!reads) {
    const own = isJsonObject(task.input) && task.rounds === 0 ? bind(tool.inputSchema, task.input) : undefined
    return own ? [own] : []
  }
  const given = objectsIn(task.input)
  const fromInput = given
    .flatMap<JsonObject>((record) => bind(tool.inputSchema, record) ?? [])
    .slice(0, MOST_BOUND_FROM_INPUT)
  return fromInput.length > 0 ? fromInput : bestBound(tool, task)
}

/** Arguments from search results: those that several searches found, or found first, go first. */
function bestBound(tool: ToolSpec, task: Task): JsonObject[] {
  const ranks = new Map<string, { input: JsonObject; score: number }>()
  for (const { tool: name, status, content } of task.calls) {
    if (status !== 'ok' || name === tool.name) continue
    const bound = objectsIn(content).flatMap<JsonObject>((record) => bind(tool.inputSchema, record) ?? [])
    for (const [rank, input] of bound.entries()) {
      const key = JSON.stringify(input)
      const known = ranks.get(key)
      ranks.set(key, { input, score: (known?.score ?? 0) + 1 / (rank + 2) })
    }
  }
  const sorted = [...ranks.values()].sort((a, b) => b.score - a.score)
  return sorted.slice(0, MOST_BOUND).map(({ input }) => input)
}

function queriesFor(tool: ToolSpec, field: string, task: Task): JsonObject[] {
  if (task.rounds >= 1 && !(task.rounds === 1 && foundNothing(task))) return []
  const rest = [...requiredOf(tool.inputSchema)].filter((name) => name !== field)
  const bound = rest.length === 0 ? {} : isJsonObject(task.input) && bind(tool.inputSchema, task.input, field)
  if (!bound) return []
  const schema = resolveSchema(new Map(propertiesOf(tool.inputSchema)).get(field), tool.inputSchema) || {}
  const texts = task.rounds === 0 ? queriesOf(task.input) : widerQueriesOf(task.input)
  return texts.flatMap((text) => {
    const fitted = fitString(text, schema)
    return fitted === undefined ? [] : [{ ...bound, [field]: fitted }]
  })
}

/** The key phrases of the question, of each of its parts, and of the question within what it is part of. */
function queriesOf(input: Json): string[] {
  const question = questionIn(input)
  const phrases = (text: string) => keyPhrases(text, 8).join(' ')
  const parts = partsOf(question)
  const context = contextIn(input, question)
  // A part of a question that names nothing is about what the whole names first.
  const names = /\p{Lu}\p{L}+/u.test(question.slice(1)) ? [] : (context.match(NAMES) ?? [])
  const name = names.find((one) => contentWords(one).length > 0 && !question.includes(one))
  const alone = contentWords(question).length < 2 && context !== '' ? [phrases(`${question}. ${context}`)] : []
  const within = [...alone, ...(name === undefined ? [] : [`${phrases(question)} ${name}`])]
  const queries = [phrases(question), ...(parts.length > 1 ? parts.map(phrases) : []), ...within]
  return distinct(queries).slice(0, MOST_QUERIES)
}

function widerQueriesOf(input: Json): string[] {
  const phrases = keyPhrases(`${questionIn(input)} . ${contextIn(input, '')}`, 4)
  return distinct(phrases).slice(0, 3)
}

function distinct(queries: readonly string[]): string[] {
  const byWords = new Map(queries.map((query) => [contentWords(query).sort().join(' '), query]))
  byWords.delete('')
  return [...byWords.values()]
}

function foundNothing(task: Task): boolean {
  return task.calls.every(({ status, content }) => status === 'error' || objectsIn(content).length <= 1)
}

function queryField(schema: JsonObject): string | undefined {
  const required = requiredOf(schema)
  const texts = propertiesOf(schema).filter(([, part]) => {
    const resolved = resolveSchema(part, schema)
    return resolved !== false && typesOf(resolved).includes('string') && resolved['enum'] === undefined
  })
  const roles = ['query', 'keyword', 'question', 'topic'] as const
  const candidates = texts.filter(([name]) => required.has(name) || required.size === 0)
  for (const role of roles) {
    const found = candidates.find(([name, part]) => {
      const description = isJsonObject(part) && typeof part['description'] === 'string' ? part['description'] : ''
      return roleOf(name, description) === role || (role === 'query' && /^(q|text|input|prompt)$/.test(flat(name)))
    })
    if (found) return found[0]
  }
  return undefined
}

/** The arguments that a record gives by name; undefined unless it gives all that are required. */
function bind(schema: JsonObject, record: JsonObject, except?: string): JsonObject | undefined {
  const fields = new Map(Object.entries(record).map(([name, value]) => [flat(name), value]))
  const required = requiredOf(schema)
  const bound: Record<string, Json> = {}
  for (const [name, part] of propertiesOf(schema)) {
    if (name === except) continue
    const value = fields.get(flat(name))
    const fits = value !== undefined && conforms(value, part, schema)
    if (fits) bound[name] = value
    else if (required.has(name)) return undefined
  }
  return bound
}

function callKey(tool: string, input: Json): string {
  const ordered = isJsonObject(input) ? Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1)) : input
  return `${tool} ${JSON.stringify(ordered)}`
}
