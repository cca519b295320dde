/** Whether a call may run, decided from data alone. Runs nothing, and keeps no count of its own. */
import * as z from 'zod'
import type { Agent, Autonomy } from '../define/agent.ts'
import type { Tool } from '../define/tool.ts'
import type { PolicyContext } from '../define/tool-policy.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { type Label, UNTRUSTED } from '../schema/label.ts'
import type { ToolVerdict } from '../schema/tool-call.ts'
import { beyondSink, refusalOf, SINK_RULE, sinkReason } from './data-policy.ts'

/** A call as its tool's own schemas read it. */
interface Parsed {
  readonly tool: Tool
  readonly input: unknown
  readonly settings: unknown
}

type Verdict<Kind extends ToolVerdict['verdict']> = Extract<ToolVerdict, { verdict: Kind }>

export type Authorization =
  | ({ readonly verdict: Verdict<'proceed'> } & Parsed)
  /** It may run once a person has allowed it. */
  | ({ readonly verdict: Verdict<'ask'> } & Parsed)
  | { readonly verdict: Verdict<'suggest'>; readonly tool: Tool }
  | { readonly verdict: Verdict<'deny'>; readonly tool: Tool | undefined }

interface Call {
  readonly name: string
  readonly input: Json
  readonly settings: JsonObject
  readonly tools: ReadonlyMap<string, Tool>
  /** Calls that may still run in this step. */
  readonly callsLeft: number
  /** Whether it was made before, more than once, and gave nothing new. */
  readonly repeatsInVain: boolean
  /** Of all that the step had read when the model asked for the call. */
  readonly labels: readonly Label[]
  readonly autonomy: Agent['autonomy']
  readonly permissions?: Agent['permissions']
  /** For rules about its arguments. */
  readonly place: Omit<PolicyContext, 'labels' | 'settings'>
  /** Why whoever gave the task may not have this tool used for them. @default they may */
  readonly withheld?: ((tool: Pick<Tool, 'name' | 'effect'>) => string | undefined) | undefined
}

export const TOOL_CALL_LIMIT_RULE = 'toolCallLimit'
export const LOOP_RULE = 'loop'
export const DELEGATION_RULE = 'delegation'

/** Characters of a schema's complaints that a model is shown. */
const ISSUE_CHARACTERS = 2_000
const SUGGESTED =
  'Not done: you may only suggest this, and it was written down for a person. Go on without its effect, and say so.'

export function authorize(call: Call): Authorization {
  const { name, tools, callsLeft } = call
  const tool = tools.get(name)
  if (tool === undefined) {
    const known = [...tools.keys()].join(', ') || 'none'
    return deny('unknownTool', `There is no tool ${JSON.stringify(name.slice(0, 100))}. Tools you have: ${known}.`)
  }
  if (callsLeft <= 0) {
    return deny(TOOL_CALL_LIMIT_RULE, 'No tool call is left in this step. Answer with what you have.', tool)
  }
  if (call.repeatsInVain) {
    const text = 'You have made this very call before, and each time it gave the same.'
    return deny(LOOP_RULE, `${text} Do something else, or answer with what you have.`, tool)
  }
  const withheld = call.withheld?.(tool)
  if (withheld !== undefined) return deny(DELEGATION_RULE, withheld, tool)
  const parsedInput = tool.input.safeParse(call.input)
  if (!parsedInput.success) {
    return deny('argumentsOffSchema', `The arguments do not fit the tool:\n${issueText(parsedInput.error)}`, tool)
  }
  const parsedSettings = tool.settings.safeParse(call.settings)
  if (!parsedSettings.success) {
    const text = `The operator has not set up this tool for the run:\n${issueText(parsedSettings.error)}`
    return deny('settingsOffSchema', text, tool)
  }
  const { settings, labels, place, permissions } = call
  const refused = refusalOf(tool, parsedInput.data, { ...place, settings, labels }, permissions)
  if (refused !== undefined) return deny(refused.rule, refused.reason, tool)
  return decide({ tool, input: parsedInput.data, settings: parsedSettings.data }, call)
}

function decide(parsed: Parsed, { autonomy, labels }: Call): Authorization {
  const { tool, input } = parsed
  const beyond = beyondSink(tool, labels)
  const sink = beyond.length === 0 ? undefined : { rule: SINK_RULE, reason: sinkReason(tool, beyond) }
  if (sink !== undefined && tool.takes?.otherwise === 'deny') return deny(sink.rule, sink.reason, tool)
  const level = autonomyOf(tool, autonomy)
  if (level === 'suggest') return { verdict: { verdict: 'suggest', rule: 'autonomy.suggest', reason: SUGGESTED }, tool }
  const isTainted = labels.includes(UNTRUSTED)
  const asks = sink ?? approvalRule(tool, input, isTainted) ?? (level === 'approve' ? APPROVE : undefined)
  if (asks !== undefined) return { verdict: { verdict: 'ask', ...asks }, ...parsed }
  return { verdict: { verdict: 'proceed', rule: 'declared' }, ...parsed }
}

/** What is said of an agent as a whole is not meant for tools that only read; what is said of a tool by name is. */
function autonomyOf({ name, effect }: Tool, autonomy: Agent['autonomy']): Autonomy {
  if (typeof autonomy === 'string') return effect === 'read' ? 'report' : autonomy
  return autonomy?.[name] ?? 'report'
}

interface Rule {
  readonly rule: string
  readonly reason: string
}

const APPROVE: Rule = { rule: 'autonomy.approve', reason: 'a person allows what this agent does' }

/** Why a person must allow a call with these arguments; undefined: none need to. */
function approvalRule({ approval }: Tool, input: unknown, isTainted: boolean): Rule | undefined {
  if (approval === undefined) return undefined
  const { when } = approval
  if (when === 'always') return { rule: 'approval.always', reason: 'a person allows every call of this tool' }
  if (when === 'tainted') {
    return isTainted ? { rule: 'approval.tainted', reason: 'untrusted content was read before this call' } : undefined
  }
  try {
    return when(input) ? { rule: 'approval.predicate', reason: 'a person allows calls with such arguments' } : undefined
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    return { rule: 'approval.predicateFailed', reason: `its rule for approvals failed: ${what}`.slice(0, 200) }
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
