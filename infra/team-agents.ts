/** The functions of a team's agents and isolated tools, under one boundary. */
import { Stack } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Agent } from '../src/define/agent.ts'
import { agentBoundary, agentStatements, secretStatements, toolStatements } from '../src/permissions/index.ts'
import { AgentFunction, type AgentFunctionProps, bedrockRegion } from './agent-function.ts'
import { dataResources, type TeamResources } from './team-resources.ts'
import { ToolFunction } from './tool-function.ts'

/** What may be set for each agent, or for all. */
export type AgentSettings = Pick<AgentFunctionProps, 'memoryMiB' | 'reservedConcurrency' | 'bedrockEndpoint'>

export interface TeamAgentsProps {
  readonly resources: TeamResources
  readonly settingsOf: (agent: Agent) => AgentSettings
}

export class TeamAgents extends Construct {
  readonly boundary: ManagedPolicy
  /** By name. */
  readonly agents: ReadonlyMap<string, AgentFunction>
  readonly tools: ReadonlyMap<string, ToolFunction>

  constructor(scope: Construct, id: string, { resources, settingsOf }: TeamAgentsProps) {
    super(scope, id)
    const { team } = resources
    const boundary = createBoundary(this, resources)
    this.boundary = boundary
    const isolated = team.tools.filter((tool) => tool.isolated)
    const tools = new Map(
      isolated.map((tool) => [tool.name, new ToolFunction(this, `Tool-${tool.name}`, { tool, resources, boundary })]),
    )
    this.tools = tools
    const create = (agent: Agent, logGroupArns: readonly string[]): [string, AgentFunction] => {
      const props = { agent, resources, boundary, tools, logGroupArns, ...settingsOf(agent) }
      return [agent.name, new AgentFunction(this, `Agent-${agent.name}`, props)]
    }
    const working = team.agents.filter(({ rights }) => rights !== 'support').map((agent) => create(agent, []))
    const logGroupArns = working.map(([, { lambda }]) => lambda.logGroup.logGroupArn)
    const support = team.agents.filter(({ rights }) => rights === 'support')
    this.agents = new Map([...working, ...support.map((agent) => create(agent, logGroupArns))])
  }
}

/** Names actions only, so that it is there before the roles whose rights it caps. */
function createBoundary(scope: Construct, resources: TeamResources): ManagedPolicy {
  const { team, trail, model } = resources
  const known = {
    ...dataResources(scope, resources),
    bedrockRegion: bedrockRegion(scope, model),
    toolFunctionArns: {},
    // Which they are is no business of a boundary's; that there are any brings the actions in.
    logGroupArns: ['*'],
  }
  const granted = [
    ...team.agents.flatMap((agent) => agentStatements(agent, known)),
    ...toolStatements(team.tools),
    ...secretStatements(team.tools, known.place),
  ]
  return new ManagedPolicy(scope, 'Boundary', {
    description: `The most that agents of team ${team.name} may ever do in ${Stack.of(scope).stackName}`,
    statements: agentBoundary(granted, trail.table.tableArn).map((one) => PolicyStatement.fromJson(one)),
  })
}
