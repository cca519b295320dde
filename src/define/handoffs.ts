/**
 * `handoffs`: peers pass one task to each other. Whoever has it ends it or hands it on, along declared edges only; who gets
 * it next is a Choice over the declared agents, so that a hand-off costs no more than a step.
 */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { type AgentName, AgentName as Name } from '../schema/ids.ts'
import { isJsonObject, type JsonObject } from '../schema/json.ts'
import { type Handoff, MESSAGE_BYTES, type StepContract } from '../schema/step-contract.ts'
import type { Agent } from './agent.ts'
import { HandoffTrail, RESERVED_FIELDS } from './contract-handoff.ts'
import { isKind, parseDefinition, requireFields } from './definition.ts'
import { eq, failure, jsonata, jsonataOf, type Ref, type Value } from './expressions.ts'
import { compute, contractStep, pattern } from './pattern-node.ts'
import { checkName, choose, from, type Node, repeat, sequence, when } from './patterns.ts'

type Peer = Agent<z.ZodType, z.ZodType>

/** How it ended, whoever had it last. */
export interface HandoffsResult<Output = unknown> {
  /**
   * `done`: somebody handed in an output. `failed`: whoever had it stopped or failed. `pingPong`: it was to go along the same edge
   * once more than allowed. `bound`: it was passed on as often as it may be.
   */
  readonly ended: 'done' | 'failed' | 'pingPong' | 'bound'
  /** null unless it is done. */
  readonly output: Output | null
  /** Who had it last. */
  readonly by: string
  /** Why it is not done; null where it is. */
  readonly reason: string | null
  /** Who passed it on to whom, and the beginning of why. */
  readonly trail: HandoffTrail
}

interface HandoffsOptions<P extends Peer> {
  /** Each takes the task as its input. 1 to 40. */
  readonly agents: readonly P[]
  /** Who has it first. @default the first of `agents` */
  readonly start?: P
  /** To whom each may pass it on, by name. @default everybody to everybody else */
  readonly edges?: Readonly<Record<string, readonly string[]>>
  readonly input: Value<z.input<P['input']>>
  /**
   * What goes along: `message`: only what whoever passes it on writes. `task`: the task too. `all`: also every message before.
   * @default 'task'
   */
  readonly context?: 'message' | 'task' | 'all'
  /** Agents that have it, one after the other, at most. @default 8 */
  readonly max?: number
  /** How often it may go along the same edge. @default 2 */
  readonly repeats?: number
}

const MAX_TURNS = 20
const LONGEST_NAME = 48
/** Of an entry of the trail: names and a reason; with its message. */
const ENTRY_BYTES = 1_200
/** Of an entry in the result: its reason is whole in the journal. */
const KEPT_CHARACTERS = 120
const KEPT_BYTES = 400
const RESULT_BYTES = 1_300

const Options = z.strictObject({
  agents: z
    .array(
      z.custom<Peer>((value) => isKind(value, 'agent'), {
        error: 'an agent made by defineAgent is expected',
        params: { remedy: 'give agents: [triage, billing]' },
      }),
    )
    .min(1)
    .max(40),
  start: z.custom<Peer>((value) => isKind(value, 'agent'), 'an agent made by defineAgent is expected').optional(),
  edges: z.record(z.string(), z.array(z.string())).optional(),
  context: z.enum(['message', 'task', 'all']).default('task'),
  max: z.int().min(1).max(MAX_TURNS).default(8),
  repeats: z.int().min(1).max(MAX_TURNS).default(2),
})
type Options = z.output<typeof Options>

const REMEDIES = { max: `set max to 1 to ${MAX_TURNS}`, repeats: `set repeats to 1 to ${MAX_TURNS}` }

const ENDS = ['done', 'failed', 'pingPong', 'bound'] as const

/** Where the task is, between two agents. */
const Baton = z.strictObject({
  /** Who has it next; null: it has ended. */
  to: z.string().nullable(),
  message: z.string().nullable(),
  /** Who had it last. */
  from: z.string().nullable(),
  trail: HandoffTrail,
  /** What they handed in. */
  said: z.unknown(),
})
type Baton = z.infer<typeof Baton>

/** Its output is typed however it ends: see `HandoffsResult`. */
export function handoffs<const P extends Peer>(
  name: string,
  options: HandoffsOptions<P>,
): Node<HandoffsResult<z.output<P['output']>>> {
  checkName('handoffs', name)
  const label = `handoffs "${name}"`
  requireFields(label, options, `handoffs('${name}', { agents: [triage, billing], input: run.input })`)
  const { input, ...rest } = options
  const given = parseDefinition(label, Options, rest, { others: ['input'], remedies: REMEDIES })
  const edges = edgesOf(given)
  const issues = faultsOf(name, given, edges, input)
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const { agents, start = agents[0], max, context } = given
  const bytes = 2_000 + max * (ENTRY_BYTES + (context === 'all' ? MESSAGE_BYTES : 0)) + MESSAGE_BYTES
  const first = { to: start?.name ?? '', message: null, from: null, trail: [], said: null }
  const turns = repeat<Baton, Baton>(
    `${name}-turns`,
    ({ previous }) => {
      const arms = agents.map((agent) =>
        when(eq(previous.to, agent.name), turn(name, agent, given, edges, previous, input)),
      )
      const who = choose(`${name}-who`, arms)
      return sequence(who, compute(`${name}-next`, nextOf(given, previous, who), Baton, bytes))
    },
    { max, initial: first as never, until: (state) => eq(state.to, null as never) },
  )
  const result = compute(
    `${name}-result`,
    resultOf(given, from(turns)),
    resultSchema(agents),
    RESULT_BYTES + max * KEPT_BYTES,
    [`${name}-who`],
  )
  const details = [agents.map((agent) => agent.name).join(', '), `at most ${max} in turn`]
  return pattern(name, 'handoffs', sequence(turns, result), details) as Node<HandoffsResult<z.output<P['output']>>>
}

function turn(
  name: string,
  agent: Peer,
  { context }: Options,
  edges: ReadonlyMap<string, readonly AgentName[]>,
  { message, from: before, trail }: Ref<Baton>,
  input: unknown,
): Node<unknown> {
  const contract: StepContract = { kind: 'handoff', to: [...(edges.get(agent.name) ?? [])] }
  const task = context === 'message' ? jsonata('$from = null ? $task : null', { from: before, task: input }) : input
  return contractStep(`${name}-${agent.name}`, agent, contract, {
    input: { task, message, from: before, trail },
    otherwise: { stopped: failure },
  })
}

/** What there is to keep of one turn. It goes to nobody along an edge that was taken too often. */
function nextOf({ repeats, context }: Options, previous: Ref<Baton>, who: Node<unknown>) {
  const { handoff } = from(who) as Ref<{ handoff: { to: string; message: string; reason: string } }>
  const { to, message, reason } = handoff
  const read = { to, message, reason, by: previous.to, trail: previous.trail }
  const entry = `{"from": $by, "to": $to, "reason": $reason${context === 'all' ? ', "message": $message' : ''}}`
  const isFree = `$exists($to) and $count($trail[from = $by and to = $to]) < ${repeats}`
  return {
    to: jsonataOf(`${isFree} ? $to : null`, read),
    message,
    from: previous.to,
    trail: jsonataOf(`$exists($to) ? $append($trail, [${entry}]) : $trail`, read),
    said: who,
  }
}

function resultOf({ max, repeats }: Options, last: Ref<Baton>) {
  const { to, said, trail } = last
  const { handoff, stopped } = said as unknown as Ref<{ handoff: Handoff; stopped: { reason: string } }>
  const read = { to, said, trail, by: last.from, taker: handoff.to, why: handoff.reason, stopped: stopped.reason }
  const raw = (text: string) => jsonataOf(text, read)
  const handed = '$by & " passed it on to " & $taker & ": " & $why'
  const often = `$to = null ? "more than ${repeats} times along the same edge" : "it was passed on ${max} times"`
  const short = `$substring(reason, 0, ${KEPT_CHARACTERS})`
  return {
    ended: raw('$exists($taker) ? ($to = null ? "pingPong" : "bound") : $exists($stopped) ? "failed" : "done"'),
    output: raw('$exists($taker) or $exists($stopped) ? null : $said'),
    by: last.from,
    reason: raw(`$exists($taker) ? (${often}) & "; at last " & ${handed} : $exists($stopped) ? $stopped : null`),
    trail: raw(`[$trail.{"from": from, "to": to, "reason": ${short}}]`),
  }
}

function resultSchema(agents: readonly Peer[]) {
  const schemas = agents.map(({ outputSchema }) => ({ ...outputSchema, 'x-document': outputSchema }))
  return z.strictObject({
    ended: z.enum(ENDS),
    output: z.unknown().meta({ anyOf: [...schemas, { type: 'null' }] }),
    by: z.string(),
    reason: z.string().nullable(),
    trail: HandoffTrail,
  })
}

function edgesOf({ agents, edges }: Options): ReadonlyMap<string, readonly AgentName[]> {
  const names = agents.map((agent) => agent.name)
  const all = names.map((name) => [name, names.filter((other) => other !== name)] as const)
  if (edges === undefined) return new Map(all)
  return new Map(Object.entries(edges).map(([name, to]) => [name, to.map((one) => one as AgentName)]))
}

function faultsOf(
  name: string,
  { agents, start, edges: declared }: Options,
  edges: ReadonlyMap<string, readonly AgentName[]>,
  input: unknown,
): Issue[] {
  const issues: Issue[] = []
  const names = agents.map((agent) => agent.name as string)
  const known = `one of ${names.join(', ')}`
  for (const [index, agent] of agents.entries()) {
    const path = `agents.${index}`
    if (names.indexOf(agent.name) !== index) {
      issues.push({ path, message: `${agent.name} is there twice`, remedy: 'list each agent once' })
    }
    if (`${name}-${agent.name}`.length > LONGEST_NAME) {
      const message = `the name of its step, ${name}-${agent.name}, has more than ${LONGEST_NAME} characters`
      issues.push({ path, message, remedy: 'give the pattern, or the agent, a shorter name' })
    }
    for (const field of RESERVED_FIELDS) {
      if (!(field in propertiesOf(agent.outputSchema))) continue
      const message = `the output of ${agent.name} has a field ${field}, which the pattern tells how a turn ended by`
      issues.push({ path, message, remedy: 'give the field another name' })
    }
  }
  if (start !== undefined && !names.includes(start.name)) {
    issues.push({ path: 'start', message: `${start.name} is not among the agents`, remedy: `give ${known}` })
  }
  for (const [from, to] of declared === undefined ? [] : edges) {
    const path = `edges.${from}`
    const unknown = [from, ...to].filter((one) => !Name.safeParse(one).success || !names.includes(one))
    for (const one of unknown) issues.push({ path, message: `${one} is not among the agents`, remedy: `name ${known}` })
    if (to.some((one) => one === from)) {
      issues.push({ path, message: `${from} would pass it on to itself`, remedy: `leave ${from} out` })
    }
  }
  if (input === undefined) {
    issues.push({ path: 'input', message: 'the task is missing', remedy: 'give input: run.input' })
  }
  return issues
}

/** Those of an object, or of the items of a list. */
function propertiesOf({ properties, items }: JsonObject): JsonObject {
  if (isJsonObject(items)) return propertiesOf(items)
  return isJsonObject(properties) ? properties : {}
}
