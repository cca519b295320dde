/** Ends the execution of a cancelled run after a time of grace, in which its agents may stop by themselves. */
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { type ControlResources, cancelGraceStatements } from '../src/permissions/index.ts'
import { CANCELLED_ERROR } from '../src/schema/step.ts'

export interface CancelGraceProps {
  readonly resources: ControlResources
  readonly logGroup: ILogGroup
  /** @default 30 */
  readonly graceSeconds?: number
}

const GRACE_SECONDS = 30
/** Far beyond the grace time and all that stopping may take. */
const TIMEOUT_SECONDS = 600

/** Input: `{executionArn}`. */
export class CancelGrace extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, id: string, { resources, logGroup, graceSeconds }: CancelGraceProps) {
    super(scope, id)
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      description: 'Stops executions of cancelled runs',
    })
    for (const statement of cancelGraceStatements(resources)) role.addToPolicy(PolicyStatement.fromJson(statement))
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition(graceSeconds ?? GRACE_SECONDS))),
      role,
      tracingEnabled: true,
      logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false },
    })
  }
}

function definition(graceSeconds: number) {
  return {
    Comment: 'Stops the execution of a cancelled run after a time of grace',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: TIMEOUT_SECONDS + graceSeconds,
    StartAt: 'grace',
    States: {
      grace: { Type: 'Wait', Seconds: graceSeconds, Next: 'stop' },
      stop: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:sfn:stopExecution',
        Arguments: {
          ExecutionArn: '{% $states.input.executionArn %}',
          Error: CANCELLED_ERROR,
          Cause: 'The run was cancelled.',
        },
        Retry: [
          {
            ErrorEquals: ['Sfn.SdkClientException', 'Sfn.SfnException'],
            IntervalSeconds: 2,
            MaxAttempts: 4,
            BackoffRate: 2,
            JitterStrategy: 'FULL',
          },
        ],
        End: true,
      },
    },
  }
}
