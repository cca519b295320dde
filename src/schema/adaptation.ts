/** What passes between a planner, the rules that hold its plan to the envelope, and the agents that carry it out. */
import * as z from 'zod'
import { FailedStep, Gap, Member } from './supervision.ts'
import { TaskPlan } from './task-plan.ts'

export { FailedStep, Gap, TaskPlan }

/** Parts, parts on the longest path, and parts side by side: more than this is in no plan. */
export const Envelope = z.strictObject({
  parts: z.int().positive().max(40).default(12),
  depth: z.int().positive().max(40).default(6),
  width: z.int().positive().max(40).default(6),
})
export type Envelope = z.output<typeof Envelope>

/** Times that a re-route may be declared to happen at most. */
export const MOST_REROUTES = 5
/**
 * Shapes that a team really gets at most: a higher coupling leads from parallel or hybrid to one other shape, never on
 * from there, and away from neither of the other two.
 */
export const MOST_SHAPES = 2

export const RefusedTaskPlan = z.strictObject({
  problems: z.array(z.string()),
  /** null: too large to be shown again. */
  plan: TaskPlan.nullable(),
})
export type RefusedTaskPlan = z.infer<typeof RefusedTaskPlan>

/** The input of a planner. */
export const PlannerInput = z.object({
  request: z.unknown().describe('what is asked for'),
  members: z.array(Member).describe('who can be given parts'),
  envelope: Envelope.describe('parts there may be at most, on the longest path (depth), and side by side (width)'),
  refused: RefusedTaskPlan.nullable().describe('the plan just given, where it was sent back, and why'),
})
export type PlannerInput = z.infer<typeof PlannerInput>

/** A plan after its check. */
export const CheckedTaskPlan = z.strictObject({
  isAccepted: z.boolean(),
  plan: TaskPlan.nullable(),
  refused: RefusedTaskPlan.nullable(),
})
export type CheckedTaskPlan = z.infer<typeof CheckedTaskPlan>

export const Topology = z.enum(['parallel', 'sequential', 'hierarchical', 'hybrid'])
export type Topology = z.infer<typeof Topology>

const Earlier = z.strictObject({ id: z.string(), agent: z.string(), output: z.unknown() })
const Missing = z.strictObject({ id: z.string(), reason: z.string() })

/** The input of a member. */
export const PartAssignment = z.object({
  id: z.string(),
  objective: z.string().describe('what to find out or to make; what it names of other parts is filled in'),
  request: z.unknown().describe('what all of it is for'),
  earlier: z.array(Earlier).describe('what other parts gave, as far as this one may see it'),
  missing: z.array(Missing).describe('parts that this one builds on and that gave nothing, and why'),
  brief: z.string().describe('what the lead says of it; empty where there is none'),
})
export type PartAssignment = z.infer<typeof PartAssignment>

export const PartResult = z.strictObject({ id: z.string(), agent: z.string(), output: z.unknown() })
export type PartResult = z.infer<typeof PartResult>

const KeptResult = PartResult.extend({ objective: z.string(), inputSha256: z.string() })
export type KeptResult = z.infer<typeof KeptResult>

const Todo = z.strictObject({ id: z.string(), agent: z.string() })

/** One shape that the team was given, and what came of it; scores are null until they are known. */
export const Attempt = z.strictObject({
  topology: Topology,
  coupling: z.number(),
  /** Of AdaptOrch's algorithm 1. */
  line: z.int(),
  consistency: z.number().nullable(),
  agreement: z.number().nullable(),
})
export type Attempt = z.infer<typeof Attempt>

/** Of one shape, after each of its layers. */
export const LayerState = z.strictObject({
  /** Times that the coupling was raised. */
  round: z.int().nonnegative(),
  topology: Topology,
  /** A lead is asked before the next layer. */
  isLed: z.boolean(),
  isOver: z.boolean(),
  /** What runs now; what is done already with the same input is not in it. */
  next: z.array(Todo),
  /** What runs after that, in order. */
  layers: z.array(z.array(z.string())),
  /** Parts whose result stands in this shape. */
  settled: z.array(z.string()),
  results: z.array(KeptResult),
  gaps: z.array(Gap),
  /** The last one is this shape. */
  attempts: z.array(Attempt),
})
export type LayerState = z.infer<typeof LayerState>

/** What a lead sees of a result: the output itself stays where it is. */
const Seen = z.strictObject({ id: z.string(), agent: z.string(), summary: z.string() })

/** The input of the lead of a hierarchical team, before each layer. */
export const PartLeadInput = z.object({
  request: z.unknown().describe('what is asked for'),
  parts: z.array(z.object({ id: z.string(), agent: z.string(), objective: z.string() })).describe('to be done now'),
  done: z.array(Seen).describe('what came of the parts before'),
  gaps: z.array(Gap).describe('parts that gave nothing'),
})
export type PartLeadInput = z.infer<typeof PartLeadInput>

/** The output of that lead. */
export const PartBriefs = z.object({
  briefs: z
    .array(z.object({ id: z.string().max(60), brief: z.string().max(2_000) }))
    .max(40)
    .describe('for each part to be done now: what matters, what to leave to others, what is known already'),
})
export type PartBriefs = z.infer<typeof PartBriefs>

/** The input of who puts the outputs together (`merge`), or says which of them holds (`arbitrate`). */
export const SynthesisInput = z.object({
  request: z.unknown().describe('what was asked for'),
  how: z.enum(['merge', 'arbitrate']).describe('merge: the outputs agree, make one of them; arbitrate: they do not'),
  topology: Topology,
  consistency: z.number().nullable().describe('how far the outputs agree, 0 to 1; null where it was not measured'),
  parts: z.array(z.object({ id: z.string(), agent: z.string(), objective: z.string(), output: z.unknown() })),
  gaps: z.array(Gap).describe('parts that gave nothing, and why'),
})
export type SynthesisInput = z.infer<typeof SynthesisInput>

/** After each shape. */
export const AdaptiveState = z.strictObject({
  isOver: z.boolean(),
  answer: z.unknown(),
  unresolved: z.boolean(),
  /** What the router takes for the plan's own coupling in the next shape; null: the plan's own. */
  coupling: z.number().nullable(),
  /** Times that it was raised. */
  round: z.int().nonnegative(),
  /** null: nothing has run yet. */
  last: LayerState.nullable(),
})
export type AdaptiveState = z.infer<typeof AdaptiveState>

/** What came of it all. */
export const AdaptiveOutcome = z.strictObject({
  answer: z.unknown(),
  topology: Topology,
  consistency: z.number().nullable(),
  reroutes: z.int().nonnegative(),
  unresolved: z.boolean(),
  parts: z.array(PartResult),
  gaps: z.array(Gap),
})
export type AdaptiveOutcome = z.infer<typeof AdaptiveOutcome>
