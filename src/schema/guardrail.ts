/** What a guardrail says of what passes it: data, so that it can be recorded. */
import * as z from 'zod'
import { Json } from './json.ts'

/** Where a guardrail stands: before and after each call of a model, and of a tool. */
export const GuardrailPlace = z.enum(['model.before', 'model.after', 'tool.before', 'tool.after'])
export type GuardrailPlace = z.infer<typeof GuardrailPlace>

const Words = z.string().min(1).max(1_000)

export const GuardrailVerdict = z.discriminatedUnion('verdict', [
  z.strictObject({ verdict: z.literal('proceed') }),
  /** It does not pass. A prompt or an answer: the step stops. A call: the agent is told. A result: it is withheld. */
  z.strictObject({ verdict: z.literal('deny'), reason: Words }),
  /** It does not pass, and the model is told what to do instead, within its bounds. */
  z.strictObject({ verdict: z.literal('guide'), words: Words }),
  /** A person must allow it. `tool.before` only. */
  z.strictObject({ verdict: z.literal('confirm'), reason: Words }),
  /** This passes in its place. `reason` is recorded: it must not tell what was taken out. */
  z.strictObject({ verdict: z.literal('transform'), value: Json, reason: Words.optional() }),
])
export type GuardrailVerdict = z.infer<typeof GuardrailVerdict>
