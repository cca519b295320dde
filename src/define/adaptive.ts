/**
 * `adaptive`: a planner writes the work down as a graph, a rule holds it to the envelope, the router says which shape fits
 * it, and one bounded loop runs that shape with the declared members. Where the outputs do not agree, an arbiter answers;
 * where it does not agree with them either, the team is given another shape, five times at most.
 */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import {
  AdaptiveOutcome,
  type AdaptiveState,
  AdaptiveState as AdaptiveStateSchema,
  CheckedTaskPlan,
  Envelope,
  type Gap,
  type LayerState,
  LayerState as LayerStateSchema,
  MOST_REROUTES,
  MOST_SHAPES,
  PartAssignment,
  PartBriefs,
  PartLeadInput,
  SynthesisInput,
  TaskPlan,
  type Topology,
} from '../schema/adaptation.ts'
import type { JsonObject } from '../schema/json.ts'
import type { Agent } from './agent.ts'
import { isKind, parseDefinition, requireFields } from './definition.ts'
import { and, count, eq, failure, gt, lower, type Ref } from './expressions.ts'
import { pattern, rule } from './pattern-node.ts'
import { checkName, choose, forEach, from, type Node, repeat, sequence, step, when, workflow } from './patterns.ts'
import { doName, isAgentMember, type Member, memberCard } from './supervise-members.ts'
import { misfit } from './workflow-fit.ts'
import { shape } from './workflow-schemas.ts'

type AnyAgent = Agent<z.ZodType, z.ZodType>

/** What came of it. */
export interface Adapted<A = unknown, M extends Member = Member> {
  /** Of the synthesizer, where the outputs agree, else of the arbiter. */
  answer: A
  /** The shape that the answer was made in. */
  topology: Topology
  /** How far the outputs agree, 0 to 1; null where it is not measured: one output, or one after the other. */
  consistency: number | null
  /** Times that the team was given another shape. */
  reroutes: number
  /** The outputs do not agree, and the arbiter does not agree with them, in any shape that there was. */
  unresolved: boolean
  parts: { id: string; agent: string; output: z.output<M['output']> }[]
  gaps: Gap[]
}

const MOST_MEMBERS = 20
const REPAIRS = 2
const LONGEST_NAME = 48
const LONGEST_SUFFIX = '-arbitrate'.length

interface AdaptiveOptions<M extends Member, Synthesizer extends AnyAgent, Arbiter extends AnyAgent> {
  /** Writes the plan. Takes `PlannerInput`, gives `TaskPlan`. */
  readonly planner: AnyAgent
  /** Do the parts: agents that take a `PartAssignment`, or workflows that do. 1 to 20. */
  readonly members: readonly M[]
  /** Makes one answer of the outputs. Takes `SynthesisInput`. */
  readonly synthesizer: Synthesizer
  /** Answers where the outputs do not agree. Takes `SynthesisInput`. @default the synthesizer */
  readonly arbiter?: Arbiter
  /** Briefs each layer of a hierarchical team. Takes `PartLeadInput`, gives `PartBriefs`. @default nobody: it runs as hybrid */
  readonly lead?: AnyAgent
  /** What is asked for: any value. */
  readonly input: unknown
  /** Parts of a plan, parts on its longest path, parts side by side, at most. @default 12, 6, 6 */
  readonly envelope?: Partial<Envelope>
  /** `strict` never runs two ends of a strong edge at once; `paper` routes as AdaptOrch's algorithm 1 does. @default 'strict' */
  readonly mode?: 'strict' | 'paper'
  /** How far outputs must agree to be merged, and an arbiter's answer with them, 0 to 1. @default 0.6 */
  readonly agreement?: number
  /** Times that the team may be given another shape, 0 to 5. @default 5 */
  readonly reroutes?: number
  /** Parts at work at the same time. @default the envelope's width */
  readonly concurrency?: number
}

const agentOf = (remedy: string) =>
  z.custom<AnyAgent>((value) => isKind(value, 'agent'), {
    error: 'an agent made by defineAgent is expected',
    params: { remedy },
  })

const Options = z.strictObject({
  planner: agentOf('give an agent made by defineAgent({ input: PlannerInput, output: TaskPlan, … })'),
  synthesizer: agentOf('give an agent made by defineAgent({ input: SynthesisInput, … })'),
  arbiter: agentOf('give an agent made by defineAgent({ input: SynthesisInput, … })').optional(),
  lead: agentOf('give an agent made by defineAgent({ input: PartLeadInput, output: PartBriefs, … })').optional(),
  members: z
    .array(
      z.custom<Member>((value) => isKind(value, 'agent') || isKind(value, 'workflow-definition'), {
        error: 'an agent or a workflow is expected',
        params: { remedy: 'give members: [analyst, checker], each with input: PartAssignment' },
      }),
    )
    .min(1, 'a plan needs at least one member')
    .max(MOST_MEMBERS),
  envelope: Envelope.prefault({}),
  mode: z.enum(['strict', 'paper']).default('strict'),
  agreement: z.number().min(0).max(1).default(0.6),
  reroutes: z.int().nonnegative().max(MOST_REROUTES).default(MOST_REROUTES),
  concurrency: z.int().positive().max(40).optional(),
})
type Options = z.output<typeof Options>

const REMEDIES = {
  members: `give 1 to ${MOST_MEMBERS} agents or workflows: members: [analyst, checker]`,
  reroutes: `set reroutes to 0 to ${MOST_REROUTES}`,
  agreement: 'set agreement to a number from 0 to 1',
}

export function adaptive<const M extends Member, Synthesizer extends AnyAgent, Arbiter extends AnyAgent = Synthesizer>(
  name: string,
  options: AdaptiveOptions<M, Synthesizer, Arbiter>,
): Node<Adapted<z.output<Synthesizer['output']> | z.output<Arbiter['output']>, M>> {
  checkName('adaptive', name)
  const label = `adaptive "${name}"`
  const example = `adaptive('${name}', { planner, members: [analyst], synthesizer, input: run.input })`
  requireFields(label, options, example)
  const { input, ...rest } = options
  const given = parseDefinition(label, Options, rest, { others: ['input'], remedies: REMEDIES })
  const issues = faultsOf(name, given, input)
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const parts: Parts = { ...given, envelope: within(given.envelope), name, input }
  const planned = planning(parts)
  const rounds = repeat<AdaptiveState, AdaptiveState>(
    `${name}-rounds`,
    ({ previous }) => round(parts, from(planned), previous),
    { max: Math.min(given.reroutes + 1, MOST_SHAPES), initial: NOT_STARTED, until: (state) => state.isOver },
  )
  const closed = rule(`${name}-close`, 'adaptive.close', { input: { state: from(rounds) }, output: outcomeOf(parts) })
  return pattern(name, 'adaptive', sequence(planned, rounds, closed), detailsOf(parts)) as Node<never>
}

interface Parts extends Options {
  readonly name: string
  readonly input: unknown
}

/** No path, and no antichain, is larger than the plan. */
function within({ parts, depth, width }: Envelope): Envelope {
  return { parts, depth: Math.min(depth, parts), width: Math.min(width, parts) }
}

const NO_PLAN = { isAccepted: false, plan: null, refused: null }
const NOT_STARTED = { isOver: false, answer: null, unresolved: false, coupling: null, round: 0, last: null }

/** A plan, and again where its check sends it back. A plan that is wrong for good ends the run with nothing done. */
function planning({ name, planner, members, input, envelope }: Parts): Node<CheckedTaskPlan> {
  const cards = members.map(memberCard)
  return repeat<CheckedTaskPlan, CheckedTaskPlan>(
    `${name}-planning`,
    ({ previous, iteration }) => {
      const asked = { request: input, members: cards, envelope, refused: previous.refused } as never
      const plan = step(`${name}-plan`, planner, { input: asked })
      const check = rule(`${name}-check`, 'adaptive.check', {
        options: { members: members.map((member) => member.name), envelope, repairs: REPAIRS },
        input: { plan: from(plan), attempt: iteration },
        output: CheckedTaskPlan,
      })
      return sequence(plan, check)
    },
    { max: REPAIRS + 1, initial: NO_PLAN, until: (checked) => checked.isAccepted },
  )
}

/** One shape: its route, its layers, one answer of their outputs, and whether that stands. */
function round(parts: Parts, checked: Ref<CheckedTaskPlan>, state: Ref<AdaptiveState>): Node<AdaptiveState> {
  const { name, input, mode, agreement, reroutes, envelope, synthesizer, arbiter = synthesizer, lead } = parts
  const routing = { mode, hasLead: lead !== undefined, width: envelope.width }
  const routed = rule(`${name}-route`, 'adaptive.route', {
    options: routing,
    input: { checked, state, request: input },
    output: LayerStateSchema,
  })
  const layers = repeat<LayerState, LayerState>(`${name}-layers`, ({ previous }) => layer(parts, checked, previous), {
    max: layersOf(envelope),
    initial: from(routed),
    until: (now) => now.isOver,
    atMax: 'fail',
  })
  const compared = rule(`${name}-compare`, 'adaptive.compare', {
    options: { agreement },
    input: { checked, layers: from(layers), request: input },
    output: SynthesisInput,
  })
  const asked = { input: from(compared) as Ref<never> }
  const answered = choose(
    `${name}-answer`,
    [when(eq(from(compared).how, 'merge'), step(`${name}-merge`, synthesizer, asked))],
    { otherwise: step(`${name}-arbitrate`, arbiter, asked) },
  )
  const judged = rule(`${name}-judge`, 'adaptive.judge', {
    options: { ...routing, agreement, reroutes },
    input: { checked, layers: from(layers), compared: from(compared), answer: from(answered) },
    output: AdaptiveStateSchema,
  })
  return sequence(routed, layers, compared, answered, judged)
}

/** A chain is as long as the plan is deep; what is wider than the envelope, for its edges are weak, runs in turns. */
function layersOf({ parts, depth, width }: Envelope): number {
  return Math.max(depth, Math.ceil(parts / width))
}

/** What runs side by side: each part told what it may see, and done by the member that the plan names. */
function layer(parts: Parts, checked: Ref<CheckedTaskPlan>, state: Ref<LayerState>): Node<LayerState> {
  const { name, members, input, envelope, lead, concurrency = envelope.width } = parts
  const briefs = lead && briefing(name, lead, input, checked, state)
  const work = forEach(
    `${name}-work`,
    state.next,
    (todo) => {
      const told = rule(`${name}-assign`, 'adaptive.assign', {
        input: { checked, state, request: input, id: todo.id, briefs: briefs ? from(briefs) : null },
        output: PartAssignment,
      })
      const arms = members.map((member) => when(eq(todo.agent, member.name), doing(name, member, from(told))))
      return sequence(told, choose(`${name}-who`, arms))
    },
    { max: envelope.width, concurrency: Math.min(concurrency, envelope.width) },
  )
  const settled = rule(`${name}-settle`, 'adaptive.settle', {
    input: { checked, state, request: input, outputs: from(work) },
    output: LayerStateSchema,
  })
  return sequence(...(briefs ? [briefs] : []), work, settled) as Node<LayerState>
}

function briefing(
  name: string,
  lead: AnyAgent,
  request: unknown,
  checked: Ref<CheckedTaskPlan>,
  state: Ref<LayerState>,
): Node<unknown> {
  const asked = rule(`${name}-report`, 'adaptive.report', {
    input: { checked, state, request },
    output: PartLeadInput,
  })
  const said = step(`${name}-lead`, lead, { input: from(asked) as Ref<never>, otherwise: { failed: failure } })
  return choose(`${name}-led`, [when(and(eq(state.isLed, true), gt(count(state.next), 0)), sequence(asked, said))])
}

function doing(name: string, member: Member, input: unknown): Node<unknown> {
  const options = { input: input as never, otherwise: { failed: failure } }
  const own = doName(name, member)
  return isAgentMember(member) ? step(own, member, options) : workflow(own, member, options)
}

/** `AdaptiveOutcome`, with what is known of the answer and of the members' outputs. */
function outcomeOf({ members, synthesizer, arbiter = synthesizer }: Options) {
  const part = AdaptiveOutcome.shape.parts.element.extend({ output: anyOf(members) })
  return AdaptiveOutcome.extend({ answer: anyOf([...new Set([synthesizer, arbiter])]), parts: z.array(part) })
}

function anyOf(makers: readonly { readonly outputSchema: JsonObject }[]): z.ZodType {
  const schemas = makers.map(({ outputSchema }) => ({ ...outputSchema, 'x-document': outputSchema }))
  return z.unknown().meta({ anyOf: schemas })
}

function detailsOf({ planner, members, synthesizer, arbiter, lead, envelope, reroutes }: Options): readonly string[] {
  const who = members.map((member) => member.name).join(', ')
  const settles = arbiter ? `; ${arbiter.name} arbitrates` : ''
  return [
    `${planner.name} plans for ${who}${lead ? `; ${lead.name} leads` : ''}`,
    `${synthesizer.name} puts it together${settles}`,
    `at most ${envelope.parts} parts, ${envelope.depth} deep, ${envelope.width} wide; ${reroutes} re-routes`,
  ]
}

function faultsOf(name: string, options: Options, input: unknown): Issue[] {
  const { members, planner, lead } = options
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
      issues.push({ path, message, remedy: 'give the adaptive, or the member, a shorter name' })
    }
  }
  if (name.length + LONGEST_SUFFIX > LONGEST_NAME) {
    const message = `the name is longer than ${LONGEST_NAME - LONGEST_SUFFIX} characters`
    issues.push({ path: '(root)', message, remedy: 'give the adaptive a shorter name' })
  }
  issues.push(...outputIssues('planner', planner, TaskPlan, 'TaskPlan'))
  if (lead) issues.push(...outputIssues('lead', lead, PartBriefs, 'PartBriefs'))
  if (input === undefined) {
    issues.push({ path: 'input', message: 'what is asked for is missing', remedy: 'give input: run.input' })
  } else lower(input, 'input')
  return issues
}

function outputIssues(path: string, agent: AnyAgent, wanted: z.ZodType, title: string): Issue[] {
  const schema = z.toJSONSchema(wanted, { io: 'input' }) as JsonObject
  const problem = misfit(shape(agent.outputSchema), shape(schema))
  if (problem === undefined) return []
  return [{ path, message: `its output is no ${title}: ${problem}`, remedy: `give ${agent.name} output: ${title}` }]
}
