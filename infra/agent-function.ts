/**
 * One agent as a Lambda function with two roles: `Exec`, which writes its log and becomes `Run`, and `Run`, which holds
 * what the agent may do and is assumed for each step with the run's and step's ids as session tags.
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { ArnPrincipal, type IManagedPolicy, PolicyDocument, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Version } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Agent } from '../src/define/agent.ts'
import { parseModelSetting } from '../src/models/choose.ts'
import {
  agentStatements,
  assumeRunStatement,
  runRoleTrust,
  type Statement,
  workflowsOf,
} from '../src/permissions/index.ts'
import { NodeFunction } from './node-function.ts'
import { dataEnvironment, dataResources, type TeamResources } from './team-resources.ts'
import type { ToolFunction } from './tool-function.ts'

export interface AgentFunctionProps {
  readonly agent: Agent
  readonly resources: TeamResources
  /** Caps both roles. */
  readonly boundary: IManagedPolicy
  /** Of the agent's isolated tools, by tool. */
  readonly tools: ReadonlyMap<string, ToolFunction>
  /** What an agent of the kind `support` may read. @default none */
  readonly logGroupArns?: readonly string[]
  /** @default 1024 */
  readonly memoryMiB?: number | undefined
  /** Environments at a time at most, set aside for this agent. @default what the account has left */
  readonly reservedConcurrency?: number | undefined
  /** Where Bedrock answers. @default the region's endpoint */
  readonly bedrockEndpoint?: string | undefined
}

const MEMORY_MIB = 1_024
/** From the agent's own deadline to its function's: the start, and writing the outcome down. Less than the state's. */
export const FUNCTION_GRACE_SECONDS = 30

export class AgentFunction extends Construct {
  readonly agent: Agent
  readonly lambda: NodeFunction
  readonly runRole: Role
  /** What runs are started with: kept while a run may hold it. */
  readonly version: Version
  /** What the `Run` role may do. */
  readonly statements: readonly Statement[]

  constructor(scope: Construct, id: string, props: AgentFunctionProps) {
    super(scope, id)
    const { agent, resources, boundary } = props
    this.agent = agent
    const tools = agent.tools.flatMap(({ name }) => props.tools.get(name) ?? [])
    this.lambda = new NodeFunction(this, 'Function', {
      description: `Agent ${agent.name} of team ${resources.team.name}`,
      bundle: resources.bundle.agents,
      handler: 'agent',
      timeoutSeconds: agent.limits.seconds + FUNCTION_GRACE_SECONDS,
      memoryMiB: props.memoryMiB ?? MEMORY_MIB,
      reservedConcurrency: props.reservedConcurrency,
      stage: resources.stage,
      key: resources.key,
      boundary,
      environment: {
        ...dataEnvironment(resources),
        BATON_AGENT: agent.name,
        BATON_MODEL: resources.model,
        BATON_LOG_CONTENT: String(resources.logContent),
        ...(tools.length === 0 ? {} : { BATON_TOOL_FUNCTIONS: toolVersions(this, tools) }),
        ...(props.bedrockEndpoint === undefined ? {} : { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: props.bedrockEndpoint }),
      },
    })
    this.statements = agentStatements(agent, {
      ...dataResources(this, resources),
      workflows: workflowsOf(agent, resources.team),
      bedrockRegion: bedrockRegion(this, resources.model),
      fixedModelId: fixedModelId(resources.model),
      toolFunctionArns: Object.fromEntries(tools.map(({ tool, lambda }) => [tool.name, lambda.function.functionArn])),
      ...(props.logGroupArns === undefined ? {} : { logGroupArns: props.logGroupArns }),
    })
    this.runRole = this.createRunRole(agent, boundary)
    this.lambda.allow([assumeRunStatement(this.runRole.roleArn)])
    this.lambda.function.addEnvironment('BATON_RUN_ROLE_ARN', this.runRole.roleArn)
    this.version = this.lambda.function.currentVersion
    this.version.applyRemovalPolicy(RemovalPolicy.RETAIN)
  }

  private createRunRole(agent: Agent, boundary: IManagedPolicy): Role {
    const [assume, tag] = runRoleTrust(this.lambda.role.roleArn)
    const role = new Role(this, 'Run', {
      assumedBy: new ArnPrincipal(this.lambda.role.roleArn).withConditions(assume.Condition),
      description: `Agent ${agent.name}: what it may do within one step of one run`,
      permissionsBoundary: boundary,
      inlinePolicies: {
        Agent: new PolicyDocument({ statements: this.statements.map((one) => PolicyStatement.fromJson(one)) }),
      },
    })
    role.assumeRolePolicy?.addStatements(PolicyStatement.fromJson(tag))
    return role
  }
}

function toolVersions(scope: Construct, tools: readonly ToolFunction[]): string {
  const versions = tools.map(({ tool, version }) => [tool.name, version.functionArn])
  return Stack.of(scope).toJsonString(Object.fromEntries(versions))
}

/** undefined: the team's models are not Bedrock's. */
export function bedrockRegion(scope: Construct, model: string): string | undefined {
  const setting = parseModelSetting(model)
  return setting.kind === 'bedrock' ? (setting.region ?? Stack.of(scope).region) : undefined
}

/** Of a server that is asked for one model, whichever an agent names. */
function fixedModelId(model: string): string | undefined {
  const setting = parseModelSetting(model)
  return setting.kind === 'openai' ? setting.model : undefined
}
