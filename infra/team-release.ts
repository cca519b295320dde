/**
 * The end of each deployment: our own function publishes a version of each state machine and records the release that
 * runs start with from then on. No provider framework of CDK's in between: its functions need an AWS SDK in the runtime.
 */
import { CustomResource, Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct, type IDependable } from 'constructs'
import type { Team } from '../src/define/team.ts'
import type { AgentFunction } from './agent-function.ts'
import type { WorkflowStateMachine } from './workflow-state-machine.ts'

export interface TeamReleaseProps {
  readonly team: Team
  readonly release: IFunction
  readonly agents: ReadonlyMap<string, AgentFunction>
  /** ARN of the version of the function that asks people. */
  readonly control: string
  readonly workflows: ReadonlyMap<string, WorkflowStateMachine>
  /** Of the bucket that goes with the stack, so that it can. @default the bucket stays */
  readonly bucketToEmpty?: string | undefined
  /** Likewise, of one whose objects are locked. @default the bucket stays */
  readonly sealsToEmpty?: string | undefined
  /** What must be there before a run may begin. */
  readonly after: readonly IDependable[]
}

const TIMEOUT = Duration.minutes(6)

export class TeamRelease extends Construct {
  constructor(scope: Construct, id: string, props: TeamReleaseProps) {
    super(scope, id)
    const { team, release, agents, control, workflows, bucketToEmpty, sealsToEmpty, after } = props
    const named = <T, V>(all: ReadonlyMap<string, T>, value: (one: T) => V) =>
      Object.fromEntries([...all].map(([name, one]) => [name, value(one)]))
    const resource = new CustomResource(this, 'Release', {
      serviceToken: release.functionArn,
      serviceTimeout: TIMEOUT,
      resourceType: 'Custom::BatonRelease',
      properties: {
        team: team.name,
        ...(bucketToEmpty === undefined ? {} : { bucketToEmpty }),
        ...(sealsToEmpty === undefined ? {} : { sealsToEmpty }),
        teamSha256: team.sha256,
        agents: named(agents, ({ version }) => version.functionArn),
        control,
        workflows: named(workflows, ({ stateMachineArn }) => stateMachineArn),
        definitions: named(workflows, ({ sha256 }) => sha256),
        // Changes as well where only a machine's role, log or tracing does: that too is a version.
        revisions: named(workflows, ({ machine }) => machine.stateMachineRevisionId),
      },
    })
    resource.node.addDependency(...after, ...[...workflows.values()].flatMap(({ ready }) => ready))
  }
}
