/** What the role of a workflow's state machine may do: invoke its own agents, ask people, run its children and items. */
import { versionsOf } from './resources.ts'
import type { Statement } from './statement.ts'

export interface WorkflowResources {
  /** ARN, without a version, of the function of each agent that a step names. */
  readonly agentFunctionArns: readonly string[]
  /** Likewise of the control function, where a state asks it. */
  readonly controlFunctionArn?: string
  readonly children: readonly Machine[]
  /** Of the rule that Step Functions itself keeps, to learn of a child's end. */
  readonly executionsRuleArn: string
}

export interface Machine {
  /** Without a version. */
  readonly stateMachineArn: string
  /** `…:execution:<name>:*` */
  readonly executionArn: string
}

/**
 * Functions by version, because runs hold the version that they began with. State machines never so: whichever version is
 * started, IAM is asked for the machine's own ARN.
 * https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
 */
export function workflowStatements(resources: WorkflowResources): readonly Statement[] {
  const { agentFunctionArns, controlFunctionArn, children, executionsRuleArn } = resources
  const invoke = [
    ...invokeAny('InvokeOwnAgents', agentFunctionArns),
    ...invokeAny('AskControl', controlFunctionArn === undefined ? [] : [controlFunctionArn]),
  ]
  if (children.length === 0) return invoke
  const machines = children.map(({ stateMachineArn }) => stateMachineArn)
  const executions = children.map(({ executionArn }) => executionArn)
  return [
    ...invoke,
    allow('StartOwnChildren', ['states:StartExecution'], machines),
    allow('FollowOwnChildren', ['states:DescribeExecution', 'states:StopExecution'], executions),
    allow('LearnOfChildrensEnd', ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'], [executionsRuleArn]),
  ]
}

/** A distributed Map runs its items as executions of its own machine. */
export function distributedMapStatements({ stateMachineArn, executionArn }: Machine): readonly Statement[] {
  return [
    allow('StartOwnItems', ['states:StartExecution'], [stateMachineArn]),
    allow('FollowOwnItems', ['states:DescribeExecution', 'states:StopExecution'], [executionArn]),
  ]
}

function invokeAny(Sid: string, functionArns: readonly string[]): readonly Statement[] {
  return functionArns.length === 0 ? [] : [allow(Sid, ['lambda:InvokeFunction'], functionArns.map(versionsOf))]
}

function allow(Sid: string, Action: readonly string[], Resource: readonly string[]): Statement {
  return { Sid, Effect: 'Allow', Action, Resource }
}
