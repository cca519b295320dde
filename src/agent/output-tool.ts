/** The synthetic tool by which an agent hands in its output: providers want an object there, an output may be anything. */
import type { Agent } from '../define/agent.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { SUBMIT_OUTPUT_TOOL, type ToolSpec } from '../schema/model-call.ts'

export interface OutputTool {
  readonly spec: ToolSpec
  /** The output within the tool's arguments. */
  readonly unwrap: (input: Json) => Json
}

const DESCRIPTION = 'Hands in your final answer and ends your work. Call it once, alone, when you are done.'
const WRAPPER = 'output'
const SELF = '"$ref":"#"'

export function outputTool({ outputSchema }: Pick<Agent, 'outputSchema'>): OutputTool {
  const { $schema: _, ...schema } = outputSchema
  if (schema['type'] === 'object') return { spec: specOf(schema), unwrap: (input) => input }
  return {
    spec: specOf(wrapped(schema)),
    // A model that leaves the wrapper away has said the same.
    unwrap: (input) => (isJsonObject(input) && WRAPPER in input ? (input[WRAPPER] ?? null) : input),
  }
}

/** Definitions are referred to from the root, so they stay there; so does a schema that refers to itself as the root. */
function wrapped(schema: JsonObject): JsonObject {
  const { $defs, ...inner } = schema
  const isRecursive = JSON.stringify(schema).includes(SELF)
  const definitions: JsonObject = {
    ...(isJsonObject($defs) && $defs),
    ...(isRecursive && { [WRAPPER]: inner }),
  }
  const made: JsonObject = {
    type: 'object',
    properties: { [WRAPPER]: isRecursive ? { $ref: `#/$defs/${WRAPPER}` } : inner },
    required: [WRAPPER],
    additionalProperties: false,
    ...(Object.keys(definitions).length > 0 && { $defs: definitions }),
  }
  return JSON.parse(JSON.stringify(made).replaceAll(SELF, `"$ref":"#/$defs/${WRAPPER}"`))
}

function specOf(inputSchema: JsonObject): ToolSpec {
  return { name: SUBMIT_OUTPUT_TOOL, description: DESCRIPTION, inputSchema }
}
