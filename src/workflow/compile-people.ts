/**
 * `approve` and `person`: a request that waits for a decision, what stands where nobody decided in time, and a Choice over what
 * was decided. Who may decide, and what, the control function reads from the node's declaration.
 */
import type { ApproveNode, PersonNode } from '../define/workflow-node.ts'
import type { AslState } from './asl.ts'
import { controlTask, requestTask } from './control-states.ts'
import { evaluated, literal, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'

const DECISION = '$states.input'
/** Of a comment, what later steps can read: it comes together with others' in one state. */
const COMMENT_CHARACTERS = 400

export function compilePeople(node: ApproveNode | PersonNode, place: Place): string {
  const { scope, path, next } = place
  const entry = scope.name(node.name)
  const expired = scope.name(`${node.name}: expired`)
  const decide = scope.name(`${node.name}: outcome`)
  const runId = evaluated(scope.read('run', ['id']))
  const stepId = evaluated(scope.stepId(node.name, path))
  const request = {
    task: 'requestDecision',
    runId,
    workflow: place.workflow,
    node: node.name,
    stepId,
    input: evaluated(render(node.input ?? place.previous, scope.resolve)),
  }
  scope.add(entry, {
    ...requestTask(scope, request, node.policy.expiresSeconds),
    Catch: [{ ErrorEquals: ['States.Timeout'], Output: {}, Next: expired }],
    Output: evaluated('$states.result'),
    Next: decide,
  })
  scope.add(expired, {
    ...controlTask(scope, { task: 'expireApproval', runId, stepId }),
    Output: evaluated('$states.result.Payload'),
    Next: decide,
  })
  const approved = {
    Condition: evaluated(`${DECISION}.outcome = "approved"`),
    ...assignments(node, place, outputOf(node)),
    Output: {},
    Next: next,
  }
  const otherwise = node.otherwise && render(node.otherwise, scope.resolve)
  scope.add(decide, {
    Type: 'Choice',
    Choices: [approved],
    ...(otherwise === undefined
      ? { Default: scope.add(scope.name(`${node.name}: denied`), denied(node, place)) }
      : { Default: next, ...assignments(node, place, otherwise), Output: {} }),
  })
  return entry
}

function outputOf(node: ApproveNode | PersonNode): string {
  if (node.kind === 'person') return `${DECISION}.answer`
  const comment = `$substring(${DECISION}.comment, 0, ${COMMENT_CHARACTERS})`
  return `{"approved": true, "by": ${DECISION}.by, "comment": ${comment}}`
}

function denied(node: ApproveNode | PersonNode, { scope, path }: Place): AslState {
  const what = node.kind === 'approve' ? 'approve' : 'person'
  const late = literal(`nobody decided ${what} ${node.name} in time`)
  const said = `$exists(${DECISION}.comment) ? ${DECISION}.comment : ${DECISION}.guidance`
  const by = `$join(${DECISION}.by, ", ") & ${literal(` said no to ${what} ${node.name}`)}`
  const why = `$exists(${DECISION}.comment) or $exists(${DECISION}.guidance) ? ": " & (${said}) : ""`
  const fields = [
    `"stepId": ${scope.stepId(node.name, path)}`,
    '"cause": "denied"',
    `"reason": (${DECISION}.expired = true ? ${late} : ${by} & (${why}))`,
    `"next": ${literal('Change what was denied and start a new run, or resume this one to ask again.')}`,
  ]
  return { Type: 'Fail', Error: 'Stopped.denied', Cause: evaluated(`$string({${fields.join(', ')}})`) }
}
