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

export function outputTool({ outputSchema }: Pick<Agent, 'outputSchema'>): OutputTool {
  const { $schema: _, ...schema } = outputSchema
  if (schema['type'] === 'object') return { spec: specOf(schema), unwrap: (input) => input }
  // Definitions are referred to from the root, so they stay there.
  const { $defs, ...inner } = schema
  const wrapped: JsonObject = {
    type: 'object',
    properties: { [WRAPPER]: inner },
    required: [WRAPPER],
    additionalProperties: false,
    ...($defs !== undefined && { $defs }),
  }
  return { spec: specOf(wrapped), unwrap: (input) => (isJsonObject(input) ? (input[WRAPPER] ?? null) : input) }
}

function specOf(inputSchema: JsonObject): ToolSpec {
  return { name: SUBMIT_OUTPUT_TOOL, description: DESCRIPTION, inputSchema }
}
