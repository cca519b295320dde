/** The hops `ToolCall` → `ToolVerdict` → `ToolResult`. */
import * as z from 'zod'
import { RunId, StepId, ToolName } from './ids.ts'
import { Json } from './json.ts'

/** What repeating a call may do; the promise each kind gets is in docs/architecture.md. */
export const EffectKind = z.enum(['read', 'table', 'keyed', 'fenced', 'lookup', 'opaque'])
export type EffectKind = z.infer<typeof EffectKind>

export const ToolCall = z.strictObject({
  /** sha256(run, step, turn, tool, canonical arguments, ordinal among equal calls of the turn): the idempotency key. */
  callId: z.string().min(1),
  toolUseId: z.string().min(1),
  runId: RunId,
  stepId: StepId,
  turn: z.int().positive(),
  tool: ToolName,
  input: Json,
})
export type ToolCall = z.infer<typeof ToolCall>

/** Whether a call may run, decided from data alone. `rule` names what decided; `reason` is shown to the model. */
export const ToolVerdict = z.discriminatedUnion('verdict', [
  /** A person must allow it first. */
  z.strictObject({ verdict: z.literal('ask'), rule: z.string(), reason: z.string() }),
  /** It is written down for a person, and not run. */
  z.strictObject({ verdict: z.literal('suggest'), rule: z.string(), reason: z.string() }),
  z.strictObject({ verdict: z.literal('proceed'), rule: z.string() }),
  z.strictObject({ verdict: z.literal('deny'), rule: z.string(), reason: z.string() }),
])
export type ToolVerdict = z.infer<typeof ToolVerdict>

/** Where data came from: a location, the hash of what was read there, and the lines if it was text (1-based, inclusive). */
export const DataSource = z.strictObject({
  uri: z.string().min(1),
  sha256: z.string(),
  lines: z.tuple([z.int().positive(), z.int().positive()]).optional(),
})
export type DataSource = z.infer<typeof DataSource>

/** A failure is a value: it is shown to the model, which may do something else. */
export const ToolResult = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('ok'), output: Json, sources: z.array(DataSource).optional() }),
  z.strictObject({ status: z.literal('error'), name: z.string(), message: z.string() }),
])
export type ToolResult = z.infer<typeof ToolResult>
