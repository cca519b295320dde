/** Shared state of a workflow: what is declared of a key, and how it looks to people. */
import * as z from 'zod'
import { AgentName, RunId, StepId, WorkflowName } from './ids.ts'
import { Json } from './json.ts'

/** How a write makes the next value from the one before; docs/state.md has the table. */
export const StateReducer = z.enum(['replace', 'append', 'merge', 'max', 'union'])
export type StateReducer = z.infer<typeof StateReducer>

export const StateKeyName = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_-]{0,47}$/,
    'a key starts with a lower-case letter and has at most 48 characters of A-Z a-z 0-9 _ -',
  )

/** Writes that a key takes in one run, where nothing else is declared, and at most. */
export const DEFAULT_VERSIONS = 500
export const MOST_VERSIONS = 5_000

/** What of a key's declaration holds in the records. */
export const StateRules = z.strictObject({
  reducer: StateReducer,
  /** The value before any write. Absent: an empty list or object, or null. */
  initial: Json.optional(),
  maxVersions: z.int().positive().max(MOST_VERSIONS),
})
export type StateRules = z.infer<typeof StateRules>

/** One write, as people see it. */
export const StateVersion = z.strictObject({
  version: z.int().positive(),
  /** When it was accepted. Never before that of the version before it. */
  at: z.iso.datetime(),
  /** Absent: the workflow itself, by a `writeState`. */
  agent: AgentName.optional(),
  stepId: StepId,
  /** What was written; what it came to is the value. */
  delta: Json,
  /** Its writer had read what strangers wrote. */
  untrusted: z.literal(true).optional(),
  /** Of other data that its writer had read. */
  labels: z.array(z.string()).optional(),
})
export type StateVersion = z.infer<typeof StateVersion>

export const StateKeyView = z.strictObject({
  workflow: WorkflowName,
  key: z.string(),
  reducer: StateReducer,
  /** 0: nothing was written by then. */
  version: z.int().nonnegative(),
  at: z.iso.datetime().optional(),
  value: Json,
  untrusted: z.literal(true).optional(),
  /** Up to that version, oldest first; where it is asked for. */
  history: z.array(StateVersion).optional(),
})
export type StateKeyView = z.infer<typeof StateKeyView>

/** The keys that were written to. */
export const StateView = z.strictObject({ runId: RunId, keys: z.array(StateKeyView) })
export type StateView = z.infer<typeof StateView>

export const StateQuery = z.strictObject({
  key: z.string().min(1).max(100).optional().meta({
    description: '`findings`, or `research.findings` where two workflows have one of that name. Absent: all.',
  }),
  at: z
    .union([z.string().regex(/^\d{1,6}$/, 'a version'), z.iso.datetime({ offset: true })])
    .optional()
    .meta({ description: 'A version of the key, or a time in ISO 8601. Absent: now.' }),
  history: z.enum(['true', 'false']).optional().meta({ description: 'Whether every write is told, too.' }),
})
export type StateQuery = z.infer<typeof StateQuery>
