/** Whether a call may run, decided from data alone. Runs nothing, and keeps no count of its own. */
import * as z from 'zod'
import type { Tool } from '../define/tool.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { ToolVerdict } from '../schema/tool-call.ts'

export type Authorization =
  | {
      readonly verdict: Extract<ToolVerdict, { verdict: 'proceed' }>
      readonly tool: Tool
      /** Parsed by the tool's own schemas. */
      readonly input: unknown
      readonly settings: unknown
    }
  | { readonly verdict: Extract<ToolVerdict, { verdict: 'deny' }>; readonly tool: Tool | undefined }

interface Call {
  readonly name: string
  readonly input: Json
  readonly settings: JsonObject
  readonly tools: ReadonlyMap<string, Tool>
  /** Calls that may still run in this step. */
  readonly callsLeft: number
}

export const TOOL_CALL_LIMIT_RULE = 'toolCallLimit'

/** Characters of a schema's complaints that a model is shown. */
const ISSUE_CHARACTERS = 2_000

export function authorize({ name, input, settings, tools, callsLeft }: Call): Authorization {
  const tool = tools.get(name)
  if (tool === undefined) {
    const known = [...tools.keys()].join(', ') || 'none'
    return deny('unknownTool', `There is no tool ${JSON.stringify(name.slice(0, 100))}. Tools you have: ${known}.`)
  }
  if (callsLeft <= 0) {
    return deny(TOOL_CALL_LIMIT_RULE, 'No tool call is left in this step. Answer with what you have.', tool)
  }
  const parsedInput = tool.input.safeParse(input)
  if (!parsedInput.success) {
    return deny('argumentsOffSchema', `The arguments do not fit the tool:\n${issueText(parsedInput.error)}`, tool)
  }
  const parsedSettings = tool.settings.safeParse(settings)
  if (!parsedSettings.success) {
    const text = `The operator has not set up this tool for the run:\n${issueText(parsedSettings.error)}`
    return deny('settingsOffSchema', text, tool)
  }
  return {
    verdict: { verdict: 'proceed', rule: 'declared' },
    tool,
    input: parsedInput.data,
    settings: parsedSettings.data,
  }
}

/** A schema's complaints, as text for a model or a person. */
export function issueText(error: z.ZodError): string {
  const text = z.prettifyError(error)
  return text.length <= ISSUE_CHARACTERS ? text : `${text.slice(0, ISSUE_CHARACTERS)} …`
}

function deny(rule: string, reason: string, tool?: Tool): Authorization {
  return { verdict: { verdict: 'deny', rule, reason }, tool }
}
