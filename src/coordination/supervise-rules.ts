/**
 * The rules of `supervise`: what of a plan is carried out (`supervise.check`), what a round has come to
 * (`supervise.settle`), and what all of it has (`supervise.close`).
 */
import * as z from 'zod'
import { isJsonObject, type Json } from '../schema/json.ts'
import {
  type CheckedPlan,
  CheckedPlan as CheckedPlanSchema,
  Effort,
  type Ended,
  FailedStep,
  type Gap,
  type PlannedTask,
  type Progress,
  type ReportInput,
  SupervisorPlan,
  type SupervisorState,
  SupervisorState as SupervisorStateSchema,
} from '../schema/supervision.ts'
import { checkPlan, type PlanVerdict, type RefusedTask } from './plan-rule.ts'
import type { Decision } from './rule.ts'

const CheckOptions = z.strictObject({
  lead: z.string(),
  members: z.array(z.strictObject({ name: z.string(), tools: z.array(z.string()) })),
  effort: z.record(Effort, z.int().positive()),
  most: z.int().positive(),
  /** Times that a plan goes back to the lead. */
  repairs: z.int().nonnegative(),
})
type CheckOptions = z.output<typeof CheckOptions>

const CheckInput = z.strictObject({
  state: SupervisorStateSchema,
  plan: z.union([FailedStep, SupervisorPlan]),
  attempt: z.int().positive(),
})
type CheckInput = z.output<typeof CheckInput>

const PROBLEMS = 20
/** Of the plan that goes back, bytes of JSON. */
const REFUSED_BYTES = 8 * 1024

/** Gives `CheckedPlan`. The last time round, what is wrong is dropped, and named as a gap. */
export const superviseCheck = {
  name: 'supervise.check',
  options: CheckOptions,
  input: CheckInput,
  decide({ state, plan, attempt }: CheckInput, options: CheckOptions): Decision<CheckedPlan> {
    if ('failed' in plan) return leadFailed(plan.failed, options)
    const before = { results: state.results, tasksLeft: state.progress.tasksLeft }
    const verdict = checkPlan(plan, options, before)
    const wrong = [...verdict.problems, ...verdict.refused.map(({ task, problem }) => `${nameOf(task)}: ${problem}`)]
    const considered = [
      ...verdict.accepted.map(({ id, agent }) => `${id} for ${agent}: accepted`),
      ...wrong.map((problem) => `refused: ${problem}`),
    ]
    const body = { effort: plan.effort, done: plan.done, notes: plan.notes } as Json
    const isLast = attempt > options.repairs
    if (wrong.length > 0 && !isLast) {
      const refused = { problems: wrong.slice(0, PROBLEMS), tasks: bounded(plan.tasks) }
      const output = { ...NOTHING, isAccepted: false, refused, notes: plan.notes }
      return { output, reason: `the plan goes back to ${options.lead}: ${wrong[0]}`, considered, body }
    }
    return { output: carriedOut(plan, verdict), reason: reasonOf(verdict, wrong), considered, body }
  },
}

const NOTHING = { isAccepted: true, tasks: [], refused: null, gaps: [], done: false, notes: '', ended: null }

function leadFailed({ cause, reason }: z.output<typeof FailedStep>['failed'], { lead }: CheckOptions) {
  const gap = { id: 'plan', agent: lead, objective: 'the plan of the next round', reason: `${cause}: ${reason}` }
  return { output: { ...NOTHING, gaps: [gap], ended: 'failed' as const }, reason: `${lead} gave no plan: ${reason}` }
}

function carriedOut({ done, notes }: SupervisorPlan, verdict: PlanVerdict): CheckedPlan {
  const { accepted, refused, problems } = verdict
  // What is done already is missing nowhere.
  const gaps = refused.filter(({ fault }) => fault !== 'alreadyDone').map(gapOf)
  const isEmpty = accepted.length === 0
  const isDone = done && problems.length === 0 && gaps.length === 0
  const ended: Ended | null = !isEmpty ? null : isDone ? 'done' : 'stuck'
  return { isAccepted: true, tasks: [...accepted], refused: null, gaps, done, notes, ended }
}

function gapOf({ task, problem }: RefusedTask): Gap {
  return { id: task.id, agent: task.agent, objective: task.objective, reason: `refused: ${problem}` }
}

function nameOf({ id, objective }: PlannedTask): string {
  return id.trim() === '' ? `“${objective.slice(0, 60)}”` : id
}

function reasonOf({ accepted }: PlanVerdict, wrong: readonly string[]): string {
  const dropped = wrong.length === 0 ? '' : `; ${wrong.length} things are wrong with it for good: ${wrong[0]}`
  return `${accepted.length} tasks are given out${dropped}`
}

function bounded(tasks: readonly PlannedTask[]): PlannedTask[] {
  let bytes = 0
  return tasks.filter((task) => {
    bytes += Buffer.byteLength(JSON.stringify(task))
    return bytes <= REFUSED_BYTES
  })
}

const SettleOptions = z.strictObject({ rounds: z.int().positive() })
const SettleInput = z.strictObject({
  state: SupervisorStateSchema,
  checked: CheckedPlanSchema,
  /** Of each task, in their order. */
  outputs: z.array(z.unknown()),
})
type SettleInput = z.output<typeof SettleInput>

/** Gives `SupervisorState`. */
export const superviseSettle = {
  name: 'supervise.settle',
  options: SettleOptions,
  input: SettleInput,
  decide(
    { state, checked, outputs }: SettleInput,
    { rounds }: z.output<typeof SettleOptions>,
  ): Decision<SupervisorState> {
    const round = state.round + 1
    const results = [...state.results]
    const failed: Gap[] = []
    for (const [index, { id, agent, objective }] of checked.tasks.entries()) {
      const output = outputs[index]
      const failure = FailedStep.safeParse(output)
      if (failure.success) failed.push({ id, agent, objective, reason: failure.data.failed.reason })
      else if (output === undefined || output === null) failed.push({ id, agent, objective, reason: 'it gave nothing' })
      else results.push({ id, agent, objective, output })
    }
    const fresh = [...checked.gaps, ...failed]
    // What is tried again is a gap no more, or another one.
    const given = new Set([...checked.tasks, ...fresh].map(({ id }) => id))
    const gaps = [...state.progress.gaps.filter(({ id }) => !given.has(id)), ...fresh]
    const tasksLeft = Math.max(0, state.progress.tasksLeft - checked.tasks.length)
    const atBound = round >= rounds || tasksLeft === 0
    const ended = checked.ended ?? (checked.done && failed.length === 0 ? 'done' : atBound ? 'bound' : null)
    return {
      output: {
        ...{ round, ended, isOver: ended !== null, results },
        progress: progressOf(results, gaps, checked.notes, tasksLeft),
      },
      reason: `round ${round}: ${checked.tasks.length - failed.length} of ${checked.tasks.length} tasks are done${
        ended === null ? '' : `; it ends: ${WHY[ended]}`
      }`,
      considered: fresh.map(({ id, agent, reason }) => `${id} by ${agent}: ${reason}`),
    }
  },
}

const WHY: Readonly<Record<Ended, string>> = {
  done: 'the lead wants nothing more',
  bound: 'rounds or tasks are used up',
  stuck: 'the lead gave no plan that could be carried out',
  failed: 'the lead stopped',
}

const SUMMARY_CHARACTERS = 600
/** Characters of the texts that a lead sees of results and gaps together: as many as fit. */
const PROGRESS_CHARACTERS = [12_000, 6_000, 3_000, 0]
const PROGRESS_BYTES = 20 * 1024
/** Of each, the latest, where not even their names fit. */
const PROGRESS_ITEMS = 50
const SHORT_CHARACTERS = 200
const NOTES_CHARACTERS = 2_000

/** Stays inside the state, so it is bounded as a whole: the more there is, the less of each. */
function progressOf(
  results: SupervisorState['results'],
  gaps: readonly Gap[],
  notes: string,
  tasksLeft: number,
): Progress {
  for (const characters of PROGRESS_CHARACTERS) {
    const progress = shown(results, gaps, notes, tasksLeft, characters)
    if (Buffer.byteLength(JSON.stringify(progress)) <= PROGRESS_BYTES) return progress
  }
  return shown(results.slice(-PROGRESS_ITEMS), gaps.slice(-PROGRESS_ITEMS), '', tasksLeft, 0)
}

function shown(
  results: SupervisorState['results'],
  gaps: readonly Gap[],
  notes: string,
  tasksLeft: number,
  characters: number,
): Progress {
  const each = Math.floor(characters / Math.max(1, results.length + gaps.length))
  const short = Math.min(SHORT_CHARACTERS, Math.floor(each / 2))
  return {
    results: results.map(({ id, agent, objective, output }) => ({
      ...{ id, agent, objective: objective.slice(0, short) },
      summary: summaryOf(output).slice(0, Math.min(SUMMARY_CHARACTERS, each - short)),
      bytes: Buffer.byteLength(JSON.stringify(output)),
    })),
    gaps: gaps.map(({ id, agent, objective, reason }) => ({
      ...{ id: id.slice(0, 60), agent: agent.slice(0, 60) },
      objective: objective.slice(0, short),
      reason: reason.slice(0, short),
    })),
    notes: notes.slice(0, NOTES_CHARACTERS),
    tasksLeft,
  }
}

/** Its field `summary` where it has one, else how it begins. */
function summaryOf(output: unknown): string {
  const value = output as Json
  if (typeof value === 'string') return value
  const own = isJsonObject(value) ? value['summary'] : undefined
  return typeof own === 'string' && own.trim() !== '' ? own : JSON.stringify(value)
}

const CloseInput = z.strictObject({ state: SupervisorStateSchema, request: z.unknown().optional() })
type CloseInput = z.output<typeof CloseInput>

/** Gives `SupervisorOutcome`; with a request, `ReportInput`. */
export const superviseClose = {
  name: 'supervise.close',
  options: z.strictObject({}),
  input: CloseInput,
  decide({ state, request }: CloseInput): Decision<Omit<ReportInput, 'request'>> {
    const { results, progress, round: rounds } = state
    const ended = state.ended ?? 'bound'
    const { gaps } = progress
    return {
      output: { ...(request !== undefined && { request }), results, gaps, rounds, ended },
      reason: `${results.length} tasks are done and ${gaps.length} are not, after ${rounds} rounds: ${WHY[ended]}`,
      considered: gaps.map(({ id, agent, reason }) => `gap ${id} (${agent}): ${reason}`),
    }
  },
}
