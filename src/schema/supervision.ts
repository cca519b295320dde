/** What passes between a lead, the rules that hold it to its bounds, and the members that work for it. */
import * as z from 'zod'

/** How much work a request is worth. */
export const Effort = z.enum(['straightforward', 'standard', 'medium', 'high'])
export type Effort = z.infer<typeof Effort>

/** Tasks in one round at most, by effort: 1, up to 3, 3 to 5, 5 to 10. */
export const EFFORT_TASKS: Readonly<Record<Effort, number>> = { straightforward: 1, standard: 3, medium: 5, high: 10 }
/** Tasks in one round beyond which a declaration has to say so in so many words. */
export const MOST_TASKS = 20
/** Likewise where it says so. */
export const FORCED_TASKS = 100
/** Members of one lead; more are split into groups with sub-coordinators. */
export const MOST_MEMBERS = 10

/** One piece of work as the lead plans it. A rule refuses it where a text is blank, or a name is not there. */
export const PlannedTask = z.object({
  id: z.string().max(60).describe('short and unique; the id of a gap to have that tried again'),
  agent: z.string().max(60).describe('name of the member that does it'),
  objective: z.string().max(1_000).describe('what to find out or to make, complete without the other tasks'),
  outputFormat: z.string().max(500).describe('what to hand in, and how long'),
  tools: z.array(z.string().max(100)).max(64).describe('names of the tools to use, of those that the member has'),
  boundaries: z.string().max(1_000).describe('what not to do, because it is not asked or because others do it'),
})
export type PlannedTask = z.infer<typeof PlannedTask>

/** The output of a lead. */
export const SupervisorPlan = z.object({
  effort: Effort.describe(
    'straightforward: 1 task; standard: up to 3; medium: 3 to 5, for several aspects; high: 5 to 10, for broad questions',
  ),
  tasks: z.array(PlannedTask).max(FORCED_TASKS).describe('what is to be done now, side by side; no two overlap'),
  done: z.boolean().describe('true: with these tasks, or without any, nothing more is needed'),
  notes: z.string().max(2_000).describe('what you want to know when you are asked again'),
})
export type SupervisorPlan = z.infer<typeof SupervisorPlan>

export const Member = z.object({ name: z.string(), role: z.string(), goal: z.string(), tools: z.array(z.string()) })
export type Member = z.infer<typeof Member>

/** Who did not do what, and why. */
export const Gap = z.strictObject({ id: z.string(), agent: z.string(), objective: z.string(), reason: z.string() })
export type Gap = z.infer<typeof Gap>

const Done = z.object({ id: z.string(), agent: z.string(), objective: z.string() })

/** What a lead sees of a result: the output itself stays where it is. */
const Seen = z.strictObject({ ...Done.shape, summary: z.string(), bytes: z.int() })

/** What a lead sees of the rounds so far; bounded, whatever the members put out. */
export const Progress = z.strictObject({
  results: z.array(Seen),
  gaps: z.array(Gap),
  notes: z.string(),
  tasksLeft: z.int().nonnegative(),
})
export type Progress = z.infer<typeof Progress>

/** A plan that was sent back. */
export const Refused = z.strictObject({ problems: z.array(z.string()), tasks: z.array(PlannedTask) })
export type Refused = z.infer<typeof Refused>

/** The input of a lead. */
export const SupervisorInput = z.object({
  request: z.unknown().describe('what is asked for'),
  members: z.array(Member).describe('who can be given tasks'),
  round: z.int().positive(),
  rounds: z.int().positive().describe('rounds there are at most'),
  progress: Progress.describe('what came of the rounds before; tasksLeft: how many tasks there may be yet'),
  refused: Refused.nullable().describe('the plan just given, where it was sent back, and why'),
})
export type SupervisorInput = z.infer<typeof SupervisorInput>

/** The input of a member. */
export const Assignment = z.object({
  id: z.string(),
  objective: z.string().describe('what to find out or to make'),
  outputFormat: z.string().describe('what to hand in'),
  tools: z.array(z.string()).describe('tools to use'),
  boundaries: z.string().describe('what not to do'),
  request: z.unknown().describe('what all of it is for'),
})
export type Assignment = z.infer<typeof Assignment>

/**
 * `done`: the lead said so. `bound`: rounds or tasks were used up. `stuck`: no plan passed. `failed`: the lead stopped.
 */
export const Ended = z.enum(['done', 'bound', 'stuck', 'failed'])
export type Ended = z.infer<typeof Ended>

export const Result = z.strictObject({ ...Done.shape, output: z.unknown() })
export type Result = z.infer<typeof Result>

/** After each round. */
export const SupervisorState = z.strictObject({
  round: z.int().nonnegative(),
  isOver: z.boolean(),
  ended: Ended.nullable(),
  progress: Progress,
  results: z.array(Result),
})
export type SupervisorState = z.infer<typeof SupervisorState>

/** A plan after its check: what of it is to be done. */
export const CheckedPlan = z.strictObject({
  isAccepted: z.boolean(),
  tasks: z.array(PlannedTask),
  refused: Refused.nullable(),
  /** Tasks that were dropped for good. */
  gaps: z.array(Gap),
  done: z.boolean(),
  notes: z.string(),
  /** Why there is nothing to do; null where there is. */
  ended: Ended.nullable(),
})
export type CheckedPlan = z.infer<typeof CheckedPlan>

/** What stands for an output that was never made. */
export const FailedStep = z.strictObject({ failed: z.looseObject({ cause: z.string(), reason: z.string() }) })

/** What came of it all; partial where `ended` is not `done`. */
export const SupervisorOutcome = z.strictObject({
  results: z.array(Result),
  gaps: z.array(Gap),
  rounds: z.int().nonnegative(),
  ended: Ended,
})
export type SupervisorOutcome = z.infer<typeof SupervisorOutcome>

/** The input of the agent that makes one report of it. */
export const ReportInput = z.object({ request: z.unknown().describe('what was asked for'), ...SupervisorOutcome.shape })
export type ReportInput = z.infer<typeof ReportInput>
