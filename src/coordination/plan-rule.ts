/** Whether a lead's plan may be carried out: which of its tasks, and what is wrong with the others. Pure. */
import type { Effort, Gap, PlannedTask, SupervisorPlan } from '../schema/supervision.ts'
import { contentWords } from '../text/words.ts'

/** Shared words over all words of two objectives, from which on they are one task given out twice. */
export const OVERLAP = 0.6
/** What is to be done stays inside the state, bytes of JSON. */
const TASKS_BYTES = 24 * 1024

export interface PlanBounds {
  /** By name; with the names of the tools it has. */
  readonly members: readonly { readonly name: string; readonly tools: readonly string[] }[]
  readonly effort: Readonly<Record<Effort, number>>
  /** Tasks in one round, whatever the effort. */
  readonly most: number
}

export interface Before {
  /** Tasks that are done. */
  readonly results: readonly Pick<Gap, 'id' | 'objective'>[]
  /** Tasks that there may be yet. */
  readonly tasksLeft: number
}

type Fault =
  | 'blank'
  | 'unknownMember'
  | 'unknownTool'
  | 'repeatedId'
  | 'overlap'
  | 'alreadyDone'
  | 'beyondEffort'
  | 'beyondBound'
  | 'tooLarge'

export interface RefusedTask {
  readonly task: PlannedTask
  readonly fault: Fault
  /** A sentence for the lead, and for whoever reads the gap. */
  readonly problem: string
}

export interface PlanVerdict {
  readonly accepted: readonly PlannedTask[]
  readonly refused: readonly RefusedTask[]
  /** What is wrong with the plan as a whole. */
  readonly problems: readonly string[]
}

/** Each task by itself and against those before it: of two that overlap, the first one stands. */
export function checkPlan(plan: SupervisorPlan, bounds: PlanBounds, before: Before): PlanVerdict {
  const accepted: PlannedTask[] = []
  const refused: RefusedTask[] = []
  const bytes = { left: TASKS_BYTES }
  for (const task of plan.tasks) {
    const found =
      faultAlone(task, bounds) ??
      faultBeside(task, accepted, before) ??
      faultOfBounds(task, { plan, bounds, before, accepted: accepted.length, bytesLeft: bytes.left })
    if (found !== undefined) refused.push({ task, ...found })
    else {
      accepted.push(task)
      bytes.left -= sizeOf(task)
    }
  }
  return { accepted, refused, problems: problemsOf(plan, before) }
}

type Found = Omit<RefusedTask, 'task'>

function faultAlone(task: PlannedTask, { members }: PlanBounds): Found | undefined {
  const blank = (['id', 'objective', 'outputFormat', 'boundaries'] as const).find((field) => task[field].trim() === '')
  if (blank !== undefined) return { fault: 'blank', problem: `${blank} is missing` }
  const member = members.find(({ name }) => name === task.agent)
  if (member === undefined) {
    const names = members.map(({ name }) => name).join(', ')
    return { fault: 'unknownMember', problem: `there is no member ${JSON.stringify(task.agent)}, only ${names}` }
  }
  const unknown = task.tools.filter((tool) => !member.tools.includes(tool))
  if (unknown.length === 0) return undefined
  const has = member.tools.length === 0 ? 'no tools' : member.tools.join(', ')
  return { fault: 'unknownTool', problem: `${member.name} does not have ${unknown.join(', ')}; it has ${has}` }
}

function faultBeside(task: PlannedTask, accepted: readonly PlannedTask[], { results }: Before): Found | undefined {
  if (accepted.some(({ id }) => id === task.id)) {
    return { fault: 'repeatedId', problem: 'another task of the plan has this id' }
  }
  const sameId = results.find(({ id }) => id === task.id)
  const done = sameId ?? results.find(({ objective }) => overlapOf(objective, task.objective) >= OVERLAP)
  if (done !== undefined) return { fault: 'alreadyDone', problem: `it is done already, as ${done.id}` }
  const other = accepted.find(({ objective }) => overlapOf(objective, task.objective) >= OVERLAP)
  if (other === undefined) return undefined
  return { fault: 'overlap', problem: `its objective overlaps with that of ${other.id}` }
}

interface SoFar {
  readonly plan: SupervisorPlan
  readonly bounds: PlanBounds
  readonly before: Before
  readonly accepted: number
  readonly bytesLeft: number
}

function faultOfBounds(task: PlannedTask, so: SoFar): Found | undefined {
  const { effort } = so.plan
  const allowed = so.bounds.effort[effort]
  if (so.accepted >= so.bounds.most) {
    return { fault: 'beyondBound', problem: `a round has at most ${so.bounds.most} tasks` }
  }
  if (so.accepted >= so.before.tasksLeft) {
    return { fault: 'beyondBound', problem: `${so.before.tasksLeft} tasks are left in all` }
  }
  if (so.accepted >= allowed) {
    const tasks = allowed === 1 ? '1 task' : `${allowed} tasks`
    return { fault: 'beyondEffort', problem: `the effort ${effort} is worth ${tasks} at most` }
  }
  if (sizeOf(task) <= so.bytesLeft) return undefined
  return { fault: 'tooLarge', problem: `the tasks of a round may have ${TASKS_BYTES} bytes together` }
}

function problemsOf({ tasks, done }: SupervisorPlan, { results }: Before): string[] {
  if (tasks.length > 0) return []
  if (!done) return ['there are no tasks: give at least one, or set done to true']
  return results.length > 0 ? [] : ['nothing has been done yet: give at least one task']
}

/** 0 to 1: content words of both texts over those of either, by their stems. Where each names what the other does not, 0. */
export function overlapOf(one: string, other: string): number {
  const [named, alsoNamed] = [namesIn(one), namesIn(other)]
  if (hasMore(named, alsoNamed) && hasMore(alsoNamed, named)) return 0
  const [a, b] = [new Set(contentWords(one)), new Set(contentWords(other))]
  if (a.size === 0 || b.size === 0) return one.trim().toLowerCase() === other.trim().toLowerCase() ? 1 : 0
  const shared = [...a].filter((word) => b.has(word)).length
  return shared / (a.size + b.size - shared)
}

/** A word with a capital after the first one, or with a digit: the same question asked of two things is two questions. */
const NAMES = /(?<=\S\s+\P{L}?)\p{Lu}[\p{L}\p{N}]*|\b\p{L}*\p{N}[\p{L}\p{N}]*/gu

function namesIn(text: string): ReadonlySet<string> {
  return new Set(text.match(NAMES) ?? [])
}

function hasMore(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((name) => !other.has(name))
}

function sizeOf(task: PlannedTask): number {
  return Buffer.byteLength(JSON.stringify(task))
}
