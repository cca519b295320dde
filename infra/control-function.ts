/**
 * The function that state machines ask for all that is no agent's business, and that people answer through: it alone may
 * answer task tokens. Made before the state machines, whose role may invoke it: so it holds no right on any of them.
 */
import { RemovalPolicy } from 'aws-cdk-lib'
import type { Version } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { controlStatements } from '../src/permissions/index.ts'
import { API_SECONDS } from './control-functions.ts'
import { NodeFunction } from './node-function.ts'
import { dataEnvironment, dataResources, type TeamResources } from './team-resources.ts'

export interface ControlFunctionProps {
  readonly resources: TeamResources
}

const MEMORY_MIB = 512

export class ControlFunction extends Construct {
  readonly lambda: NodeFunction
  /** What runs are started with: kept while a run may hold it. */
  readonly version: Version

  constructor(scope: Construct, id: string, { resources }: ControlFunctionProps) {
    super(scope, id)
    const { team, stage, key, bundle } = resources
    this.lambda = new NodeFunction(this, 'Function', {
      description: `Asks people, and takes their answers, for team ${team.name}`,
      bundle: bundle.control,
      handler: 'control',
      timeoutSeconds: API_SECONDS,
      memoryMiB: MEMORY_MIB,
      stage,
      key,
      statements: controlStatements({ ...dataResources(this, resources), team: team.name }),
      environment: { ...dataEnvironment(resources), BATON_LOG_CONTENT: String(resources.logContent) },
    })
    this.version = this.lambda.function.currentVersion
    this.version.applyRemovalPolicy(RemovalPolicy.RETAIN)
  }
}
