/**
 * A step: the agent's function as a Task, then a Choice over what it says of itself. How often it is invoked again, and
 * how often a failed invocation is repeated, is bounded here; turns and money are bounded by the agent's own limits.
 */
import type { StepNode } from '../define/patterns.ts'
import { stateSeconds } from '../define/workflow-times.ts'
import { RETRYABLE_NAMES } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { AslChoice, AslRetrier, AslState } from './asl.ts'
import { stepInlineBytes } from './budget.ts'
import { evaluated, literal, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'

/** Invocations after the first one, for `continue` and `wait` together. */
export const MAX_AGAIN = 10
export const MAX_RETRIES = 4

const LAMBDA_TRANSIENT = [
  'Lambda.TooManyRequestsException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'States.Timeout',
]

export const STEP_RETRY: readonly AslRetrier[] = [
  {
    ErrorEquals: [...RETRYABLE_NAMES, ...LAMBDA_TRANSIENT],
    IntervalSeconds: 2,
    BackoffRate: 2,
    MaxAttempts: MAX_RETRIES,
    MaxDelaySeconds: 60,
    JitterStrategy: 'FULL',
  },
]

const RESULT = '$states.result.Payload'
const STATUS = '$states.input.status'

export function compileStep(node: StepNode, place: Place): string {
  const { scope, next } = place
  const entry = scope.name(node.name)
  const decide = scope.name(`${node.name}: outcome`)
  const pause = scope.name(`${node.name}: wait`)
  const output = `${STATUS_IS_COMPLETED} ? ${RESULT}.output : null`
  const otherwise = node.otherwise && render(node.otherwise, scope.resolve)
  const fallback =
    otherwise === undefined ? undefined : { ...assignments(node, place, otherwise), Output: {}, Next: next }

  scope.add(entry, {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: taskArguments(node, place),
    TimeoutSeconds: stateSeconds(node),
    Retry: STEP_RETRY,
    ...(fallback ? { Catch: [{ ErrorEquals: ['States.ALL'], ...fallback }] } : {}),
    ...assignments(node, place, output),
    Output: evaluated(
      `${STATUS_IS_COMPLETED} ? {"status": "completed"} : $merge([${RESULT}, {"again": $states.input.again}])`,
    ),
    Next: decide,
  })

  const once = `$sum([$states.input.again, 1])`
  const mayGoAgain = `$sum([$states.input.again]) < ${MAX_AGAIN}`
  const choices: AslChoice[] = [
    { Condition: evaluated(`${STATUS} = "completed"`), Output: {}, Next: next },
    {
      Condition: evaluated(`${STATUS} = "continue" and ${mayGoAgain}`),
      Output: { again: evaluated(once) },
      Next: entry,
    },
    {
      Condition: evaluated(`${STATUS} = "wait" and ${mayGoAgain}`),
      Output: { again: evaluated(once), untilIso: evaluated('$states.input.untilIso') },
      Next: pause,
    },
  ]
  scope.add(pause, { Type: 'Wait', Timestamp: evaluated('$states.input.untilIso'), Next: entry })

  const failed = scope.add(scope.name(`${node.name}: stopped`), failure(node, place))
  if (fallback) {
    const { Next, ...effects } = fallback
    // A cancelled run ends: nothing stands for what it was not to do.
    const cancelled = {
      Condition: evaluated(`${STATUS} = "stopped" and $states.input.cause = "cancelled"`),
      Next: failed,
    }
    scope.add(decide, { Type: 'Choice', Choices: [...choices, cancelled], Default: Next, ...effects })
  } else {
    scope.add(decide, { Type: 'Choice', Choices: choices, Default: failed })
  }
  return entry
}

const STATUS_IS_COMPLETED = `${RESULT}.status = "completed"`

function taskArguments(node: StepNode, place: Place): Json {
  const { scope, path, previous, inlineFields } = place
  const inlineBytes = stepInlineBytes(node, place)
  const fields = [...(inlineFields.get(node.name) ?? [])].sort()
  return {
    FunctionName: evaluated(scope.read('run', ['lock', 'agents', node.agent.name, 'functionName'])),
    Payload: {
      runId: evaluated(scope.read('run', ['id'])),
      execution: evaluated(scope.read('run', ['execution'])),
      stepId: evaluated(scope.stepId(node.name, path)),
      agent: node.agent.name,
      input: evaluated(render(node.input ?? previous, scope.resolve)),
      settings: evaluated(scope.read('run', ['settings'])),
      ...(inlineBytes === undefined ? {} : { inlineBytes }),
      ...(fields.length > 0 ? { inlineFields: fields } : {}),
    },
  }
}

/** The run fails with why the step ended without an output, and what to do about it. */
function failure(node: StepNode, { scope, path }: Place): AslState {
  const input = '$states.input'
  const again = `${input}.cause ? ${input}.cause : "againLimit"`
  const reason = `${input}.reason ? ${input}.reason : ${literal(`invoked ${MAX_AGAIN + 1} times without an outcome`)}`
  const next = `${input}.next ? ${input}.next : "Resume the run, or raise the agent's limits."`
  const fields = [
    `"stepId": ${scope.stepId(node.name, path)}`,
    `"agent": ${literal(node.agent.name)}`,
    `"cause": (${again})`,
    `"reason": (${reason})`,
    `"next": (${next})`,
  ]
  return {
    Type: 'Fail',
    Error: evaluated(`"Stopped." & (${again})`),
    Cause: evaluated(`$string({${fields.join(', ')}})`),
  }
}
