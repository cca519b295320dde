/** How voters' answers are settled, as it was declared, and what a judge is asked and says. */
import * as z from 'zod'
import { Json } from './json.ts'

/** From 0 to 1. */
const share = z.number().min(0).max(1)
/** Voters that must have said something. Absent: more than half of them. */
const quorum = z.int().positive().optional()

export const VoteRule = z.strictObject({
  rule: z.literal('vote'),
  quorum,
  /** By voter; who is not here weighs 1. */
  weights: z.record(z.string(), z.number().nonnegative()).optional(),
  /** The winner has more than this share of the weight cast; with 0 the most is enough. */
  majority: share.lt(1).default(0.5),
  /** How far the winner is ahead at least, as a share of the weight cast; 1: all agree. */
  margin: share.default(0),
})
export type VoteRule = z.infer<typeof VoteRule>

export const ConfidenceRule = z.strictObject({
  rule: z.literal('confidence'),
  quorum,
  /** As of a vote, but of the evidence. */
  margin: share.default(0),
  /** Whether each agent's word is taken by its past record. */
  calibrated: z.boolean().default(true),
})
export type ConfidenceRule = z.infer<typeof ConfidenceRule>

export const AuthorityRule = z.strictObject({
  rule: z.literal('authority'),
  /** The first of these that said something decides. */
  order: z.array(z.string()).min(1),
})
export type AuthorityRule = z.infer<typeof AuthorityRule>

const PlainRule = z.discriminatedUnion('rule', [VoteRule, ConfidenceRule, AuthorityRule])

export const VetoRule = z.strictObject({
  rule: z.literal('veto'),
  /** Voters that may object. */
  who: z.array(z.string()).min(1),
  /** What one of them says to object: it then stands. Absent: whoever disagrees with the outcome objects. */
  value: Json.optional(),
  /** What decides where nobody objects. */
  then: PlainRule,
})
export type VetoRule = z.infer<typeof VetoRule>

export const JudgeRule = z.strictObject({
  rule: z.literal('judge'),
  /** How far the judge's score of its choice is above that of the next, at least. */
  margin: share.default(0),
})
export type JudgeRule = z.infer<typeof JudgeRule>

export const SupervisorRule = z.strictObject({ rule: z.literal('supervisor') })

export const ResolveRule = z.discriminatedUnion('rule', [...PlainRule.options, VetoRule, JudgeRule, SupervisorRule])
export type ResolveRule = z.infer<typeof ResolveRule>

/** One of the answers that differ. Voters' names are not told to a judge. */
export const Candidate = z.object({
  /** `A`, `B`, …; in the order of the answers' hashes, so that no voter always comes first. */
  label: z.string(),
  /** What was compared: the field voted on, or the whole answer. */
  value: z.unknown(),
  /** The whole answers, where a field was compared. */
  answers: z.array(z.unknown()).optional(),
})
export type Candidate = z.infer<typeof Candidate>

/** What a judge is given: the input schema for an agent that judges. */
export const JudgeInput = z.object({
  /** What the voters were asked, where the workflow says so. */
  question: z.unknown().optional(),
  candidates: z.array(Candidate),
})

/** What a judge says: the output schema for an agent that judges. */
export const JudgeVerdict = z.object({
  choice: z.string().max(100).describe('label of the best candidate; "none" where none will do'),
  scores: z
    .array(z.object({ label: z.string().max(100), score: z.number().min(0).max(1) }))
    .max(100)
    .optional()
    .describe('each candidate, from 0 to 1'),
  reason: z.string().describe('why, in a few sentences'),
})
export type JudgeVerdict = z.infer<typeof JudgeVerdict>

/** How a resolution came about, beside its value. */
export const Dissent = z.object({
  agent: z.string(),
  /** What was compared. */
  value: z.unknown(),
  confidence: z.number().optional(),
  reason: z.string().optional(),
})
export type Dissent = z.infer<typeof Dissent>
