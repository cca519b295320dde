/** The hop between an agent and the function of an isolated tool. How it gets there is the host's business. */
import * as z from 'zod'
import { AgentName, RunId, StepId, ToolName } from '../schema/ids.ts'
import { Json, JsonObject } from '../schema/json.ts'
import { DataSource } from '../schema/tool-call.ts'

/** What the tool's function takes: as the model and the operator gave it, so that the function parses it at its own door. */
export const IsolatedCall = z.strictObject({
  tool: ToolName,
  input: Json,
  context: z.strictObject({
    runId: RunId,
    stepId: StepId,
    agent: AgentName,
    callId: z.string().min(1),
    settings: JsonObject,
    stepInput: Json,
    /** Of the claim under which it is made, where that is not the first. */
    fence: z.int().positive().optional(),
  }),
})
export type IsolatedCall = z.infer<typeof IsolatedCall>

/** What it gives. The agent's side holds `output` against the tool's schema. */
export const IsolatedAnswer = z.strictObject({ output: Json, reads: z.array(DataSource) })
export type IsolatedAnswer = z.infer<typeof IsolatedAnswer>

/**
 * Rejects with an error whose `name` and message the model is shown; `isInDoubt: true` on it where the tool itself did not say
 * what happened.
 */
export type RunIsolated = (call: IsolatedCall, signal: AbortSignal) => Promise<IsolatedAnswer>
