/** A Lambda function of a team: Node, ARM, its own log group and its own role, which may write that log and be traced. */
import { Duration } from 'aws-cdk-lib'
import { type IManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { logStatement, type Statement } from '../src/permissions/index.ts'
import { policyOf, type Stage } from './stage.ts'
import type { Bundle } from './team-bundle.ts'

export interface NodeFunctionProps {
  readonly description: string
  readonly bundle: Bundle
  /** Name of the bundle's export. */
  readonly handler: string
  readonly timeoutSeconds: number
  readonly memoryMiB: number
  readonly environment: Readonly<Record<string, string>>
  readonly stage: Stage
  /** Encrypts the log. @default CloudWatch's own key */
  readonly key?: IKey | undefined
  /** Caps the role. @default none */
  readonly boundary?: IManagedPolicy | undefined
  /** What the role may do beside writing its log. @default nothing */
  readonly statements?: readonly Statement[]
  /** Environments at a time at most, set aside for this function. @default what the account has left */
  readonly reservedConcurrency?: number | undefined
  /**
   * How often Lambda repeats a failed asynchronous invocation, and where it then puts the event. It takes a resource of its
   * own, of the 500 that a stack may have. @default nothing invokes the function asynchronously
   */
  readonly asynchronous?: { readonly retries: number; readonly failures?: IQueue }
}

export class NodeFunction extends Construct {
  readonly function: LambdaFunction
  readonly role: Role
  readonly logGroup: LogGroup

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id)
    const { stage, key, boundary, description, asynchronous } = props
    const { removalPolicy, logRetention } = policyOf(stage)
    this.logGroup = new LogGroup(this, 'Log', {
      retention: logRetention,
      removalPolicy,
      ...(key === undefined ? {} : { encryptionKey: key }),
    })
    this.role = new Role(this, 'Exec', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `${description}: the function itself`,
      ...(boundary === undefined ? {} : { permissionsBoundary: boundary }),
    })
    this.allow([logStatement(this.logGroup.logGroupArn), ...(props.statements ?? [])])
    this.function = new LambdaFunction(this, 'Function', {
      description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundle.folder),
      handler: `index.${props.handler}`,
      role: this.role,
      logGroup: this.logGroup,
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMiB,
      tracing: Tracing.ACTIVE,
      ...(asynchronous && { retryAttempts: asynchronous.retries }),
      ...(asynchronous?.failures && { onFailure: new SqsDestination(asynchronous.failures) }),
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    })
  }

  allow(statements: readonly Statement[]): void {
    for (const statement of statements) this.role.addToPolicy(PolicyStatement.fromJson(statement))
  }
}
