/**
 * A step: the agent's function as a Task, then a Choice over what it says of itself. How often it is invoked again, and
 * how often a failed invocation is repeated, is bounded here; turns and money are bounded by the agent's own limits.
 */
import { agentOf } from '../define/contract.ts'
import { mayAsk } from '../define/may-ask.ts'
import type { StepNode } from '../define/workflow-node.ts'
import { stateSeconds } from '../define/workflow-times.ts'
import type { Json } from '../schema/json.ts'
import type { AslChoice, AslState } from './asl.ts'
import { stepInlineBytes } from './budget.ts'
import { compileAsks, DECISION, KEPT_OF_ASKS, MAX_ASKS } from './compile-asks.ts'
import { type FailureTexts, ofError, withFailure } from './failure-text.ts'
import { evaluated, literal, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'
import { STEP_RETRY } from './retry.ts'

/** Invocations after the first one, for `continue` and `wait` together. */
export const MAX_AGAIN = 10

const RESULT = '$states.result.Payload'
const STATUS = '$states.input.status'

export function compileStep(node: StepNode, place: Place): string {
  const { scope, next } = place
  const entry = scope.name(node.name)
  const decide = scope.name(`${node.name}: outcome`)
  const pause = scope.name(`${node.name}: wait`)
  const output = `${STATUS_IS_COMPLETED} ? ${RESULT}.output : null`
  const asks = mayAsk(node.agent)
  const kept = asks ? `"again": $states.input.again, ${KEPT_OF_ASKS}` : '"again": $states.input.again'
  const fallback = (texts: FailureTexts) =>
    node.otherwise && {
      ...assignments(node, place, render(node.otherwise, withFailure(scope.resolve, texts))),
      Output: {},
      Next: next,
    }
  const onError = fallback(ofError('$states.errorOutput'))
  const onStop = fallback(STOPPED)

  scope.add(entry, {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: taskArguments(node, place),
    TimeoutSeconds: stateSeconds(node),
    Retry: STEP_RETRY,
    ...(onError ? { Catch: [{ ErrorEquals: ['States.ALL'], ...onError }] } : {}),
    ...assignments(node, place, output),
    Output: evaluated(`${STATUS_IS_COMPLETED} ? {"status": "completed"} : $merge([${RESULT}, {${kept}}])`),
    Next: decide,
  })

  const once = `$sum([$states.input.again, 1])`
  const mayGoAgain = `$sum([$states.input.again]) < ${MAX_AGAIN}`
  const choices: AslChoice[] = [
    { Condition: evaluated(`${STATUS} = "completed"`), Output: {}, Next: next },
    {
      Condition: evaluated(`${STATUS} = "continue" and ${mayGoAgain}`),
      Output: asks ? evaluated(`{"again": ${once}, ${KEPT_OF_ASKS}}`) : { again: evaluated(once) },
      Next: entry,
    },
    {
      Condition: evaluated(`${STATUS} = "wait" and ${mayGoAgain}`),
      Output: asks
        ? evaluated(`{"again": ${once}, "untilIso": $states.input.untilIso, ${KEPT_OF_ASKS}}`)
        : { again: evaluated(once), untilIso: evaluated('$states.input.untilIso') },
      Next: pause,
    },
  ]
  if (asks) choices.push(compileAsks(node.name, entry, place))
  scope.add(pause, { Type: 'Wait', Timestamp: evaluated('$states.input.untilIso'), Next: entry })

  const failed = scope.add(scope.name(`${node.name}: stopped`), failure(node, place))
  if (onStop) {
    const { Next, ...effects } = onStop
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

/** Of a step that ended without an output, as the state after it knows it. */
const STOPPED: FailureTexts = {
  cause: '($exists($states.input.cause) ? $states.input.cause : "againLimit")',
  reason: '($exists($states.input.reason) ? $states.input.reason : "it never came to an end")',
}

const STATUS_IS_COMPLETED = `${RESULT}.status = "completed"`

function taskArguments(node: StepNode, place: Place): Json {
  const { scope, path, previous, inlineFields, workflow } = place
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
      ...(node.contract === undefined ? {} : { contract: node.contract as unknown as Json }),
      ...(agentOf(node).state === undefined ? {} : { state: workflow }),
      ...(inlineBytes === undefined ? {} : { inlineBytes }),
      ...(fields.length > 0 ? { inlineFields: fields } : {}),
      ...(mayAsk(node.agent) ? { decision: DECISION } : {}),
    },
  }
}

const ASKED_TOO_OFTEN = `it has asked a person ${MAX_ASKS} times`

/** The run fails with why the step ended without an output, and what to do about it. */
function failure(node: StepNode, { scope, path }: Place): AslState {
  const input = '$states.input'
  const again = `${input}.cause ? ${input}.cause : "againLimit"`
  const many = literal(`invoked ${MAX_AGAIN + 1} times without an outcome`)
  const endless = mayAsk(node.agent) ? `${input}.status = "approval" ? ${literal(ASKED_TOO_OFTEN)} : ${many}` : many
  const reason = `${input}.reason ? ${input}.reason : ${endless}`
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
