/** An isolated tool: code that is not to hold its agent's rights has a function and a role of its own. */
import { RemovalPolicy } from 'aws-cdk-lib'
import type { IManagedPolicy } from 'aws-cdk-lib/aws-iam'
import type { Version } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Tool } from '../src/define/tool.ts'
import { secretStatements, toolStatements } from '../src/permissions/index.ts'
import { NodeFunction } from './node-function.ts'
import { placeOf, type TeamResources } from './team-resources.ts'

export interface ToolFunctionProps {
  readonly tool: Tool
  readonly resources: TeamResources
  readonly boundary: IManagedPolicy
  /** @default 512 */
  readonly memoryMiB?: number | undefined
}

const MEMORY_MIB = 512
/** From the tool's own time limit to its function's: the start, and the answer. */
const GRACE_SECONDS = 10

export class ToolFunction extends Construct {
  readonly tool: Tool
  readonly lambda: NodeFunction
  readonly version: Version

  constructor(scope: Construct, id: string, { tool, resources, boundary, memoryMiB }: ToolFunctionProps) {
    super(scope, id)
    this.tool = tool
    this.lambda = new NodeFunction(this, 'Function', {
      description: `Tool ${tool.name} of team ${resources.team.name}`,
      bundle: resources.bundle.agents,
      handler: 'tool',
      timeoutSeconds: Math.ceil(tool.timeoutSeconds) + GRACE_SECONDS,
      memoryMiB: memoryMiB ?? MEMORY_MIB,
      stage: resources.stage,
      key: resources.key,
      boundary,
      statements: [...toolStatements([tool]), ...secretStatements([tool], placeOf(this, resources.team.name))],
      environment: { BATON_TOOL: tool.name },
    })
    this.version = this.lambda.function.currentVersion
    this.version.applyRemovalPolicy(RemovalPolicy.RETAIN)
  }
}
