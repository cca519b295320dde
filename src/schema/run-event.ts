/** What a watcher of a run is told, live or afterwards: CLI progress, `--json`, the API's event stream. Made from the journal. */
import * as z from 'zod'
import { RunId } from './ids.ts'
import { RunError, RunStatus } from './run.ts'
import { StepUsage } from './step.ts'

const at = z.iso.datetime()
const stepId = z.string()
const costUsd = z.number().nonnegative().nullable()

export const RunEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run.started'),
    at,
    runId: RunId,
    team: z.string(),
    workflow: z.string(),
    model: z.string(),
    execution: z.int().positive(),
  }),
  z.strictObject({ type: z.literal('step.started'), at, stepId, agent: z.string(), attempt: z.int().positive() }),
  z.strictObject({
    type: z.literal('turn'),
    at,
    stepId,
    turn: z.int().positive(),
    inputTokens: z.int().nonnegative(),
    outputTokens: z.int().nonnegative(),
    costUsd,
  }),
  z.strictObject({
    type: z.literal('tool'),
    at,
    stepId,
    turn: z.int().positive(),
    tool: z.string(),
    status: z.string(),
    reason: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('decision'),
    at,
    stepId,
    rule: z.string(),
    reason: z.string(),
    /** A person is asked, or has decided: the approval's id. */
    approval: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('rejection'), at, stepId, rule: z.string(), reason: z.string() }),
  z.strictObject({
    type: z.literal('step.ended'),
    at,
    stepId,
    /** `completed`, or the stop cause. */
    status: z.string(),
    reason: z.string().optional(),
    usage: StepUsage,
  }),
  z.strictObject({
    type: z.literal('run.ended'),
    at,
    runId: RunId,
    status: RunStatus,
    error: RunError.optional(),
    usage: StepUsage.optional(),
  }),
])
export type RunEvent = z.infer<typeof RunEvent>

/** The same event has the same id however often it is told, so that a watcher can drop what it knows. */
export const EventId = z.string().regex(/^[0-9a-f]{16}$/, 'an event id has 16 hexadecimal digits')
export type EventId = z.infer<typeof EventId>

const [started, stepStarted, turn, tool, decision, rejection, stepEnded, ended] = RunEvent.options
const id = { id: EventId }

/** An event as `baton events` and the API tell it. */
export const StreamedEvent = z.discriminatedUnion('type', [
  started.extend(id),
  stepStarted.extend(id),
  turn.extend(id),
  tool.extend(id),
  decision.extend(id),
  rejection.extend(id),
  stepEnded.extend(id),
  ended.extend(id),
])
export type StreamedEvent = z.infer<typeof StreamedEvent>
