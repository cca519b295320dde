/** A rule: the control function decides it, then a Choice over whether it came to a decision. */
import type { RuleNode } from '../define/workflow-node.ts'
import type { AslState } from './asl.ts'
import { stepInlineBytes } from './budget.ts'
import { controlTask } from './control-states.ts'
import { withFailure } from './failure-text.ts'
import { evaluated, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'

const RESULT = '$states.result.Payload'
const DECIDED = `${RESULT}.status = "completed"`

export function compileRule(node: RuleNode, place: Place): string {
  const { scope, path, next } = place
  const entry = scope.name(node.name)
  const decide = scope.name(`${node.name}: outcome`)
  const inlineBytes = stepInlineBytes(node, place)
  const inlineFields = [...(place.inlineFields.get(node.name) ?? [])].sort()
  const texts = { cause: '$states.input.cause', reason: '$states.input.reason' }
  const otherwise = node.otherwise && render(node.otherwise, withFailure(scope.resolve, texts))
  scope.add(entry, {
    ...controlTask(scope, {
      task: 'decide',
      runId: evaluated(scope.read('run', ['id'])),
      execution: evaluated(scope.read('run', ['execution'])),
      workflow: place.workflow,
      node: node.name,
      stepId: evaluated(scope.stepId(node.name, path)),
      input: evaluated(render(node.input, scope.resolve)),
      ...(inlineBytes === undefined ? {} : { inlineBytes }),
      ...(inlineFields.length > 0 ? { inlineFields } : {}),
    }),
    ...assignments(node, place, `${DECIDED} ? ${RESULT}.output : null`),
    Output: evaluated(`${DECIDED} ? {"status": "completed"} : ${RESULT}`),
    Next: decide,
  })
  const decided = { Condition: evaluated('$states.input.status = "completed"'), Output: {}, Next: next }
  scope.add(decide, {
    Type: 'Choice',
    Choices: [decided],
    ...(otherwise === undefined
      ? { Default: scope.add(scope.name(`${node.name}: undecided`), undecided(node, place)) }
      : { Default: next, ...assignments(node, place, otherwise), Output: {} }),
  })
  return entry
}

function undecided(node: RuleNode, { scope, path }: Place): AslState {
  const input = '$states.input'
  const fields = [
    `"stepId": ${scope.stepId(node.name, path)}`,
    `"cause": ${input}.cause`,
    `"reason": ${input}.reason`,
    `"next": ${input}.next`,
  ]
  return {
    Type: 'Fail',
    Error: evaluated(`"Stopped." & ${input}.cause`),
    Cause: evaluated(`$string({${fields.join(', ')}})`),
  }
}
