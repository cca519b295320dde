/** What a `resolve` hands from one of its steps to the next, and what comes out. */
import * as z from 'zod'
import { Json } from './json.ts'
import { Candidate, Dissent, ResolveRule } from './resolve.ts'

/** The one field of what stands for the answer of an agent that gave none; it says why. */
export const ABSTAINED = '$abstained'

export const ResolveOptions = z.strictObject({
  /** In the order in which they were declared. */
  voters: z.array(z.strictObject({ name: z.string(), agent: z.string().optional() })).min(1),
  rule: ResolveRule,
  /** The field that is compared. Absent: the whole answer. */
  on: z.string().optional(),
  /** The field that says how sure the voter is. */
  confidence: z.string().optional(),
})
export type ResolveOptions = z.infer<typeof ResolveOptions>

/** What a person says: whose answer it shall be, or another. */
export const PersonsChoice = z.union([z.strictObject({ pick: z.string() }), z.strictObject({ answer: z.unknown() })])

const Verdict = z.object({
  rule: z.string(),
  decided: z.object({ value: Json, by: z.array(z.string()) }).optional(),
  margin: z.number().nullable(),
  tally: z.array(z.object({ value: Json, agents: z.array(z.string()), weight: z.number() })),
  dissent: z.array(
    z.object({ agent: z.string(), value: Json, ...Dissent.pick({ confidence: true, reason: true }).shape }),
  ),
  abstained: z.array(z.string()),
  escalate: z.object({ doubt: z.string(), reason: z.string() }).optional(),
})

export const ResolveInput = z.object({
  question: Json.optional(),
  /** By voter. */
  answers: z.record(z.string(), Json),
  /** Of the judge or the supervisor; null where nobody asked. */
  said: Json.optional(),
  /** What was settled before a person was asked. */
  weighed: z.object({ verdict: Verdict }).optional(),
  /** Null where nobody was asked, or nobody answered. */
  person: PersonsChoice.nullish(),
})
export type ResolveInput = z.infer<typeof ResolveInput>

/** For whoever is asked next. `contested`: the judge, or the supervisor; `open`: a person. */
export const Weighed = z.object({
  status: z.enum(['decided', 'contested', 'open']),
  question: z.unknown().optional(),
  /** Why it is not decided. */
  reason: z.string().optional(),
  candidates: z.array(
    Candidate.extend({
      /** Who said so. A judge is not told. */
      agents: z.array(z.string()).optional(),
    }),
  ),
  verdict: Verdict.optional(),
})
export type Weighed = z.infer<typeof Weighed>

/** @param value The voters' output. */
export function resolutionOf<Value extends z.ZodType>(value: Value) {
  return z.object({
    value,
    /** What decided: `vote`, `judge`, `person`, …; `agreed` where nobody had to be asked. */
    rule: z.string(),
    /** How far ahead it was, from 0 to 1; null where the rule knows none. */
    margin: z.number().nullable(),
    /** Voters that said the same. */
    by: z.array(z.string()),
    dissent: z.array(Dissent),
    abstained: z.array(z.string()),
  })
}
