/**
 * What the functions around the agents may do: the API, approvals, starts by schedule or event, the end of runs, releases.
 * None of them may ask a model, and nothing but a brake is ever deleted. The registry (`REG#…`) is written by `release`, by the
 * API for rollbacks and canaries, and by the end of runs, which canaries are judged by.
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

const READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:Query']
/** Of a run that ends in a canary: its item, and the sums. */
const COUNT_ACTIONS = ['dynamodb:PutItem', 'dynamodb:UpdateItem']

/** Which run's an approval is, by its id. */
const APPROVALS = 'APPROVAL#*'

/** Partitions of runs, in either table: which run is not known in advance. */
const RUNS = leadingKeys(['RUN#*'])

export function apiStatements(resources: ControlResources, cancelMachineArn: string): readonly Statement[] {
  return [
    moveReleases(resources, [...READ_ACTIONS, ...COUNT_ACTIONS]),
    writeRuns(resources, [APPROVALS, teamBudget(resources)]),
    changeBrake(resources),
    listRuns(resources),
    listBoxes(resources),
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
    drawRelease(resources),
    writeRuns(resources, [teamBudget(resources)]),
    writeJournal(resources),
    readBrake(resources),
    startExecutions(resources),
    describeExecutions(resources),
    ...keyStatements(resources),
  ]
}

/**
 * For the function that asks people and takes their answers. `SendTask…` knows no resource: what keeps a token to its task is
 * that no agent can read one, and that no other function may answer it.
 */
export function controlStatements(resources: TeamDataResources): readonly Statement[] {
  return [
    writeRuns(resources, [APPROVALS, `CALIBRATION#${resources.team}`]),
    listApprovals(resources),
    writeJournal(resources),
    listChains(resources),
    artifacts(resources),
    allow('AnswerTasks', ['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess'], ['*']),
    ...keyStatements(resources),
  ]
}

export function runEndedStatements(resources: ControlResources): readonly Statement[] {
  return [
    writeRuns(resources, [APPROVALS, teamBudget(resources)]),
    moveReleases(resources, ['dynamodb:GetItem', ...COUNT_ACTIONS]),
    writeJournal(resources),
    listChains(resources),
    artifacts(resources),
    describeExecutions(resources),
    ...keyStatements(resources),
  ]
}

export function releaseStatements(resources: ControlResources): readonly Statement[] {
  return [
    ofRegistry('WriteRegistry', [...READ_ACTIONS, 'dynamodb:PutItem'], resources),
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

/** Its pointer and the release that this names: the pointer alone says which. */
function drawRelease(resources: ControlResources): Statement {
  return ofRegistry('DrawRelease', ['dynamodb:GetItem'], resources)
}

/** The pointer, each move of it, and what the ends of runs add up to. */
function moveReleases(resources: ControlResources, actions: readonly string[]): Statement {
  return ofRegistry('MoveReleases', actions, resources)
}

function ofRegistry(sid: string, actions: readonly string[], { recordsTableArn, team }: ControlResources): Statement {
  return { ...allow(sid, actions, [recordsTableArn]), Condition: leadingKeys([`REG#${team}`]) }
}

/** @param keys Beside runs' own, and with them in one condition: a transaction may change both. */
function writeRuns({ recordsTableArn }: DataResources, keys: readonly string[] = []): Statement {
  return { ...allow('WriteRuns', WRITE_ACTIONS, [recordsTableArn]), Condition: leadingKeys(['RUN#*', ...keys]) }
}

/** What all runs of the team may spend. */
function teamBudget({ team }: TeamDataResources): string {
  return `BUDGET#${team}`
}

function readBrake({ recordsTableArn }: DataResources): Statement {
  const reads = allow('ReadBrake', ['dynamodb:GetItem', 'dynamodb:Query'], [recordsTableArn])
  return { ...reads, Condition: leadingKeys(['BRAKE']) }
}

function changeBrake({ recordsTableArn }: DataResources): Statement {
  const Action = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']
  return { ...allow('ChangeBrake', Action, [recordsTableArn]), Condition: leadingKeys(['BRAKE']) }
}

function listApprovals({ recordsTableArn }: DataResources): Statement {
  const list = allow('ListApprovals', ['dynamodb:Query'], [indexArn(recordsTableArn)])
  return { ...list, Condition: leadingKeys(['APPROVALS']) }
}

function listRuns({ recordsTableArn }: ControlResources): Statement {
  return { ...allow('ListRuns', ['dynamodb:Query'], [indexArn(recordsTableArn)]), Condition: leadingKeys(['RUNS']) }
}

/** Of messages between agents, and of what they share: which run's is not known in advance. */
function listBoxes({ recordsTableArn }: ControlResources): Statement {
  return {
    ...allow('ListBoxes', ['dynamodb:Query'], [indexArn(recordsTableArn)]),
    Condition: leadingKeys(['BOXES#*', 'STATE#*']),
  }
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
