/** The Resources that every engine serves: names and fields. What they do: the other files here. */
import type { Integration } from './integration.ts'

type ResourceShape = Pick<Integration, 'resource' | 'service' | 'action' | 'events' | 'fields' | 'pattern'>

const INVOKE_FIELDS = { required: ['FunctionName'], optional: ['Payload', 'Qualifier'] }
const START_FIELDS = { required: ['StateMachineArn'], optional: ['Input', 'Name'] }

export const LAMBDA_INVOKE = {
  resource: 'arn:aws:states:::lambda:invoke',
  service: 'lambda',
  action: 'invoke',
  fields: INVOKE_FIELDS,
  pattern: 'response',
} as const satisfies ResourceShape
export const LAMBDA_INVOKE_TOKEN = {
  resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  service: 'lambda',
  action: 'invoke.waitForTaskToken',
  fields: INVOKE_FIELDS,
  pattern: 'token',
} as const satisfies ResourceShape
export const LAMBDA_FUNCTION = {
  resource: 'arn:aws:lambda:*:function:*',
  service: 'lambda',
  action: 'invoke',
  events: 'LambdaFunction',
  pattern: 'response',
} as const satisfies ResourceShape
export const START_EXECUTION = {
  resource: 'arn:aws:states:::states:startExecution',
  service: 'states',
  action: 'startExecution',
  fields: START_FIELDS,
  pattern: 'response',
} as const satisfies ResourceShape
export const START_EXECUTION_SYNC = {
  resource: 'arn:aws:states:::states:startExecution.sync',
  service: 'states',
  action: 'startExecution.sync',
  fields: START_FIELDS,
  pattern: 'sync',
} as const satisfies ResourceShape
export const START_EXECUTION_SYNC_2 = {
  resource: 'arn:aws:states:::states:startExecution.sync:2',
  service: 'states',
  action: 'startExecution.sync:2',
  fields: START_FIELDS,
  pattern: 'sync',
} as const satisfies ResourceShape

export const BUILT_IN_RESOURCES = [
  ...[LAMBDA_INVOKE, LAMBDA_INVOKE_TOKEN, LAMBDA_FUNCTION],
  ...[START_EXECUTION, START_EXECUTION_SYNC, START_EXECUTION_SYNC_2],
] as const satisfies readonly ResourceShape[]
