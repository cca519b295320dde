/** `workflow`: a child execution within the same run. Its step ids begin with the name of this node. */
import type { ChildNode } from '../define/workflow-node.ts'
import { stateSeconds } from '../define/workflow-times.ts'
import { CANCELLED_ERROR } from '../schema/step.ts'
import { childInlineBytes } from './budget.ts'
import { reasonIn, withFailure } from './failure-text.ts'
import { evaluated, literal, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'

/** The description of a failed child is JSON text: its own error is what the reader wants to see. */
const INNER = '$states.input.Error = "States.TaskFailed" and $substring($states.input.Cause, 0, 1) = "{"'
const DESCRIBED = '$parse($states.input.Cause)'
const FAILED = {
  cause: `((${INNER}) ? ${DESCRIBED}.Error : $states.input.Error)`,
  reason: reasonIn(`((${INNER}) ? ${DESCRIBED}.Cause : $states.input.Cause)`),
}
const OUTPUT = '$states.result.Output'

export function compileChild(node: ChildNode, place: Place): string {
  const { scope, next } = place
  const entry = scope.name(node.name)
  const inlineBytes = childInlineBytes(node, place)
  const run = (...path: readonly string[]) => scope.read('run', path)
  const id = scope.stepId(node.name, place.path)
  const otherwise = node.otherwise && render(node.otherwise, withFailure(scope.resolve, FAILED))
  const failed = scope.name(`${node.name}: failed`)
  const fallback = otherwise === undefined ? failed : scope.name(`${node.name}: otherwise`)
  scope.add(entry, {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Arguments: {
      StateMachineArn: evaluated(run('lock', 'workflows', node.workflow.name, 'stateMachineArn')),
      Name: evaluated(`${run('id')} & "." & ${run('execution')} & "." & $substring($hash(${id}, "SHA-256"), 0, 12)`),
      Input: {
        run: {
          id: evaluated(run('id')),
          execution: evaluated(run('execution')),
          path: evaluated(`${id} & "/"`),
          lock: evaluated(run('lock')),
          settings: evaluated(run('settings')),
          ...(inlineBytes === undefined ? {} : { inlineBytes }),
        },
        input: evaluated(render(node.input ?? place.previous, scope.resolve)),
      },
    },
    TimeoutSeconds: stateSeconds(node),
    Retry: [
      {
        ErrorEquals: ['StepFunctions.ExecutionLimitExceededException', 'StepFunctions.SdkClientException'],
        IntervalSeconds: 2,
        BackoffRate: 2,
        MaxAttempts: 4,
        MaxDelaySeconds: 60,
        JitterStrategy: 'FULL',
      },
    ],
    Catch: [{ ErrorEquals: ['States.ALL'], Output: evaluated('$states.errorOutput'), Next: fallback }],
    ...assignments(node, place, OUTPUT),
    Output: {},
    Next: next,
  })
  scope.add(failed, {
    Type: 'Fail',
    Error: evaluated(`(${INNER}) ? $string(${DESCRIBED}.Error) : $string($states.input.Error)`),
    Cause: evaluated(`(${INNER}) ? $string(${DESCRIBED}.Cause) : $string($states.input.Cause)`),
  })
  if (otherwise !== undefined) {
    // A cancelled run ends: nothing stands for what it was not to do.
    const cancelled = `(${INNER}) ? ${DESCRIBED}.Error = ${literal(CANCELLED_ERROR)} : false`
    scope.add(fallback, {
      Type: 'Choice',
      Choices: [{ Condition: evaluated(cancelled), Next: failed }],
      Default: next,
      ...assignments(node, place, otherwise),
      Output: {},
    })
  }
  return entry
}
