/** Work as a graph: what a planner hands over, before anybody has checked it. */
import * as z from 'zod'

/** Parts of one plan at most. */
export const MOST_PARTS = 100
/** Edges of one plan at most. */
const MOST_EDGES = 500

/** How closely the end of an edge hangs on what its start puts out. */
export const Coupling = z.enum(['none', 'weak', 'strong', 'critical'])
export type Coupling = z.infer<typeof Coupling>

/** 0 to 1. AdaptOrch (arXiv 2602.16873), equation 11. */
export const COUPLING_WEIGHT: Readonly<Record<Coupling, number>> = { none: 0, weak: 0.3, strong: 0.7, critical: 1 }

/** One piece of work. A rule refuses it where its id is none, or nobody has the name of its agent. */
export const PlannedPart = z.object({
  id: z.string().max(60).describe('short and unique; a letter, then letters, digits, _ or -; at most 40'),
  agent: z.string().max(60).describe('name of the agent that does it'),
  objective: z
    .string()
    .max(2_000)
    .describe(`what to find out or to make; \${id} stands for the output of the part with that id`),
  weight: z.number().positive().max(1_000_000).default(1).describe('estimated cost, beside that of the other parts'),
})
export type PlannedPart = z.infer<typeof PlannedPart>

export const PlanEdge = z.object({
  from: z.string().max(60).describe('id of the part whose output is used'),
  to: z.string().max(60).describe(`id of the part that uses it, as \${from} in its objective`),
  coupling: Coupling.describe(
    'none: only the order counts; weak: it helps; strong: it is needed; critical: without it the part is wrong',
  ),
})
export type PlanEdge = z.infer<typeof PlanEdge>

/** The output of a planner. */
export const TaskPlan = z.object({
  parts: z.array(PlannedPart).min(1).max(MOST_PARTS).describe('the work, cut into parts'),
  edges: z
    .array(PlanEdge)
    .max(MOST_EDGES)
    .describe(`which part uses the output of which other one: one edge for each \${id} in an objective, no others`),
  reason: z.string().max(2_000).describe('why the work is cut this way'),
})
export type TaskPlan = z.infer<typeof TaskPlan>
