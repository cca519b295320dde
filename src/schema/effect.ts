/** How a run's calls with effects stand, for people and over the wire. */
import * as z from 'zod'
import { AgentName, RunId, Sha256, StepId, ToolName } from './ids.ts'
import { EffectKind } from './tool-call.ts'

export const EffectView = z.strictObject({
  stepId: StepId,
  agent: AgentName,
  tool: ToolName,
  callId: Sha256,
  effect: EffectKind,
  /**
   * `intent`: somebody is at it, or was when its process died. `unknown`: nobody knows whether it happened. `released`: nothing
   * was done.
   */
  status: z.enum(['intent', 'done', 'unknown', 'released']),
  /** When it came to stand so. */
  at: z.iso.datetime(),
  /** Of a call that is done: `ok`, or the name of its error. */
  result: z.string().optional(),
  /** The call that this one takes back. */
  undoes: Sha256.optional(),
})
export type EffectView = z.infer<typeof EffectView>

export const EffectList = z.strictObject({ runId: RunId, effects: z.array(EffectView) })
export type EffectList = z.infer<typeof EffectList>

/** What a person found out about a call whose fate nobody knew. */
export const SettleEffect = z.strictObject({
  callId: Sha256,
  as: z.enum(['happened', 'not-happened']),
  /** How they know. */
  comment: z.string().min(1).max(1_000),
})
export type SettleEffect = z.infer<typeof SettleEffect>
