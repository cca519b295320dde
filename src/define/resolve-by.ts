/** How differing answers are settled: `by.vote()`, `by.judge(agent)`, and so on. Data; src/conflict does the sums. */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import {
  AuthorityRule,
  ConfidenceRule,
  JudgeRule,
  JudgeVerdict,
  type ResolveRule,
  SupervisorRule,
  VetoRule,
  VoteRule,
} from '../schema/resolve.ts'
import type { Agent } from './agent.ts'
import { freeze, isKind, parseDefinition, requireFields, requirePart } from './definition.ts'
import { misfit } from './workflow-fit.ts'
import { shape } from './workflow-schemas.ts'

/** Made by `by`. */
export interface By {
  readonly rule: ResolveRule
  /** Who is asked where the voters differ. */
  readonly agent?: Agent
  /** The field of the answers that says how sure a voter is. */
  readonly confidence?: string
}

type PlainBy = By & { readonly rule: { readonly rule: 'vote' | 'confidence' | 'authority' } }
type Options<Rule extends z.ZodType> = Omit<z.input<Rule>, 'rule'>

const MADE = new WeakSet<object>()

function made<Made extends By>(parts: Made): Made {
  const frozen = freeze({ ...parts })
  MADE.add(frozen)
  return frozen
}

export function isBy(value: unknown): value is By {
  return typeof value === 'object' && value !== null && MADE.has(value)
}

/** @throws InvalidDefinition */
function parsed<Rule extends z.ZodType>(name: string, schema: Rule, options: object): z.output<Rule> {
  const label = `by.${name}`
  requireFields(label, options, `by.${name}({ … })`)
  return parseDefinition(label, schema, { ...options, rule: name }, {})
}

/**
 * The most votes win, where they are a majority of the weight cast. Who abstains counts for nobody, but towards the quorum.
 * Shares are from 0 to 1.
 */
function vote(options: Options<typeof VoteRule> = {}): PlainBy {
  return made({ rule: parsed('vote', VoteRule, options) })
}

/**
 * The surest win. What a voter states, from 0 to 1, is taken by how its word has turned out before; who has no such record
 * counts half as sure as it says.
 */
function confidence({
  field = 'confidence',
  ...options
}: Options<typeof ConfidenceRule> & { readonly field?: string } = {}): PlainBy {
  const rule = parsed('confidence', ConfidenceRule, options)
  parseDefinition('by.confidence', z.object({ field: z.string().min(1) }), { field }, {})
  return made({ rule, confidence: field })
}

/** The first in rank that says something decides. */
function authority(order: readonly string[]): PlainBy {
  return made({ rule: parsed('authority', AuthorityRule, { order }) })
}

/**
 * `then` decides unless one of `who` objects: by saying `value`, which then stands; without one, by disagreeing with the
 * outcome, which then is open. Where one of `who` says nothing, it is open too.
 */
function veto({
  who,
  value,
  then = vote(),
}: {
  readonly who: readonly string[]
  readonly value?: Json
  /** @default by.vote() */
  readonly then?: PlainBy
}): By {
  const remedy = 'give by.vote(…), by.confidence(…) or by.authority(…)'
  requirePart('by.veto', 'then', isBy(then), then, 'a rule made by `by`', remedy)
  const rule = parsed('veto', VetoRule, { who, then: then.rule, ...(value !== undefined && { value }) })
  return made({ rule, ...(then.confidence !== undefined && { confidence: then.confidence }) })
}

/**
 * Where the voters differ, an agent chooses one of the candidates without being told whose they are. Its input is `JudgeInput`,
 * its output `JudgeVerdict`. A verdict that contradicts itself, or chooses what nobody proposed, decides nothing.
 */
function judge(agent: Agent<z.ZodType, z.ZodType>, options: Options<typeof JudgeRule> = {}): By {
  requireAgent('judge', agent)
  const rule = parsed('judge', JudgeRule, options)
  const verdict = z.toJSONSchema(JudgeVerdict, { io: 'input' }) as JsonObject
  const problem = misfit(shape(agent.outputSchema), shape(verdict))
  if (problem === undefined) return made({ rule, agent })
  const remedy = `give agent ${agent.name} output: JudgeVerdict, or an extension of it`
  throw new InvalidDefinition('by.judge', [{ path: 'agent.output', message: problem, remedy }])
}

/** Where the voters differ, an agent that sees who said what answers in their place, in their form; that stands. */
function supervisor(agent: Agent<z.ZodType, z.ZodType>): By {
  requireAgent('supervisor', agent)
  return made({ rule: parsed('supervisor', SupervisorRule, {}), agent })
}

function requireAgent(name: string, agent: unknown): void {
  const remedy = `write by.${name}(agent), with an agent made by defineAgent`
  requirePart(`by.${name}`, 'agent', isKind(agent, 'agent'), agent, 'an agent', remedy)
}

export const by = { vote, confidence, authority, veto, judge, supervisor } as const
