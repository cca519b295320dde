/**
 * `resolve`: several agents answer the same question, or several answers are there already, and one rule settles what stands.
 * Who dissents stays in the record. What is undecided goes to a person, or ends in a named stop.
 */
import * as z from 'zod'
import type { Json, JsonObject } from '../schema/json.ts'
import { ABSTAINED, type ResolveOptions as Declared, resolutionOf, Weighed } from '../schema/resolution.ts'
import type { Dissent } from '../schema/resolve.ts'
import type { Agent } from './agent.ts'
import { parseDefinition, requireFields } from './definition.ts'
import { eq, failure, not, type Value } from './expressions.ts'
import { pattern, rule } from './pattern-node.ts'
import { checkName, choose, from, type Node, type OutputOf, parallel, sequence, step, when } from './patterns.ts'
import { person } from './people.ts'
import { type By, isBy } from './resolve-by.ts'
import { agentOf, answerOf, answersSchema, checkVoters, isAgent, namedVoters, type Voters } from './resolve-voters.ts'

type Given = readonly Agent<z.ZodType, z.ZodType>[] | Voters

type AnswerOf<V> = V extends { readonly kind: 'agent'; readonly output: infer Output extends z.ZodType }
  ? z.output<Output>
  : OutputOf<V>
type AnswersOf<V> = V extends readonly (infer One)[] ? AnswerOf<One> : AnswerOf<V[keyof V]>
type QuestionOf<V> = V extends readonly (infer One)[] ? Question<One> : Question<V[keyof V]>
type Question<V> = V extends { readonly kind: 'agent'; readonly input: infer Input extends z.ZodType }
  ? z.input<Input>
  : never
type FieldOf<T> = Extract<keyof NonNullable<T>, string>

/** What stands, and how that came about. */
export interface Resolution<T> {
  /** The answer of one of those who agree with what was decided, or of whoever decided. */
  value: T
  /** What decided: `vote`, `confidence`, `authority`, `veto`, `agreed`, `judge`, `supervisor`, `person`. */
  rule: string
  /** How far ahead it was, from 0 to 1; null where the rule knows none. */
  margin: number | null
  /** Voters that said the same. */
  by: string[]
  dissent: Dissent[]
  abstained: string[]
}

interface ResolveParts<V, Otherwise> {
  readonly by: By
  /** The field of the answers that is compared. Its being null is an abstention. @default the whole answer */
  readonly on?: FieldOf<AnswersOf<V>>
  /** What the agents are asked; whoever decides sees it, too. @default the previous output */
  readonly input?: Value<QuestionOf<V>>
  /** The field that says how sure a voter is, from 0 to 1: kept with its dissent, and in its record. */
  readonly confidence?: FieldOf<AnswersOf<V>>
  /** A person who decides where the rule does not: by picking a voter's answer, or by another one. @default nobody */
  readonly escalate?: Omit<NonNullable<Parameters<typeof person>[1]>, 'input' | 'output' | 'otherwise'>
  /** What stands where nothing is decided. @default the run fails with `Stopped.undecided` */
  readonly otherwise?: Otherwise
}

const Parts = z.strictObject({
  by: z.custom<By>(isBy, { error: 'a rule is expected', params: { remedy: 'give by: by.vote(), by.judge(agent), …' } }),
  on: z.string().min(1).optional(),
  confidence: z.string().min(1).optional(),
  input: z.unknown().optional(),
  escalate: z.record(z.string(), z.unknown()).optional(),
  otherwise: z.unknown().optional(),
})

/** An agent that fails or stops abstains, and so does an answer that is null. */
export function resolve<const V extends Given, const Otherwise extends Json = never>(
  name: string,
  voters: V,
  how: By | ResolveParts<V, Otherwise>,
): Node<Resolution<AnswersOf<V>> | Otherwise>
export function resolve(name: string, given: Given, how: unknown): Node<unknown> {
  checkName('resolve', name)
  const label = `resolve "${name}"`
  const example = `resolve('${name}', [critic, lawyer], { by: by.vote(), on: 'verdict' })`
  requireFields(label, how, example)
  const { by, on, input, escalate, otherwise, ...options } = parseDefinition(
    label,
    Parts,
    isBy(how) ? { by: how } : how,
    {},
  )
  const confidence = options.confidence ?? by.confidence
  const voters = namedVoters(label, given, example)
  checkVoters(label, voters, { rule: by.rule, on, confidence })
  const declared: Declared = {
    voters: Object.entries(voters).map(([voter, one]) => ({ name: voter, agent: agentOf(one)?.name })),
    ...{ rule: by.rule, on, confidence },
  }
  const ruled = JSON.parse(JSON.stringify(declared)) as JsonObject
  const votes = votesOf(name, voters, input)
  const answers = Object.entries(voters).map(([voter, one]) => [voter, isAgent(one) && votes ? at(votes, voter) : one])
  const asking: Asking = {
    ...{ name, by, escalate, options: ruled },
    given: { ...(input !== undefined && { question: input }), answers: Object.fromEntries(answers) },
    picks: Object.keys(voters),
    answer: answerOf(voters),
  }
  const asked = whoIsAsked(asking)
  const decision = rule(`${name}-decision`, 'resolve', {
    options: ruled,
    input: asked.input,
    output: resolutionOf(z.unknown().meta(answersSchema(voters))),
    ...(otherwise !== undefined && { otherwise }),
  })
  const body = sequence(...(votes === undefined ? [] : [votes]), ...asked.nodes, decision)
  return pattern(name, 'resolve', body, detailsOf(voters, by, escalate))
}

/** All agents at once; undefined where none is asked. */
function votesOf(name: string, voters: Voters, input: unknown): Node<unknown> | undefined {
  const branches = Object.entries(voters).flatMap(([voter, agent]) =>
    isAgent(agent) ? [[voter, orAbstained(`${name}-${voter}`, agent, input)] as const] : [],
  )
  return branches.length === 0 ? undefined : parallel(`${name}-votes`, Object.fromEntries(branches))
}

function orAbstained(name: string, agent: Agent, input: unknown): Node<unknown> {
  const otherwise = { [ABSTAINED]: failure.reason }
  return step(name, agent, { ...(input !== undefined && { input }), otherwise } as object)
}

function at(votes: Node<unknown>, voter: string): unknown {
  return (from(votes) as unknown as Readonly<Record<string, unknown>>)[voter]
}

interface Asking {
  readonly name: string
  readonly by: By
  readonly escalate?: object | undefined
  readonly options: JsonObject
  /** Input of the rules. */
  readonly given: object
  /** Whose answer a person may pick. */
  readonly picks: readonly string[]
  /** What a person may answer instead. */
  readonly answer: z.ZodType
}

/** Where the voters' own words decide nothing: the judge or the supervisor, then the person. Gives the last rule's input. */
function whoIsAsked({ name, by, escalate, options, given, picks, answer }: Asking) {
  const nodes: Node<unknown>[] = []
  const { agent } = by
  let input = given
  if (agent !== undefined) {
    const open = rule(`${name}-weigh`, 'resolve.weigh', { options, input, output: Weighed })
    const asked = orAbstained(`${name}-${by.rule.rule}`, agent, open)
    const said = choose(`${name}-contested`, [when(eq(from(open).status, 'contested'), asked)])
    nodes.push(open, said)
    input = { ...input, said }
  }
  if (escalate !== undefined) {
    const weigh = agent === undefined ? 'weigh' : 'weigh-again'
    const open = rule(`${name}-${weigh}`, 'resolve.weigh', { options, input, output: Weighed })
    const error = `{"pick": …} with one of ${picks.join(', ')} is expected, or {"answer": …} in the voters' form`
    const output = z.union([z.strictObject({ pick: z.enum(picks) }), z.strictObject({ answer })], { error })
    const asked = person(`${name}-person`, { ...escalate, input: from(open), output, otherwise: null })
    const said = choose(`${name}-open`, [when(not(eq(from(open).status, 'decided')), asked)])
    nodes.push(open, said)
    input = { ...input, weighed: open, person: said }
  }
  return { nodes, input }
}

function detailsOf(voters: Voters, { rule: { rule: kind }, agent }: By, escalate: object | undefined): string[] {
  const last = escalate === undefined ? [] : ['what is undecided: a person']
  return [`by ${kind}${agent === undefined ? '' : `: ${agent.name}`}`, Object.keys(voters).join(', '), ...last]
}
