/** What there is to run, for those who do not have the team's file: names, versions, bounds, schemas. */
import * as z from 'zod'
import { AgentName, Sha256, TeamName, Version, WorkflowName } from './ids.ts'
import { Json, JsonObject } from './json.ts'
import { EffectKind } from './tool-call.ts'

const bound = z.number().nonnegative()

export const AgentDescription = z.strictObject({
  name: AgentName,
  version: Version,
  sha256: Sha256,
  kind: z.enum(['worker', 'service', 'support']),
  role: z.string(),
  goal: z.string(),
  model: z.strictObject({
    id: z.string(),
    fallbacks: z.array(z.string()),
    temperature: z.number().optional(),
    maxTokens: z.int().positive(),
  }),
  tools: z.array(z.strictObject({ name: z.string(), description: z.string(), effect: EffectKind })),
  checks: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  limits: z.record(z.string(), z.number()).meta({ description: 'turns, toolCalls, tokens, costUsd, seconds, …' }),
  inputSchema: JsonObject,
  outputSchema: JsonObject,
})
export type AgentDescription = z.infer<typeof AgentDescription>

/** The worst case over the finite graph; null: not known before a run. */
export const WorstCase = z.strictObject({
  steps: bound,
  answers: bound,
  modelCalls: bound,
  toolCalls: bound,
  tokens: bound,
  costUsd: bound.nullable(),
  seconds: bound.nullable(),
  transitions: bound,
  events: bound,
})
export type WorstCase = z.infer<typeof WorstCase>

/** A person whom a workflow may ask. */
export const PersonAsked = z.strictObject({
  step: z.string(),
  what: z.string().meta({ description: '`approve`, `person`, `agent` for what the agent itself asks, `tool <name>`' }),
  roles: z.array(z.string()).meta({ description: 'Who may decide; none: anybody who may use the API.' }),
  quorum: z.int().positive(),
  seconds: z.int().positive(),
  onExpiry: z.enum(['deny', 'approve']),
})
export type PersonAsked = z.infer<typeof PersonAsked>

export const WorkflowDescription = z.strictObject({
  name: WorkflowName,
  version: Version,
  sha256: Sha256,
  description: z.string(),
  inputSchema: JsonObject,
  outputSchema: JsonObject,
  example: Json.optional(),
  bounds: WorstCase,
  people: z.array(PersonAsked).optional(),
})
export type WorkflowDescription = z.infer<typeof WorkflowDescription>

export const TeamDescription = z.strictObject({
  team: TeamName,
  sha256: Sha256,
  description: z.string(),
  /** What the operator may set for a run. */
  settingsSchema: JsonObject,
  agents: z.array(AgentDescription),
  workflows: z.array(WorkflowDescription),
})
export type TeamDescription = z.infer<typeof TeamDescription>
