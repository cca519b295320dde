/** `defineAgent`: role, goal, instructions, model, tools, limits, schemas. Declares; src/agent runs it. */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { ApprovalPolicy } from '../schema/approval.ts'
import { AgentName, ToolName, Version } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import {
  ASK_PERSON_TOOL,
  READ_MESSAGES_TOOL,
  READ_STATE_TOOL,
  REMEMBER_TOOL,
  SEARCH_MEMORY_TOOL,
  SEND_MESSAGE_TOOL,
  SUBMIT_OUTPUT_TOOL,
  UPDATE_STATE_TOOL,
} from '../schema/model-call.ts'
import { contentHash, freeze, isKind, parseDefinition, requireFields } from './definition.ts'
import { DeclaredGuardrails, type Guardrail, hashedGuardrails } from './guardrail.ts'
import { DeclaredMemory, hashedMemory, type MemoryGrants } from './memory.ts'
import { DeclaredEdges, hashedEdges, type MessageEdges } from './message.ts'
import { DeclaredGrants, hashedGrants, type StateGrants } from './state.ts'
import type { Tool } from './tool.ts'
import { DeclaredRules, hashedRules, type PolicyRule } from './tool-policy.ts'

/** What a check says of an output that fits the schema. Data, so that it can be recorded and replayed. */
export type CheckVerdict =
  | { readonly verdict: 'accept' }
  /** `problems` are shown to the model, which may repair its output within its bounds. */
  | { readonly verdict: 'reject'; readonly problems: readonly string[] }

/** A rule in code that an output must pass before it counts, e.g. "every quote exists in its source". */
export interface OutputCheck<Output = unknown> {
  readonly name: string
  readonly description: string
  readonly run: (output: Output, context: CheckContext) => Promise<CheckVerdict>
}

export interface CheckContext {
  readonly runId: string
  readonly stepId: string
  readonly input: Json
  readonly settings: JsonObject
  readonly signal: AbortSignal
}

export const AgentModel = z.strictObject({
  /** The provider's model id. The `offline` and `scripted` models answer for any id. */
  id: z.string().min(1),
  /** Other ids, tried in order when this one is throttled, down or denied. */
  fallbacks: z.array(z.string().min(1)).max(5).default([]),
  /** A cheaper model, taken for the rest of a step once a limit with the policy `degrade` is near. */
  degradeTo: z.string().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  /** Tokens an answer may have at most. */
  maxTokens: z.int().positive().max(200_000).default(4_096),
})
export type AgentModel = z.infer<typeof AgentModel>

/** Every bound is finite by default. A crossed bound is a typed stop, never an exception. */
export const AgentLimits = z.strictObject({
  /** Model answers. */
  turns: z.int().positive().max(200).default(8),
  toolCalls: z.int().positive().max(2_000).default(32),
  /** Input + output tokens over all turns. */
  tokens: z.int().positive().default(200_000),
  costUsd: z.number().positive().default(1),
  /** Wall-clock seconds of the step over all its attempts, waits aside. Fits Lambda's 15 minutes. */
  seconds: z.int().positive().max(840).default(300),
  /** How often an output that is off schema or fails a check goes back to the model. */
  repairs: z.int().nonnegative().max(10).default(2),
  /** Input tokens of one model call, estimated; older tool results are cut from the context above it. */
  contextTokens: z.int().positive().default(100_000),
})
export type AgentLimits = z.infer<typeof AgentLimits>

/**
 * What happens at a limit. `stop`: the step stops. `degrade`: it goes on with `model.degradeTo`, then stops. `ask`: a person
 * says whether it may go on. `finish`: one last answer is kept back, with what there is by then.
 */
export const LimitPolicy = z.enum(['stop', 'degrade', 'ask', 'finish'])
export type LimitPolicy = z.infer<typeof LimitPolicy>

export const LimitPolicies = z
  .strictObject({
    costUsd: LimitPolicy,
    tokens: LimitPolicy,
    turns: z.enum(['stop', 'ask', 'finish']),
    toolCalls: z.enum(['stop', 'ask', 'finish']),
    seconds: z.enum(['stop', 'finish']),
    repairs: z.enum(['stop', 'ask']),
    /** A budget above the step: of the workflow, the run, the organisation. */
    budget: LimitPolicy,
  })
  .partial()
export type LimitPolicies = z.infer<typeof LimitPolicies>

/** What an agent may do by itself. `suggest`: effects are only written down. `approve`: a person allows each. `report`: it acts. */
export const Autonomy = z.enum(['suggest', 'approve', 'report'])
export type Autonomy = z.infer<typeof Autonomy>

interface AgentSpecification<Input extends z.ZodType, Output extends z.ZodType> {
  readonly name: string
  readonly version: string
  /** Who it is: "Research analyst". */
  readonly role: string
  /** What it is there to reach, in a sentence. */
  readonly goal: string
  /** How it works. */
  readonly instructions: string
  readonly model: z.input<typeof AgentModel>
  readonly tools?: readonly Tool[]
  readonly input: Input
  readonly output: Output
  readonly checks?: readonly OutputCheck<z.output<Output>>[]
  readonly limits?: z.input<typeof AgentLimits>
  /** @default every limit stops the step */
  readonly onLimit?: LimitPolicies
  /** For all its tools but those that only read, or for each by name. @default 'report' */
  readonly autonomy?: Autonomy | Readonly<Record<string, Autonomy>>
  /** Whether it may ask a person a question. @default false */
  readonly asks?: boolean
  /** Messages that it may send, by the agent that gets them: `{ reviewer: [ReviewRequest] }`. @default none */
  readonly sends?: MessageEdges
  /** Messages that it takes, by the agent that may send them. @default none */
  readonly receives?: MessageEdges
  /** Which keys of its workflow's state it may read and write: `{ reads: { plan }, writes: { findings } }`. @default none */
  readonly state?: StateGrants
  /** Which spaces of its team's memory it may search and add to: `{ reads: [customers], writes: [customers] }`. @default none */
  readonly memory?: MemoryGrants
  /** Rules for the arguments of its calls, beside those of the tools themselves: `{ refund: [smallSums] }`. @default none */
  readonly permissions?: Readonly<Record<string, readonly PolicyRule[]>>
  /** Names of tools that it may not call but whose use it may hand on with a task: `['refund']`. @default none */
  readonly delegates?: readonly string[]
  /** What looks at all that passes between it, its model and its tools, in this order. @default none */
  readonly guardrails?: readonly Guardrail[]
  /** What is allowed to be so, and why: `{ trifecta: 'the mails go to our own staff only' }`. @default nothing */
  readonly waive?: { readonly trifecta: string }
  /** Who decides where the agent asks: for `asks`, `autonomy: 'approve'` and the limit policy `ask`. @default anybody */
  readonly oversight?: z.input<typeof ApprovalPolicy>
  /** Sets default rights: a `support` agent reads telemetry only. @default 'worker' */
  readonly kind?: 'worker' | 'service' | 'support'
}

/** An agent as everything after the declaration sees it. Frozen; `sha256` is recorded with every decision it makes. */
export interface Agent<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly kind: 'agent'
  readonly rights: 'worker' | 'service' | 'support'
  readonly name: AgentName
  readonly version: string
  readonly role: string
  readonly goal: string
  readonly instructions: string
  readonly model: AgentModel
  readonly tools: readonly Tool[]
  readonly input: Input
  readonly output: Output
  readonly inputSchema: JsonObject
  readonly outputSchema: JsonObject
  readonly checks: readonly OutputCheck[]
  readonly limits: AgentLimits
  readonly onLimit?: LimitPolicies | undefined
  readonly autonomy?: Autonomy | Readonly<Record<string, Autonomy>> | undefined
  readonly asks?: boolean | undefined
  readonly sends?: MessageEdges | undefined
  readonly receives?: MessageEdges | undefined
  readonly state?: StateGrants | undefined
  readonly memory?: MemoryGrants | undefined
  readonly permissions?: Readonly<Record<string, readonly PolicyRule[]>> | undefined
  readonly delegates?: readonly ToolName[] | undefined
  readonly guardrails?: readonly Guardrail[] | undefined
  readonly waive?: { readonly trifecta: string } | undefined
  readonly oversight?: ApprovalPolicy | undefined
  readonly sha256: string
}

const MESSAGE_TOOLS = [SEND_MESSAGE_TOOL, READ_MESSAGES_TOOL]
const STATE_TOOLS = [READ_STATE_TOOL, UPDATE_STATE_TOOL]
const MEMORY_TOOLS = [SEARCH_MEMORY_TOOL, REMEMBER_TOOL]

const Declaration = z.strictObject({
  name: AgentName,
  version: Version,
  role: z.string().min(1).max(200),
  goal: z.string().min(1).max(2_000),
  instructions: z.string().min(1).max(50_000),
  model: AgentModel,
  limits: AgentLimits.prefault({}),
  onLimit: LimitPolicies.optional(),
  autonomy: z.union([Autonomy, z.record(z.string(), Autonomy)]).optional(),
  asks: z.boolean().optional(),
  sends: DeclaredEdges.optional(),
  receives: DeclaredEdges.optional(),
  state: DeclaredGrants.optional(),
  memory: DeclaredMemory.optional(),
  permissions: z.record(ToolName, DeclaredRules).optional(),
  delegates: z.array(ToolName).max(64).optional(),
  guardrails: DeclaredGuardrails.optional(),
  waive: z.strictObject({ trifecta: z.string().min(1).max(500) }).optional(),
  oversight: ApprovalPolicy.optional(),
  kind: z.enum(['worker', 'service', 'support']).default('worker'),
  tools: z
    .array(
      z.custom<Tool>((value) => isKind(value, 'tool'), {
        error: 'a tool made by defineTool is expected',
        params: { remedy: 'give tools: [ defineTool({ … }) ]' },
      }),
    )
    .max(64)
    .refine((tools) => new Set(tools.map(nameOf)).size === tools.length, {
      error: 'two tools of one agent have the same name',
      params: { remedy: 'give each tool a name of its own, or list it once' },
    })
    .refine((tools) => !tools.some((tool) => nameOf(tool) === SUBMIT_OUTPUT_TOOL), {
      error: `${SUBMIT_OUTPUT_TOOL} is reserved`,
      params: { remedy: `give the tool another name than ${SUBMIT_OUTPUT_TOOL}` },
    })
    .refine((tools) => !tools.some((tool) => nameOf(tool) === ASK_PERSON_TOOL), {
      error: `${ASK_PERSON_TOOL} is reserved`,
      params: { remedy: `give the tool another name than ${ASK_PERSON_TOOL}, and the agent \`asks: true\` to have it` },
    })
    .refine((tools) => !tools.some((tool) => MESSAGE_TOOLS.includes(String(nameOf(tool)))), {
      error: `${MESSAGE_TOOLS.join(' and ')} are reserved`,
      params: { remedy: 'give the tool another name; an agent has these two by its `sends` and `receives`' },
    })
    .refine((tools) => !tools.some((tool) => STATE_TOOLS.includes(String(nameOf(tool)))), {
      error: `${STATE_TOOLS.join(' and ')} are reserved`,
      params: { remedy: 'give the tool another name; an agent has these two by its `state`' },
    })
    .refine((tools) => !tools.some((tool) => MEMORY_TOOLS.includes(String(nameOf(tool)))), {
      error: `${MEMORY_TOOLS.join(' and ')} are reserved`,
      params: { remedy: 'give the tool another name; an agent has these two by its `memory`' },
    })
    .default([]),
  checks: z
    .array(
      z.custom<OutputCheck>(isCheck, {
        error: 'a check has a name, a description and a run function',
        params: { remedy: 'give checks: [ { name, description, run: async (output) => … } ]' },
      }),
    )
    .default([]),
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineAgent<Input extends z.ZodType, Output extends z.ZodType>(
  specification: AgentSpecification<Input, Output>,
): Agent<Input, Output> {
  requireFields(
    'agent',
    specification,
    'defineAgent({ name, version, role, goal, instructions, model, input, output })',
  )
  const { input, output, ...rest } = specification
  const label = `agent ${JSON.stringify(rest.name)}`
  const { kind, ...declared } = parseDefinition(label, Declaration, rest, { schemas: { input, output } })
  const issues = [...limitIssues(declared), ...permissionIssues(declared)]
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const inputSchema = z.toJSONSchema(input, { io: 'input' }) as { [key: string]: Json }
  const outputSchema = z.toJSONSchema(output, { io: 'input' }) as { [key: string]: Json }
  const sha256 = contentHash({
    ...declared,
    kind,
    ...(declared.sends && { sends: hashedEdges(declared.sends) }),
    ...(declared.receives && { receives: hashedEdges(declared.receives) }),
    ...(declared.state && { state: hashedGrants(declared.state) }),
    ...(declared.memory && { memory: hashedMemory(declared.memory) }),
    ...(declared.permissions && { permissions: hashedPermissions(declared.permissions) }),
    ...(declared.guardrails && { guardrails: hashedGuardrails(declared.guardrails) }),
    tools: declared.tools.map((tool) => tool.sha256),
    checks: declared.checks.map(({ name, description }) => ({ name, description })),
    inputSchema,
    outputSchema,
  })
  return freeze({ kind: 'agent', rights: kind, ...declared, input, output, inputSchema, outputSchema, sha256 })
}

/** Policies that can never come to anything. */
function limitIssues({ model, onLimit = {} }: Pick<Agent, 'model' | 'onLimit'>): Issue[] {
  const degrades = Object.entries(onLimit).filter(([, policy]) => policy === 'degrade')
  if (model.degradeTo === undefined) {
    return degrades.map(([limit]) => ({
      path: `onLimit.${limit}`,
      message: 'there is no cheaper model to go on with',
      remedy: "give model.degradeTo a model's id, or choose another policy: stop, ask, finish",
    }))
  }
  if (degrades.length === 0) {
    const remedy = "give onLimit: { costUsd: 'degrade' }, or leave degradeTo away"
    return [{ path: 'model.degradeTo', message: 'no limit has the policy degrade', remedy }]
  }
  if (model.degradeTo !== model.id) return []
  const remedy = 'give degradeTo the id of a cheaper model'
  return [{ path: 'model.degradeTo', message: 'it is the model itself', remedy }]
}

function permissionIssues({ tools, permissions = {} }: Pick<Agent, 'tools' | 'permissions'>): Issue[] {
  const names = tools.map(({ name }) => name as string)
  return Object.keys(permissions).flatMap((name) => {
    if (names.includes(name)) return []
    const remedy = names.length === 0 ? 'leave it out' : `name one of its tools: ${names.join(', ')}`
    return [{ path: `permissions.${name}`, message: `it has no tool ${name}`, remedy }]
  })
}

function hashedPermissions(permissions: Readonly<Record<string, readonly PolicyRule[]>>) {
  return Object.fromEntries(Object.entries(permissions).map(([tool, rules]) => [tool, hashedRules(rules)]))
}

/** Refinements run on what is no tool as well. */
function nameOf(tool: Tool): unknown {
  return (tool as Tool | null)?.name
}

function isCheck(value: unknown): boolean {
  const check = value as Partial<OutputCheck> | null
  return (
    typeof check === 'object' &&
    check !== null &&
    typeof check.run === 'function' &&
    !!check.name &&
    !!check.description
  )
}
