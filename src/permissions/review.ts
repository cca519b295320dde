/** What is wrong with what a team's agents were granted: too wide, or never used. Says nothing of what a run did. */
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import { agentStatements } from './agent-statements.ts'
import { workflowsOf } from './agent-workflows.ts'
import { laptopResources } from './laptop-resources.ts'
import { TELEMETRY_ACTIONS } from './telemetry-statements.ts'

export interface Finding {
  readonly agent: string
  readonly rule:
    | 'wildcard.action'
    | 'wildcard.resource'
    | 'unused.agent'
    | 'unused.message'
    | 'unused.state'
    | 'unused.run'
  readonly what: string
  readonly remedy: string
}

export function reviewGrants(team: Team): readonly Finding[] {
  return team.agents.flatMap((agent) => [
    ...wideActions(agent, team),
    ...wideResources(agent),
    ...unusedAgent(agent, team),
    ...unusedMessages(agent, team),
    ...unusedState(agent, team),
  ])
}

/** What recorded runs have used of each agent, by its name. */
export interface Used {
  readonly runs: number
  readonly agents: ReadonlyMap<string, { readonly tools: ReadonlySet<string>; readonly models: ReadonlySet<string> }>
}

/** A fallback is there for what seldom happens: only what is asked first counts. */
export function reviewUse({ agents }: Team, used: Used): readonly Finding[] {
  return agents.flatMap(({ name, model, tools }): readonly Finding[] => {
    const by = used.agents.get(name)
    const unused = (what: string, remedy: string): Finding => ({ agent: name, rule: 'unused.run', what, remedy })
    const runs = used.runs === 1 ? '1 recorded run' : `${used.runs} recorded runs`
    if (by === undefined)
      return [unused(`it did no step in ${runs}`, 'leave the agent out, or record runs that need it')]
    return [
      ...tools
        .filter((tool) => !by.tools.has(tool.name))
        .map((tool) => unused(`its tool ${tool.name} was called in none of ${runs}`, `take ${tool.name} from it`)),
      ...(by.models.size > 0 && !by.models.has(model.id)
        ? [unused(`its model ${model.id} answered in none of ${runs}`, 'name the model that answers')]
        : []),
    ]
  })
}

function wideActions(agent: Agent, team: Team): readonly Finding[] {
  const statements = agentStatements(agent, { ...laptopResources(team, {}), workflows: workflowsOf(agent, team) })
  return statements.flatMap(({ Sid, Action }) =>
    Action.filter((action) => /[*?]/.test(action)).map((action) => ({
      ...{ agent: agent.name, rule: 'wildcard.action' as const, what: `${Sid} allows ${action}` },
      remedy: 'name each action',
    })),
  )
}

function wideResources({ name, tools }: Agent): readonly Finding[] {
  return tools.flatMap((tool) =>
    tool.grants.flatMap(({ actions, resources }) =>
      resources
        .filter((arn) => isWide(arn) && !actions.every(knowsNoResource))
        .map((arn) => ({
          ...{ agent: name, rule: 'wildcard.resource' as const },
          what: `tool ${tool.name} may ${actions.join(', ')} on ${arn}`,
          remedy: 'name the bucket, table, queue or function: its ARN up to what varies',
        })),
    ),
  )
}

/** Everything of a service, or of a kind: a `*` behind a name is a part of one thing, such as the objects of a bucket. */
function isWide(arn: string): boolean {
  const [, , service = '', region = '', account = '', ...rest] = arn.split(':')
  const resource = rest.join(':')
  if (resource === '' || /[*?]/.test(service + account)) return true
  if (service === 's3') return /[*?]/.test(resource.split('/')[0] ?? '')
  return region === '*' || /^([\w-]+[/:])?\*/.test(resource)
}

/** IAM takes no resource for these but `*`. */
function knowsNoResource(action: string): boolean {
  return TELEMETRY_ACTIONS.includes(action)
}

function unusedAgent(agent: Agent, team: Team): readonly Finding[] {
  if (team.workflows.length === 0 || workflowsOf(agent, team).length > 0) return []
  const tools =
    agent.tools.length === 0 ? '' : `, so that nobody uses ${agent.tools.map(({ name }) => name).join(', ')}`
  return [
    ...[{ agent: agent.name, rule: 'unused.agent' as const, what: `it has a step in no workflow${tools}` }].map(
      (one) => ({
        ...one,
        remedy: 'give it a step, or leave it out of the team: its role is deployed all the same',
      }),
    ),
  ]
}

function unusedMessages(agent: Agent, team: Team): readonly Finding[] {
  const own = workflowsOf(agent, team)
  return Object.keys(agent.sends ?? {}).flatMap((to): readonly Finding[] => {
    const theirs = workflowsOf({ name: to as Agent['name'] }, team)
    if (own.some((workflow) => theirs.includes(workflow)) || own.length === 0) return []
    const remedy = `take ${to} from its sends, or let both work in one workflow`
    return [
      {
        agent: agent.name,
        rule: 'unused.message',
        what: `it may send to ${to}, who works in none of its workflows`,
        remedy,
      },
    ]
  })
}

/** A key that is read and that nobody ever writes holds what it held at the start. */
function unusedState(agent: Agent, team: Team): readonly Finding[] {
  const own = workflowsOf(agent, team)
  const around = team.agents.filter((other) => workflowsOf(other, team).some((workflow) => own.includes(workflow)))
  const written = new Set(around.flatMap(({ state }) => Object.keys(state?.writes ?? {})))
  const read = new Set(around.flatMap(({ state }) => Object.keys(state?.reads ?? {})))
  const unused = (key: string, what: string): Finding => ({
    ...{ agent: agent.name, rule: 'unused.state', what: `it may ${what}` },
    remedy: `take ${key} from its state`,
  })
  if (own.length === 0) return []
  return [
    ...Object.keys(agent.state?.reads ?? {})
      .filter((key) => !written.has(key))
      .map((key) => unused(key, `read the key ${key}, which nobody writes`)),
    ...Object.keys(agent.state?.writes ?? {})
      .filter((key) => !read.has(key))
      .map((key) => unused(key, `write the key ${key}, which nobody reads`)),
  ]
}
