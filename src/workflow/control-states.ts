/** States that ask the team's control function for something: the one that talks to people, and takes effects back. */
import { RETRYABLE_NAMES } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { AslRetrier, AslState } from './asl.ts'
import { evaluated } from './jsonata-text.ts'
import { LAMBDA_TRANSIENT, STEP_RETRY } from './retry.ts'
import type { Scope } from './scope.ts'

/** How long the function may take to answer. */
export const CONTROL_SECONDS = 120

/** Without `States.Timeout`: of a state that waits for a person that is no fault, but nobody's decision. */
const REQUEST_RETRY: readonly AslRetrier[] = STEP_RETRY.map((retrier) => ({
  ...retrier,
  ErrorEquals: [...RETRYABLE_NAMES, ...LAMBDA_TRANSIENT].filter((name) => name !== 'States.Timeout'),
}))

type Fields = Pick<AslState, 'Type' | 'Resource' | 'Arguments' | 'TimeoutSeconds' | 'Retry'>

/** Gives what the function answers: `$states.result.Payload`. */
export function controlTask(scope: Scope, payload: Readonly<Record<string, Json>>): Fields {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: controlFunction(scope), Payload: payload },
    TimeoutSeconds: CONTROL_SECONDS,
    Retry: STEP_RETRY,
  }
}

/** Gives, days later perhaps, the `ApprovalDecision` that is sent to its token: `$states.result`. */
export function requestTask(scope: Scope, payload: Readonly<Record<string, Json>>, seconds: number | string): Fields {
  const { task, ...rest } = payload
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: {
      FunctionName: controlFunction(scope),
      Payload: { task: task ?? null, token: evaluated('$states.context.Task.Token'), ...rest },
    },
    TimeoutSeconds: seconds,
    Retry: REQUEST_RETRY,
  }
}

function controlFunction(scope: Scope): string {
  return evaluated(scope.read('run', ['lock', 'control', 'functionName']))
}
