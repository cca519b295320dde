/**
 * One row of the journal: the state and the audit at once. Complete from the first version: later parts fill fields,
 * they add none. A row never holds content, only hashes of it; the content lies beside the row as its `body`, so that
 * it can be erased while the chain still verifies.
 */
import * as z from 'zod'
import { AgentName, RunId, Sha256, StepId } from './ids.ts'
import { JsonObject } from './json.ts'
import { Usage } from './model-call.ts'
import { StepUsage } from './step.ts'
import { DataSource } from './tool-call.ts'

export const JournalEvent = z.enum([
  /** An attempt claims its step: the first row of every chain. */
  'start',
  /** A model answered. Written before any tool of that answer runs. */
  'turn',
  /** One tool call of the turn: its verdict and result. */
  'tool',
  /** An output was held against its schema or a check, and refused. */
  'rejection',
  /** A retry, a fallback, a trimmed context, a limit: what was considered and which rule decided. */
  'decision',
  /** The step ended. The last row of a finished chain. */
  'outcome',
  /** A run ended: lists its chains. */
  'end',
])
export type JournalEvent = z.infer<typeof JournalEvent>

/** Who acted. On the `start` row only: every other row of the chain has the same actor. */
export const Actor = z.strictObject({
  agent: AgentName,
  version: z.string(),
  sha256: Sha256,
  role: z.string(),
  onBehalfOf: z.string().optional(),
})
export type Actor = z.infer<typeof Actor>

export const JournalRow = z.strictObject({
  runId: RunId,
  stepId: StepId,
  attempt: z.int().positive(),
  seq: z.int().nonnegative(),
  at: z.iso.datetime(),
  event: JournalEvent,
  actor: Actor.optional(),
  /** On `start` rows: the execution of the run (1, +1 for each resume) that the attempt belongs to. */
  execution: z.int().positive().optional(),
  /** Hash of the row, perhaps of another chain, that this one follows from. */
  cause: Sha256.optional(),
  turn: z.int().positive().optional(),
  reason: z.string().optional(),
  rule: z.string().optional(),
  options: z.array(z.string()).optional(),
  model: z.strictObject({ provider: z.string(), id: z.string(), parameters: JsonObject }).optional(),
  usage: Usage.optional(),
  /** US dollars of this row. null: the model's price is not known. Absent: nothing was bought. */
  costUsd: z.number().nonnegative().nullable().optional(),
  tool: z.strictObject({ name: z.string(), callId: z.string(), effect: z.string().optional() }).optional(),
  /** SHA-256 of what went in and came out, by name: prompt, tools, arguments, result, output, input. */
  hashes: z.record(z.string(), Sha256).optional(),
  sources: z.array(DataSource).optional(),
  policyVersion: z.string().optional(),
  approval: z.string().optional(),
  status: z.string().optional(),
  /** On `outcome` rows: what the output carries, in order. */
  labels: z.array(z.string()).optional(),
  /** On `outcome` rows: totals of the step. */
  total: StepUsage.optional(),
  /** With heads and numbers of rows. On `end` rows: every chain of the run; on `join` decisions: those of the branches. */
  chains: z.array(z.strictObject({ stepId: StepId, attempt: z.int(), rows: z.int(), head: Sha256 })).optional(),
  bodySha256: Sha256.optional(),
  prev: Sha256,
  hash: Sha256,
})
export type JournalRow = z.infer<typeof JournalRow>

/** What a writer gives; the chain adds place, `prev`, `hash` and the body's hash. */
export type JournalEntry = Omit<JournalRow, 'runId' | 'stepId' | 'attempt' | 'seq' | 'prev' | 'hash' | 'bodySha256'>
