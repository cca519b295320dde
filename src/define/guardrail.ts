/** `defineGuardrail`: what looks at whatever passes between an agent, its model and its tools. Declares; src/agent runs it. */
import * as z from 'zod'
import { GuardrailPlace, type GuardrailVerdict } from '../schema/guardrail.ts'
import { ToolName, Version } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { freeze, isKind, parseDefinition, requireFields } from './definition.ts'
import { type AwsCredentials, Grant } from './tool.ts'

/** What passes. Of a model: content blocks (text, toolUse, toolResult). Of a tool: its arguments, its output or its error's message. */
export interface Passing {
  readonly at: GuardrailPlace
  readonly value: Json
  /** Of `tool.before` and `tool.after`. */
  readonly tool?: string
}

export interface GuardrailContext {
  readonly runId: string
  readonly stepId: string
  readonly agent: string
  /** Aborts when its time is up or the run is cancelled. */
  readonly signal: AbortSignal
  /** Of the role that holds its `grants`. Absent where AWS's own chain finds what counts: on a laptop the user's. */
  readonly credentials?: AwsCredentials | undefined
}

type RunGuardrail = (passing: Passing, context: GuardrailContext) => Promise<GuardrailVerdict>

interface GuardrailSpecification {
  readonly name: string
  readonly version: string
  /** For people: what it keeps from passing. */
  readonly description: string
  readonly at: readonly GuardrailPlace[]
  /** Of `tool.before` and `tool.after`: only these. @default every tool */
  readonly tools?: readonly string[]
  /** @default 10 */
  readonly timeoutSeconds?: number
  readonly grants?: readonly Grant[]
  readonly run: RunGuardrail
}

/** A guardrail as everything after the declaration sees it. Frozen. */
export interface Guardrail {
  readonly kind: 'guardrail'
  readonly name: string
  readonly version: string
  readonly description: string
  readonly at: readonly GuardrailPlace[]
  readonly tools?: readonly string[] | undefined
  readonly timeoutSeconds: number
  readonly grants: readonly Grant[]
  readonly run: RunGuardrail
}

const Declaration = z.strictObject({
  name: z.string().regex(/^[a-z][a-zA-Z0-9-]{0,47}$/, 'a lower-case letter first, then letters, digits, hyphens'),
  version: Version,
  description: z.string().min(1).max(1_000),
  at: z.array(GuardrailPlace).min(1).max(4),
  tools: z.array(ToolName).min(1).max(64).optional(),
  timeoutSeconds: z.number().positive().max(120).default(10),
  grants: z.array(Grant).max(16).default([]),
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineGuardrail(specification: GuardrailSpecification): Guardrail {
  requireFields('guardrail', specification, 'defineGuardrail({ name, version, description, at, run })')
  const { run, ...rest } = specification
  const label = `guardrail ${JSON.stringify(rest.name)}`
  const declared = parseDefinition(label, Declaration, rest, { functions: { run } })
  return freeze({ kind: 'guardrail', ...declared, run })
}

export const DeclaredGuardrails = z
  .array(
    z.custom<Guardrail>((value) => isKind(value, 'guardrail'), {
      error: 'a guardrail made by defineGuardrail is expected',
      params: { remedy: 'give guardrails: [ defineGuardrail({ … }) ]' },
    }),
  )
  .max(16)
  .refine((all) => new Set(all.map((one) => (one as Guardrail | null)?.name)).size === all.length, {
    error: 'two guardrails of one agent have the same name',
    params: { remedy: 'give each a name of its own, or list it once' },
  })

/** What of them an agent's hash covers. */
export function hashedGuardrails(guardrails: readonly Guardrail[]): readonly object[] {
  return guardrails.map(({ run: _, kind: __, ...declared }) => declared)
}
