/** Who answers in a `resolve`: agents that are asked, and answers that are there; what is known of each. */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { StepName } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import type { ResolveRule } from '../schema/resolve.ts'
import type { Agent } from './agent.ts'
import { isKind, parseDefinition, requirePart } from './definition.ts'
import { isRegistered, type Typed } from './expressions.ts'
import { isNode } from './patterns.ts'
import { misfit } from './workflow-fit.ts'
import { fieldOf, shape } from './workflow-schemas.ts'

/** An agent that is asked, or an answer that is there: a node that ran before, or a part of its output. */
export type Voter = Agent<z.ZodType, z.ZodType> | Typed<unknown>
export type Voters = Readonly<Record<string, Voter>>

/** Branches that there may be at once. */
const MOST = 40

export function isAgent(value: unknown): value is Agent {
  return isKind(value, 'agent')
}

/** @throws InvalidDefinition */
export function namedVoters(label: string, given: unknown, example: string): Voters {
  const holds = typeof given === 'object' && given !== null && !isRegistered(given) && !isAgent(given)
  requirePart(label, 'voters', holds, given, 'a list of agents, or voters by name', `write ${example}`)
  const listed = Array.isArray(given)
    ? given.map((agent) => [isAgent(agent) ? agent.name : '', agent] as const)
    : undefined
  const entries: readonly (readonly [string, unknown])[] = listed ?? Object.entries(given as object)
  const issues: Issue[] = entries.flatMap(([name, voter], index) => {
    const path = `voters.${name === '' ? index : name}`
    if (isAgent(voter) || (listed === undefined && isRegistered(voter))) return []
    const what = listed === undefined ? 'an agent, or an answer' : 'an agent'
    return [{ path, message: `${what} is expected`, remedy: 'give an agent made by defineAgent, or from(node)' }]
  })
  const names = entries.map(([name]) => name)
  if (new Set(names).size < names.length) {
    const remedy = 'give the voters names: { first: critic, second: critic }'
    issues.push({ path: 'voters', message: 'an agent is listed twice', remedy })
  }
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const remedies = { '(root)': `give it 2 to ${MOST} voters: ${example}` }
  parseDefinition(label, z.array(StepName).min(2, 'at least two voters are expected').max(MOST), names, { remedies })
  return Object.fromEntries(entries) as Voters
}

/** Which agent answers, where that is known. */
export function agentOf(voter: Voter): Agent | undefined {
  if (isAgent(voter)) return voter
  return isNode(voter) && voter.kind === 'step' && voter.contract === undefined ? voter.agent : undefined
}

/** JSON Schema of the answers; `{}` where some are not known. */
export function answersSchema(voters: Voters): JsonObject {
  const agents = Object.values(voters).map(agentOf)
  const schemas = agents.flatMap((agent) => (agent === undefined ? [] : [agent.outputSchema]))
  if (schemas.length < agents.length) return {}
  return {
    anyOf: unique(schemas).map((schema) => (hasReferences(schema) ? { ...schema, 'x-document': schema } : schema)),
  }
}

/** What a person's own answer is parsed by. */
export function answerOf(voters: Voters): z.ZodType {
  const outputs = new Set(Object.values(voters).map((voter) => agentOf(voter)?.output ?? z.unknown()))
  return z.union([...outputs])
}

interface Fields {
  readonly rule: ResolveRule
  readonly on?: string | undefined
  readonly confidence?: string | undefined
}

/** @throws InvalidDefinition where the rule names somebody else, or a field is not in some voter's answer. */
export function checkVoters(label: string, voters: Voters, { rule, on, confidence }: Fields): void {
  const names = Object.keys(voters)
  const unknown = namedBy(rule).filter((name) => !names.includes(name))
  const issues: Issue[] = unknown.map((name) => ({
    path: `by.${rule.rule}`,
    message: `${name} is no voter`,
    remedy: `name one of: ${names.join(', ')}`,
  }))
  if (quorumOf(rule) > names.length) {
    const message = `the quorum is ${quorumOf(rule)}, and there are ${names.length} voters`
    issues.push({ path: 'by.quorum', message, remedy: `set quorum to at most ${names.length}` })
  }
  for (const [name, voter] of Object.entries(voters)) {
    issues.push(...fieldIssues(name, voter, 'on', on, {}))
    issues.push(...fieldIssues(name, voter, 'confidence', confidence, { type: 'number' }))
  }
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
}

function fieldIssues(name: string, voter: Voter, path: string, field: string | undefined, wanted: JsonObject): Issue[] {
  const agent = agentOf(voter)
  if (field === undefined || agent === undefined) return []
  const found = fieldOf(shape(agent.outputSchema), field)
  const remedy = `add it to the output schema of agent ${agent.name}, or name another field`
  if (found === undefined) return [{ path, message: `the answer of ${name} has no field ${field}`, remedy }]
  const problem = misfit(found, shape(wanted), field)
  return problem === undefined ? [] : [{ path, message: `in the answer of ${name}, ${problem}`, remedy }]
}

function namedBy(rule: ResolveRule): readonly string[] {
  switch (rule.rule) {
    case 'vote':
      return Object.keys(rule.weights ?? {})
    case 'authority':
      return rule.order
    case 'veto':
      return [...rule.who, ...namedBy(rule.then)]
    default:
      return []
  }
}

function quorumOf(rule: ResolveRule): number {
  if (rule.rule === 'veto') return quorumOf(rule.then)
  return ('quorum' in rule ? rule.quorum : undefined) ?? 0
}

function hasReferences(schema: JsonObject): boolean {
  return JSON.stringify(schema).includes('"$ref":')
}

function unique(schemas: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()]
}
