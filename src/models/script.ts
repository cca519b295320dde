/** The script of a scripted model: replies as data. Parses and reads it; src/models/scripted.ts plays it. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { parseDefinition } from '../define/definition.ts'
import { InvalidRequest } from '../errors.ts'
import { Json } from '../schema/json.ts'
import { ModelStopReason, Usage } from '../schema/model-call.ts'

export const ScriptedFailure = z.enum(['throttled', 'timedOut', 'unavailable', 'garbage', 'denied', 'rejected'])
export type ScriptedFailure = z.infer<typeof ScriptedFailure>

/** Says something (`text`, `toolUses`, `submit`) or fails. A failure uses up no turn: the next reply answers the retry. */
export const ScriptedReply = z
  .strictObject({
    text: z.string().optional(),
    toolUses: z
      .array(z.strictObject({ name: z.string(), input: Json, id: z.string().min(1).optional() }))
      .min(1)
      .optional(),
    /** The agent's output, handed in by its submit tool. */
    submit: Json.optional(),
    fail: ScriptedFailure.optional(),
    retryAfterMs: z.int().nonnegative().optional(),
    message: z.string().optional(),
    stopReason: ModelStopReason.optional(),
    /** @default 0 of each: a script counts nothing that it was not told */
    usage: Usage.partial().optional(),
    /** Milliseconds on the clock before the answer. Longer than the call's time limit: the call times out. */
    latencyMs: z.int().nonnegative().optional(),
    /** Which turn of the step this answers. @default the turn after the reply before it */
    turn: z.int().positive().optional(),
    /** Answers its own turn and all later ones, for ever. @default false */
    repeat: z.boolean().optional(),
  })
  .superRefine((reply, context) => {
    const says = reply.text !== undefined || reply.toolUses !== undefined || reply.submit !== undefined
    if (says === (reply.fail !== undefined)) {
      const message = 'a reply has either text, toolUses or submit, or else fail'
      context.addIssue({ code: 'custom', path: [says ? 'fail' : 'text'], message })
    }
    if (reply.retryAfterMs !== undefined && reply.fail === undefined) {
      context.addIssue({ code: 'custom', path: ['retryAfterMs'], message: 'only a reply with fail can have it' })
    }
  })
export type ScriptedReply = z.infer<typeof ScriptedReply>

/** `researcher`, `writer@draft*` (only the writer's steps whose id matches; `*` stands for any characters), `*` (every agent). */
const LANE_KEY = /^(\*|[a-z][a-zA-Z0-9_-]{0,47})(@[A-Za-z0-9_.:/=*-]{1,200})?$/

export const ScriptFile = z.strictObject({
  description: z.string().optional(),
  /** Replies in the order of a step's turns. Every step of an agent plays the list from its start. */
  agents: z.record(z.string(), z.array(ScriptedReply).min(1)).superRefine((agents, context) => {
    for (const key of Object.keys(agents).filter((key) => !LANE_KEY.test(key))) {
      const message = 'a key is an agent, agent@step with * for any characters, or * for every agent'
      context.addIssue({ code: 'custom', path: [key], message })
    }
  }),
})
export type ScriptFile = z.infer<typeof ScriptFile>

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function parseScript(label: string, value: unknown): ScriptFile {
  return parseDefinition(label, ScriptFile, value, {})
}

/** @throws InvalidRequest where the file cannot be read or is no JSON; InvalidDefinition where it is no script. */
export function readScript(path: string): ScriptFile {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InvalidRequest({
      message: `the script ${path} could not be read: ${(error as Error).message}`,
      next: 'Name a JSON file of the form { "agents": { "researcher": [{ "text": "…" }] } }.',
      cause: error,
    })
  }
  return parseScript(`script ${path}`, value)
}
