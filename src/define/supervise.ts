/**
 * `supervise`: a lead cuts the work into tasks, members do them side by side, and the lead looks at what came of it, round
 * after round within bounds. What a plan may hold is checked in code. More than ten members get sub-coordinators.
 */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import {
  Assignment,
  CheckedPlan,
  EFFORT_TASKS,
  type Effort,
  Effort as EffortSchema,
  type Ended,
  FORCED_TASKS,
  type Gap,
  MOST_MEMBERS,
  MOST_TASKS,
  ReportInput,
  SupervisorOutcome,
  SupervisorPlan,
  type SupervisorState,
  SupervisorState as SupervisorStateSchema,
} from '../schema/supervision.ts'
import type { Agent } from './agent.ts'
import { isKind, parseDefinition, requireFields } from './definition.ts'
import { eq, failure, gt, lower, type Ref } from './expressions.ts'
import { generated } from './generated-workflow.ts'
import { pattern, rule } from './pattern-node.ts'
import { checkName, choose, forEach, from, type Node, repeat, sequence, step, when, workflow } from './patterns.ts'
import { doName, groupsOf, isAgentMember, type Member, memberCard, stateOf } from './supervise-members.ts'
import { defineWorkflow, type Workflow } from './workflow.ts'
import { misfit } from './workflow-fit.ts'
import { shape } from './workflow-schemas.ts'

type Lead = Agent<z.ZodType, z.ZodType>

/** What came of it: partial where `ended` is not `done`. */
export interface Supervised<M extends Member = Member> {
  results: { id: string; agent: string; objective: string; output: z.output<M['output']> }[]
  gaps: Gap[]
  /** Rounds it took. */
  rounds: number
  ended: Ended
}

const MOST_ROUNDS = 10
const MOST_SUPERVISED = MOST_MEMBERS * MOST_MEMBERS
const REPAIRS = 2
const LONGEST_NAME = 48
const LONGEST_SUFFIX = '-planning'.length

interface SuperviseOptions<M extends Member> {
  /** Plans. Takes `SupervisorInput`, gives `SupervisorPlan`; more fields are its own. */
  readonly lead: Lead
  /** Do the tasks: agents that take an `Assignment`, or workflows that do. 1 to 100; more than ten are split into groups. */
  readonly members: readonly M[]
  /** What is asked for: any value. */
  readonly input: unknown
  /** Times that the lead may give out tasks. @default 3 */
  readonly rounds?: number
  /** Tasks in all. @default 40 */
  readonly tasks?: number
  /** Tasks in one round at most, by the effort that the lead says. @default 1, 3, 5, 10 */
  readonly effort?: Partial<Record<Effort, number>>
  /** Without it, no round has more than 20 tasks. @default false */
  readonly force?: boolean
  /** Tasks at work at the same time. @default 10 */
  readonly concurrency?: number
  /** Leads each group of members, where there are more than ten. @default the lead */
  readonly coordinator?: Lead
}

const agentLike = z.custom<Lead>((value) => isKind(value, 'agent'), {
  error: 'an agent made by defineAgent is expected',
  params: { remedy: 'give an agent made by defineAgent({ input: SupervisorInput, output: SupervisorPlan, … })' },
})

const Options = z.strictObject({
  lead: agentLike,
  coordinator: agentLike.optional(),
  report: agentLike.optional(),
  members: z
    .array(
      z.custom<Member>((value) => isKind(value, 'agent') || isKind(value, 'workflow-definition'), {
        error: 'an agent or a workflow is expected',
        params: { remedy: 'give members: [researcher, analyst], each with input: Assignment' },
      }),
    )
    .min(1, 'a lead has at least one member')
    .max(MOST_SUPERVISED),
  rounds: z.int().positive().max(MOST_ROUNDS).default(3),
  tasks: z.int().positive().max(1_000).default(40),
  effort: z.partialRecord(EffortSchema, z.int().positive().max(FORCED_TASKS)).default({}),
  force: z.boolean().default(false),
  concurrency: z.int().positive().max(FORCED_TASKS).default(10),
})
type Options = z.output<typeof Options>

const REMEDIES = {
  members: `give 1 to ${MOST_SUPERVISED} agents or workflows: members: [researcher, analyst]`,
  rounds: `set rounds to 1 to ${MOST_ROUNDS}`,
}

/** With `report`, the output is that agent's, which takes a `ReportInput`. */
export function supervise<const M extends Member, Report extends z.ZodType>(
  name: string,
  options: SuperviseOptions<M> & { readonly report: Agent<z.ZodType, Report> },
): Node<z.output<Report>>
export function supervise<const M extends Member>(name: string, options: SuperviseOptions<M>): Node<Supervised<M>>
export function supervise(name: string, options: SuperviseOptions<Member> & { readonly report?: Lead }): Node<unknown> {
  checkName('supervise', name)
  const label = `supervise "${name}"`
  requireFields(label, options, `supervise('${name}', { lead, members: [researcher], input: run.input })`)
  const { input, ...rest } = options
  const given = parseDefinition(label, Options, rest, { others: ['input'], remedies: REMEDIES })
  const issues = faultsOf(name, given, input)
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const parts: Parts = { ...given, name, input, members: split(name, given), limits: limitsOf(given) }
  const loop = repeat<SupervisorState, SupervisorState>(
    `${name}-rounds`,
    ({ previous, iteration }) => round(parts, previous, iteration),
    {
      max: given.rounds,
      initial: startOf(given),
      until: (state) => state.isOver,
    },
  )
  const output = outcomeOf(parts.members, given.report !== undefined)
  const closed = rule(`${name}-close`, 'supervise.close', {
    input: { state: from(loop), ...(given.report && { request: input }) },
    output,
  })
  const report = given.report && step(`${name}-report`, given.report, { input: from(closed) as Ref<never> })
  return pattern(name, 'supervise', sequence(loop, closed, ...(report ? [report] : [])), detailsOf(parts))
}

interface Parts extends Omit<Options, 'members'> {
  readonly name: string
  readonly members: readonly Member[]
  readonly input: unknown
  readonly limits: { readonly effort: Record<Effort, number>; readonly most: number }
}

/** What the members are, for the lead: themselves, or the sub-coordinators of their groups. */
function split(name: string, options: Options): readonly Member[] {
  const { members, lead, coordinator = lead, report: _, ...rest } = options
  if (members.length <= MOST_MEMBERS) return members
  return groupsOf(members).map((group, index) => {
    const leader = { lead: coordinator, members: group }
    const child = defineWorkflow({
      name: `${name}-group-${index + 1}`,
      version: coordinator.version,
      description: `A team of its own: ${group.map((member) => member.name).join(', ')}`,
      input: Assignment,
      output: outcomeOf(group, false),
      ...stateOf([coordinator, ...group]),
      steps: ({ run }) => supervise(name, { ...rest, ...leader, input: run.input }),
    })
    return generated(child as Workflow)
  })
}

/** Planning, work, and what came of it. */
function round(parts: Parts, state: Ref<SupervisorState>, number: Ref<number>): Node<SupervisorState> {
  const { name, members, input, limits, concurrency, rounds } = parts
  const planned = planning(parts, state, number)
  const work = forEach(
    `${name}-work`,
    from(planned).tasks,
    (task) => {
      const given = {
        ...{ id: task.id, objective: task.objective, outputFormat: task.outputFormat, tools: task.tools },
        ...{ boundaries: task.boundaries, request: input },
      }
      const arms = members.map((member) => when(eq(task.agent, member.name), doing(name, member, given)))
      return choose(`${name}-who`, arms)
    },
    { max: limits.most, concurrency: Math.min(concurrency, limits.most) },
  )
  const settled = rule(`${name}-settle`, 'supervise.settle', {
    options: { rounds },
    input: { state, checked: from(planned), outputs: from(work) },
    output: SupervisorStateSchema,
  })
  return sequence(planned, work, settled)
}

/** A plan, and again where its check sends it back. */
function planning(
  { name, lead, members, input, limits, rounds }: Parts,
  state: Ref<SupervisorState>,
  number: Ref<number>,
): Node<CheckedPlan> {
  const cards = members.map(memberCard)
  const options = {
    ...{ lead: lead.name, members: cards.map((card) => ({ name: card.name, tools: card.tools })) },
    ...{ ...limits, repairs: REPAIRS },
  }
  return repeat<CheckedPlan, CheckedPlan>(
    `${name}-planning`,
    ({ previous, iteration }) => {
      const asked = {
        ...{ request: input, members: cards, round: number, rounds },
        ...{ progress: state.progress, refused: previous.refused },
      } as never
      // As long as nothing is done there is nothing to lose: the run fails as its lead does, and can be resumed.
      const plan = choose(
        `${name}-turn`,
        [when(gt(number, 1), step(`${name}-replan`, lead, { input: asked, otherwise: { failed: failure } }))],
        { otherwise: step(`${name}-plan`, lead, { input: asked }) },
      )
      const check = rule(`${name}-check`, 'supervise.check', {
        options: JSON.parse(JSON.stringify(options)) as JsonObject,
        input: { state, plan: from(plan), attempt: iteration },
        output: CheckedPlan,
      })
      return sequence(plan, check)
    },
    { max: REPAIRS + 1, initial: NO_PLAN, until: (checked) => checked.isAccepted },
  )
}

const NO_PLAN = { isAccepted: false, tasks: [], refused: null, gaps: [], done: false, notes: '', ended: null }

function doing(name: string, member: Member, input: unknown): Node<unknown> {
  const options = { input: input as never, otherwise: { failed: failure } }
  const own = doName(name, member)
  return isAgentMember(member) ? step(own, member, options) : workflow(own, member, options)
}

function startOf({ tasks }: Options): SupervisorState {
  const progress = { results: [], gaps: [], notes: '', tasksLeft: tasks }
  return { round: 0, isOver: false, ended: null, progress, results: [] }
}

function limitsOf({ effort }: Options): Parts['limits'] {
  const all = { ...EFFORT_TASKS, ...effort }
  return { effort: all, most: Math.max(...Object.values(all)) }
}

/** `SupervisorOutcome`, with what is known of the members' outputs; for a report, with the request. */
function outcomeOf(members: readonly Member[], forReport: boolean) {
  const schemas = members.map(({ outputSchema }) => ({ ...outputSchema, 'x-document': outputSchema }))
  const output = schemas.length > 0 ? z.unknown().meta({ anyOf: schemas }) : z.unknown()
  const result = SupervisorOutcome.shape.results.element.extend({ output })
  const outcome = SupervisorOutcome.extend({ results: z.array(result) })
  return forReport ? ReportInput.extend(outcome.shape) : outcome
}

function detailsOf({ lead, members, rounds, tasks, report }: Parts): readonly string[] {
  const who = members.map((member) => member.name).join(', ')
  return [
    `${lead.name} leads ${who}${report ? `; ${report.name} reports` : ''}`,
    `at most ${rounds} rounds, ${tasks} tasks`,
  ]
}

function faultsOf(name: string, options: Options, input: unknown): Issue[] {
  const { members, lead, coordinator, effort, force } = options
  const issues: Issue[] = []
  const names = members.map((member) => member.name as string)
  for (const [index, member] of members.entries()) {
    const path = `members.${index}`
    if (names.indexOf(member.name) !== index) {
      issues.push({ path, message: `${member.name} is there twice`, remedy: 'list each member once' })
    }
    const own = doName(name, member)
    if (own.length > LONGEST_NAME) {
      const message = `the name of its step, ${own}, has more than ${LONGEST_NAME} characters`
      issues.push({ path, message, remedy: 'give the supervise, or the member, a shorter name' })
    }
  }
  if (name.length + LONGEST_SUFFIX > LONGEST_NAME) {
    const message = `the name is longer than ${LONGEST_NAME - LONGEST_SUFFIX} characters`
    issues.push({ path: '(root)', message, remedy: 'give the supervise a shorter name' })
  }
  for (const [path, agent] of Object.entries({ lead, coordinator })) {
    if (agent) issues.push(...leadIssues(path, agent))
  }
  for (const [key, most] of Object.entries(effort)) {
    if (force || most === undefined || most <= MOST_TASKS) continue
    const message = `${most} tasks in one round are more than ${MOST_TASKS}`
    issues.push({ path: `effort.${key}`, message, remedy: `lower it, or add force: true where you mean it` })
  }
  if (input === undefined) {
    issues.push({ path: 'input', message: 'what is asked for is missing', remedy: 'give input: run.input' })
  } else lower(input, 'input')
  return issues
}

function leadIssues(path: string, agent: Lead): Issue[] {
  const plan = z.toJSONSchema(SupervisorPlan, { io: 'input' }) as JsonObject
  const problem = misfit(shape(agent.outputSchema), shape(plan))
  if (problem === undefined) return []
  const message = `its output is no plan: ${problem}`
  return [{ path, message, remedy: `give ${agent.name} output: SupervisorPlan` }]
}
