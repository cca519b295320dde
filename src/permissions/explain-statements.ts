/** What an agent may do, in words, and by which declaration: of the very statements that its role holds. */
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import { NEVER_ACTIONS } from './agent-boundary.ts'
import { agentStatements } from './agent-statements.ts'
import { workflowsOf } from './agent-workflows.ts'
import { laptopResources } from './laptop-resources.ts'
import type { Statement } from './statement.ts'

export interface ExplainedStatement {
  readonly sid: string
  /** e.g. `reads and appends rows of its own step` */
  readonly does: string
  /** The declaration that it follows from. */
  readonly because: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** Partitions of a table that it is held to. */
  readonly keys: readonly string[]
}

export interface AgentPermissions {
  readonly agent: string
  readonly kind: Agent['rights']
  readonly workflows: readonly string[]
  readonly may: readonly ExplainedStatement[]
  /** Whatever a policy says. */
  readonly never: readonly string[]
}

/** On resources as a laptop names them: in an account they are the ARNs of the stack. */
export function explainAgent(agent: Agent, team: Team): AgentPermissions {
  const workflows = workflowsOf(agent, team)
  const statements = agentStatements(agent, { ...laptopResources(team, {}), workflows })
  return {
    agent: agent.name,
    kind: agent.rights,
    workflows,
    may: statements.map((statement) => explained(statement, agent)),
    never: [...NEVER_ACTIONS, 'change or remove rows of the journal'],
  }
}

type Words = readonly [does: string, because: string]

const EVERY_STEP = 'every step of an agent needs it'

function explained(statement: Statement, agent: Agent): ExplainedStatement {
  const { Sid, Action, Resource, Condition = {} } = statement
  const [does, because] = wordsOf(Sid, agent)
  const keys = [
    Condition['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys'] ?? [],
    Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [],
  ].flat(2)
  return { sid: Sid, does, because, actions: Action, resources: Resource, keys }
}

function wordsOf(sid: string, agent: Agent): Words {
  const fixed = FIXED[sid]
  if (fixed !== undefined) return fixed(agent)
  if (sid.startsWith('InvokeBehindProfile'))
    return ['asks the model behind a profile of its own, by it alone', modelsOf(agent)]
  const tool = agent.tools.find(({ name, isolated }) => !isolated && grantOf(sid, name))
  return tool === undefined
    ? ['does what the statement says', 'the kind of the agent']
    : ['does what its tool was granted', `the grants of tool ${tool.name}`]
}

/** `Tool<name><number of the grant>`: see `toolStatements`. */
function grantOf(sid: string, tool: string): boolean {
  const stem = `Tool${tool.replace(/[^A-Za-z0-9]/g, '')}`
  return sid.startsWith(stem) && /^\d+$/.test(sid.slice(stem.length))
}

const FIXED: Readonly<Record<string, (agent: Agent) => Words>> = {
  ReadRunHead: () => ['reads the head of its own run', EVERY_STEP],
  AppendToOwnJournal: () => ['reads and appends rows of its own step', EVERY_STEP],
  ArtifactsOfRun: () => ['reads and writes artifacts of its own run', EVERY_STEP],
  ReadBrake: () => ['reads whether a brake is on', EVERY_STEP],
  WriteOwnRecords: (agent) => [
    'keeps the claims and the budget of its own step, the budget of its run, the state of its models',
    [
      EVERY_STEP,
      ...named(
        'the rate limits of',
        agent.tools.filter(({ rateLimit }) => rateLimit),
      ),
    ].join('; '),
  ],
  RemoveFromOwnTables: ({ tools }) => [
    'removes items of its own tools’ tables',
    named(
      'effect table of',
      tools.filter(({ effect }) => effect === 'table'),
    ).join(''),
  ],
  SendMessages: ({ sends }) => ['sends messages', `sends: ${Object.keys(sends ?? {}).join(', ')}`],
  ReadMessages: ({ receives }) => ['reads messages', `receives: ${Object.keys(receives ?? {}).join(', ')}`],
  ReadState: ({ state }) => [
    'reads keys of its run’s state',
    `state.reads: ${Object.keys(state?.reads ?? {}).join(', ')}`,
  ],
  WriteState: ({ state }) => [
    'writes keys of its run’s state',
    `state.writes: ${Object.keys(state?.writes ?? {}).join(', ')}`,
  ],
  ReadMemory: ({ memory }) => [
    'searches its team’s memory',
    `memory.reads: ${(memory?.reads ?? []).map(({ name }) => name).join(', ')}`,
  ],
  WriteMemory: ({ memory }) => [
    'adds to its team’s memory',
    `memory.writes: ${(memory?.writes ?? []).map(({ name }) => name).join(', ')}`,
  ],
  UseKey: () => ['uses the team’s key through DynamoDB and S3', EVERY_STEP],
  InvokeOwnModels: (agent) => ['asks its own models', modelsOf(agent)],
  InvokeOwnTools: ({ tools }) => [
    'invokes the functions of its isolated tools',
    named(
      'isolated:',
      tools.filter(({ isolated }) => isolated),
    ).join(''),
  ],
  ReadOwnSecrets: ({ tools }) => [
    'reads the secrets that its tools name',
    tools
      .flatMap(({ name, isolated, secrets }) =>
        isolated || secrets.length === 0 ? [] : [`${name}: ${secrets.join(', ')}`],
      )
      .join('; '),
  ],
  ReadTeamLogs: () => ['reads the team’s logs', 'kind: support'],
  ReadMetrics: () => ['reads metrics', 'kind: support'],
}

function modelsOf({ model: { id, fallbacks, degradeTo } }: Agent): string {
  return `model: ${[...new Set([id, ...fallbacks, ...(degradeTo === undefined ? [] : [degradeTo])])].join(', ')}`
}

function named(what: string, tools: Agent['tools']): readonly string[] {
  return tools.length === 0 ? [] : [`${what} ${tools.map(({ name }) => name).join(', ')}`]
}
