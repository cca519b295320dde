/**
 * Every finding of cdk-nag (AwsSolutions) that is left as it is, and why. The wildcards are also all that the tests of least
 * privilege let pass.
 */
import { CfnResource, Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { statementsIn } from './policy-statements.ts'

/** A resource in a policy that holds a `*`: where it may stand, for which actions, and why it is no more exact. */
export interface Wildcard {
  /** Of the resource as `statementsIn` writes it. */
  readonly resource: RegExp
  /** Of the construct's path. */
  readonly path: RegExp
  readonly actions: readonly string[]
  readonly reason: string
}

export const WILDCARDS: readonly Wildcard[] = [
  {
    resource: /^\*$/,
    path: /\/Exec\/|\/Role\//,
    actions: ['xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    reason: "X-Ray's actions know no resource.",
  },
  {
    resource: /^\*$/,
    path: /\/(Workflows|CancelGrace)\/.*Role\//,
    actions: [
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
    ],
    reason: 'The log delivery of Step Functions knows no resource.',
  },
  {
    resource: /^\*$/,
    path: /\/Agent-[^/]+\/Run\//,
    actions: ['cloudwatch:GetMetricData', 'logs:GetQueryResults', 'logs:StopQuery'],
    reason: 'A support agent reads metrics and the results of queries, which know no resource.',
  },
  {
    resource: /^\*$/,
    path: /\/Control\/Function\/Exec\//,
    actions: ['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess'],
    reason: 'Answers to task tokens know no resource; only this function can read the tokens.',
  },
  {
    resource: /^<\w*Artifacts\w+\.Arn>\/runs\/<aws:PrincipalTag\/runId>\/\*$/,
    path: /\/Agent-[^/]+\/Run\//,
    actions: ['s3:GetObject', 's3:PutObject'],
    reason:
      'Artifacts of the one run that the session is tagged with: their names are hashes of what is not there yet.',
  },
  {
    resource: /^<\w*Artifacts\w+\.Arn>\/runs\/\*$/,
    path: /\/Functions\/(Api|RunEnded)\/|\/Control\/Function\/Exec\//,
    actions: ['s3:GetObject', 's3:PutObject'],
    reason: 'Outputs of any run: which runs there will be is not known.',
  },
  {
    resource: /^\*$/,
    path: /\/Sealer\/Seal\/Exec\//,
    actions: ['dynamodb:ListStreams'],
    reason: 'It knows no resource: it tells the names of streams.',
  },
  {
    resource: /^<\w*TrailSeals\w+\.Arn>\/(seals|rows)\/\*$/,
    path: /\/Sealer\/Seal\/Exec\/|\/Functions\/Api\//,
    actions: ['s3:GetObject', 's3:PutObject'],
    reason: 'Seals of any run: which runs there will be is not known. The bucket replaces and removes none.',
  },
  {
    resource: /^<\w*TrailSeals\w+\.Arn>\/(seals|rows)\/\*$/,
    path: /\/Functions\/Release\//,
    actions: ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion'],
    reason: 'A stage that keeps no data: its bucket is emptied before it goes with the stack.',
  },
  {
    resource: /^<\w*Artifacts\w+\.Arn>\/runs\/\*$/,
    path: /\/Functions\/Release\//,
    actions: ['s3:DeleteObject'],
    reason: 'A stage that keeps no data: its bucket is emptied before it goes with the stack.',
  },
  {
    resource: /^arn:<AWS::Partition>:bedrock:\*::foundation-model\/[^*]+$/,
    path: /\/Agent-[^/]+\/Run\//,
    actions: ['bedrock:InvokeModel'],
    reason: 'An inference profile chooses the region; the statement takes calls by that profile alone.',
  },
  {
    resource: /^<\w*Function\w+\.Arn>:\*$/,
    path: /\/Workflow-[^/]+\/Role\/|\/Agent-[^/]+\/Run\//,
    actions: ['lambda:InvokeFunction'],
    reason: 'Every version of that function: a waiting run goes on with the version that it began with.',
  },
  {
    resource: /^arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<\w*Machine\w+\.Name>:\*$/,
    path: /\/Workflow-[^/]+\/(Role|Items)\/|\/CancelGrace\/|\/Functions\/(Api|Start|RunEnded)\//,
    actions: ['states:DescribeExecution', 'states:StopExecution'],
    reason: 'Executions of that state machine: they are named after runs that are not there yet.',
  },
]

/** The boundary of the agents' roles allows actions on anything, as it grants nothing: policies name the resources. */
export const BOUNDARY = {
  path: /\/Agents\/Boundary\//,
  reason: 'A permissions boundary grants nothing: it caps actions, and the policies under it name the resources.',
}

interface Exception {
  readonly rule: string
  readonly path: RegExp
  readonly reason: string
}

const RULES: readonly Exception[] = [
  {
    rule: 'AwsSolutions-S1',
    path: /\/Artifacts\/(Bucket|AccessLogs)\/Resource$/,
    reason:
      'In prod the bucket has an access log, whose own bucket has none; in dev nothing is kept that is worth one.',
  },
  {
    rule: 'AwsSolutions-S1',
    path: /\/Trail\/Seals\/Bucket\/Resource$/,
    reason: 'What is in it was written once, is locked and signed: who read it is no evidence.',
  },
  {
    rule: 'AwsSolutions-SQS3',
    path: /\/(FailedEvents|Failures)\/Resource$/,
    reason: 'It is the dead-letter queue.',
  },
  {
    rule: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
    path: /\/CloudWatchRole\/Resource$/,
    reason: 'The one role by which API Gateway logs in an account: AWS prescribes this policy for it.',
  },
  {
    rule: 'AwsSolutions-APIG3',
    path: /\/DeploymentStage\.\w+\/Resource$/,
    reason:
      'Every request is signed with IAM credentials and throttled; a web ACL costs 5 USD a month while nothing runs.',
  },
  {
    rule: 'AwsSolutions-COG4',
    path: /\/Api\/Default\/.*\/(ANY|GET|POST)\/Resource$/,
    reason: 'Callers are authorised by IAM (SigV4): programs of the account rather than people of a user pool.',
  },
]

/** Call it when all constructs are there. What is not in the lists above is left to cdk-nag. */
export function acknowledgeExceptions(scope: IConstruct): void {
  for (const node of scope.node.findAll()) {
    const { path } = node.node
    for (const { rule, reason } of RULES.filter((one) => one.path.test(path))) acknowledge(node, rule, reason)
    if (CfnResource.isCfnResource(node)) acknowledgeWildcards(node, path)
  }
}

function acknowledgeWildcards(node: CfnResource, path: string): void {
  const reasons = new Map<string, Set<string>>()
  const open = new Set<string>()
  for (const { effect, actions, resources } of statementsIn(Stack.of(node).resolve(node._toCloudFormation()))) {
    if (effect !== 'Allow') continue
    for (const resource of resources.filter((text) => text.includes('*'))) {
      const reason = BOUNDARY.path.test(path) ? BOUNDARY.reason : wildcardFor(path, resource, actions)?.reason
      if (reason === undefined) open.add(resource)
      else reasons.set(resource, (reasons.get(resource) ?? new Set()).add(reason))
    }
  }
  for (const [resource, all] of reasons) {
    if (!open.has(resource)) acknowledge(node, `AwsSolutions-IAM5[Resource::${resource}]`, [...all].join(' '))
  }
}

/** The exception that lets a statement's resource pass, if there is one. */
export function wildcardFor(path: string, resource: string, actions: readonly string[]): Wildcard | undefined {
  return WILDCARDS.find(
    (one) =>
      one.resource.test(resource) && one.path.test(path) && actions.every((action) => one.actions.includes(action)),
  )
}

function acknowledge(node: IConstruct, id: string, reason: string): void {
  Validations.of(node).acknowledge({ id, reason })
}
