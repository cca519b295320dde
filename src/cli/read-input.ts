/** The input of a run as people give it: plain text, JSON, or a file. */
import { readFileSync, statSync } from 'node:fs'
import type { Workflow } from '../define/workflow.ts'
import { InvalidRequest } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'

export type GivenInput =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'json'; readonly value: Json }

/** Larger inputs do not fit a state machine anyway. */
const FILE_BYTES = 1024 * 1024

/** @throws InvalidRequest for JSON that is none, a file that cannot be read, or both forms at once. */
export function readInput(text: string | undefined, json: string | undefined): GivenInput {
  if (json === undefined) return text === undefined ? { kind: 'nothing' } : { kind: 'text', text }
  if (text !== undefined) {
    throw new InvalidRequest({
      message: 'The input was given twice, as text and with --input',
      next: 'Give one of the two.',
    })
  }
  const parsed = parseJson(json.startsWith('@') ? readFile(json.slice(1)) : json)
  if (parsed.ok) return { kind: 'json', value: parsed.value }
  throw new InvalidRequest({
    message: `--input is no JSON: ${parsed.message}`,
    next: `Quote it for the shell, e.g. --input '{"question": "…"}', or put it into a file: --input @input.json`,
  })
}

/** A workflow of a file, or as an API describes it. */
type TakesInput = Pick<Workflow, 'inputSchema'> & { readonly name: string; readonly example?: Json | undefined }

/**
 * Text becomes the one required string of the workflow's input; nothing becomes its example.
 * @throws InvalidRequest where the workflow takes no single text, or has no example.
 */
export function inputFor(workflow: TakesInput, given: GivenInput): Json {
  if (given.kind === 'json') return given.value
  if (given.kind === 'nothing') {
    if (workflow.example !== undefined) return workflow.example
    throw new InvalidRequest({ message: `Workflow ${workflow.name} needs an input`, next: hint(workflow.inputSchema) })
  }
  if (workflow.inputSchema['type'] === 'string') return given.text
  const field = onlyText(workflow.inputSchema)
  if (field !== undefined) return { [field]: given.text }
  throw new InvalidRequest({
    message: `Workflow ${workflow.name} takes more than one text`,
    next: hint(workflow.inputSchema),
  })
}

function onlyText(schema: JsonObject): string | undefined {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const [field] = required
  const property = required.length === 1 && typeof field === 'string' ? properties[field] : undefined
  return isJsonObject(property) && property['type'] === 'string' ? (field as string) : undefined
}

function hint(schema: JsonObject): string {
  const { $schema: _, ...rest } = schema
  return `Give it with --input as JSON of this schema: ${JSON.stringify(rest)}`
}

function readFile(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > FILE_BYTES) throw new Error(`it has ${size} bytes, at most ${FILE_BYTES} are read`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new InvalidRequest({
      message: `The input file ${path} cannot be read: ${(error as Error).message}`,
      next: 'Name a JSON file that exists: --input @input.json',
      cause: error,
    })
  }
}
