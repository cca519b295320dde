/**
 * What the functions around the agents may do: the API, approvals, starts by schedule or event, the end of runs, releases.
 * None of them may ask a model, and nothing deletes an item of a table. Only `release` writes the registry (`REG#…`).
 */
import { keyStatements, leadingKeys } from './data-statements.ts'
import { type DataResources, indexArn } from './resources.ts'
import type { Statement } from './statement.ts'

export interface TeamDataResources extends DataResources {
  readonly team: string
}

export interface ControlResources extends TeamDataResources {
  /** Of each workflow's state machine, without a version. */
  readonly stateMachineArns: readonly string[]
  /** Of the executions of each: `…:execution:<name>:*`. */
  readonly executionArns: readonly string[]
}

const WRITE_ACTIONS = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
]

/** Partitions of runs, in either table: which run is not known in advance. */
const RUNS = leadingKeys(['RUN#*'])

export function apiStatements(resources: ControlResources, cancelMachineArn: string): readonly Statement[] {
  return [
    readRegistry(resources),
    writeHeads(resources),
    listRuns(resources),
    writeJournal(resources),
    listChains(resources),
    artifacts(resources),
    startExecutions(resources),
    describeExecutions(resources),
    allow('StopExecutions', ['states:StopExecution'], resources.executionArns),
    allow('CancelLater', ['states:StartExecution'], [cancelMachineArn]),
    ...keyStatements(resources),
  ]
}

/** For starts by a schedule or an event. */
export function startStatements(resources: ControlResources): readonly Statement[] {
  return [
    readRegistry(resources),
    writeHeads(resources),
    startExecutions(resources),
    describeExecutions(resources),
    ...keyStatements(resources),
  ]
}

/**
 * For the function that asks people and takes their answers. `SendTask…` knows no resource: what keeps a token to its task
 * is that no other role can read one.
 */
export function controlStatements(resources: TeamDataResources): readonly Statement[] {
  return [
    writeHeads(resources),
    {
      ...allow('ListApprovals', ['dynamodb:Query'], [indexArn(resources.recordsTableArn)]),
      Condition: leadingKeys(['APPROVALS']),
    },
    {
      ...allow('WriteApprovals', WRITE_ACTIONS, [resources.recordsTableArn]),
      Condition: leadingKeys(['APPROVAL#*']),
    },
    writeJournal(resources),
    listChains(resources),
    artifacts(resources),
    allow('AnswerTasks', ['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess'], ['*']),
    ...keyStatements(resources),
  ]
}

export function runEndedStatements(resources: ControlResources): readonly Statement[] {
  return [
    writeHeads(resources),
    writeJournal(resources),
    listChains(resources),
    artifacts(resources),
    describeExecutions(resources),
    ...keyStatements(resources),
  ]
}

export function releaseStatements(resources: ControlResources): readonly Statement[] {
  return [
    {
      ...allow('WriteRegistry', ['dynamodb:GetItem', 'dynamodb:PutItem'], [resources.recordsTableArn]),
      Condition: leadingKeys([`REG#${resources.team}`]),
    },
    allow('PublishVersions', ['states:PublishStateMachineVersion'], resources.stateMachineArns),
    ...keyStatements(resources),
  ]
}

/** Of a stage that keeps no data: its bucket goes with the stack, and CloudFormation removes only empty ones. */
export function emptyBucketStatements({ artifactsBucketArn }: ControlResources): readonly Statement[] {
  return [
    allow('ListArtifacts', ['s3:ListBucket'], [artifactsBucketArn]),
    allow('RemoveArtifacts', ['s3:DeleteObject'], [`${artifactsBucketArn}/runs/*`]),
  ]
}

/** For the state machine that ends a cancelled execution after its time of grace. */
export function cancelGraceStatements({ executionArns }: ControlResources): readonly Statement[] {
  return [allow('StopExecutions', ['states:StopExecution'], executionArns)]
}

function readRegistry({ recordsTableArn, team }: ControlResources): Statement {
  const reads = allow('ReadRegistry', ['dynamodb:GetItem', 'dynamodb:Query'], [recordsTableArn])
  return { ...reads, Condition: leadingKeys([`REG#${team}`]) }
}

function writeHeads({ recordsTableArn }: DataResources): Statement {
  return { ...allow('WriteRunHeads', WRITE_ACTIONS, [recordsTableArn]), Condition: RUNS }
}

function listRuns({ recordsTableArn }: ControlResources): Statement {
  return { ...allow('ListRuns', ['dynamodb:Query'], [indexArn(recordsTableArn)]), Condition: leadingKeys(['RUNS']) }
}

function writeJournal({ journalTableArn }: DataResources): Statement {
  return { ...allow('AppendToJournal', ['dynamodb:PutItem', 'dynamodb:Query'], [journalTableArn]), Condition: RUNS }
}

function listChains({ journalTableArn }: DataResources): Statement {
  return { ...allow('ListChains', ['dynamodb:Query'], [indexArn(journalTableArn)]), Condition: RUNS }
}

function artifacts({ artifactsBucketArn }: DataResources): Statement {
  return allow('ArtifactsOfRuns', ['s3:GetObject', 's3:PutObject'], [`${artifactsBucketArn}/runs/*`])
}

/** Of any version: IAM is asked for the machine's own ARN. */
function startExecutions({ stateMachineArns }: ControlResources): Statement {
  return allow('StartExecutions', ['states:StartExecution'], stateMachineArns)
}

function describeExecutions({ executionArns }: ControlResources): Statement {
  return allow('DescribeExecutions', ['states:DescribeExecution'], executionArns)
}

function allow(Sid: string, Action: readonly string[], Resource: readonly string[]): Statement {
  return { Sid, Effect: 'Allow', Action, Resource }
}
