/**
 * `compensate`: the body as the one branch of a Parallel. Where it fails, a child execution lists the effects of its steps and
 * has the function of each one's agent take it back, one by one, the latest first; then the run fails as the body did.
 */
import type { CompensateNode, WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf, outputRef } from '../define/workflow-nodes.ts'
import type { AslState } from './asl.ts'
import type { CompileNode } from './compile-node.ts'
import { aliasParts, partScope, withInputs } from './compile-part.ts'
import { controlTask } from './control-states.ts'
import { access, evaluated, literal, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'
import { STEP_RETRY } from './retry.ts'
import { Scope } from './scope.ts'

/** A tool's own time is 840 s at most; the function's start, and writing the outcome down. */
const UNDO_SECONDS = 900
/** A cause has 32,768 characters at most. */
const NAMED_CHARACTERS = 8_000

export function compileCompensate(node: CompensateNode, place: Place, compileNode: CompileNode): string {
  const { scope } = place
  const entry = scope.name(node.name)
  const own = assignments(node, place, '$states.result[0]')
  const inner = new Scope({ outer: scope })
  aliasParts(inner, node.body, place.layout)
  const end = inner.name(`${node.name}: result`)
  inner.add(end, { Type: 'Succeed', Output: evaluated(render(outputRef(node.body), inner.resolve)) })
  const body = inner.machine(compileNode(node.body, { ...place, scope: inner, targets: [], next: end }))
  return scope.add(entry, {
    Type: 'Parallel',
    Arguments: {},
    Branches: [body],
    Catch: [{ ErrorEquals: ['States.ALL'], Output: evaluated('$states.errorOutput'), Next: compileUndo(node, place) }],
    ...own,
    Output: {},
    Next: place.next,
  })
}

/** Takes the body's error as its input, and ends with it. */
function compileUndo(node: CompensateNode, place: Place): string {
  const { scope, path } = place
  const undo = scope.name(`${node.name}: undo`)
  const unlisted = scope.name(`${node.name}: not undone`)
  const failed = scope.name(`${node.name}: undone`)
  const inner = partScope({ name: node.name, variables: new Set(), place })
  const list = inner.name(`${node.name}: list undo`)
  const each = inner.name(`${node.name}: undo all`)
  const end = inner.name(`${node.name}: report`)
  inner.add(list, {
    ...controlTask(inner, {
      task: 'listUndo',
      runId: evaluated(inner.read('run', ['id'])),
      execution: evaluated(inner.read('run', ['execution'])),
      steps: stepsOf(node.body, path, inner).map(evaluated),
      settings: evaluated(inner.read('run', ['settings'])),
    }),
    Output: evaluated('{"calls": $states.result.Payload.calls}'),
    Next: each,
  })
  inner.add(each, {
    Type: 'Map',
    Items: evaluated('$states.input.calls'),
    ItemSelector: { call: evaluated('$states.context.Map.Item.Value') },
    // In the order of the list: what was done last is undone first.
    MaxConcurrency: 1,
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...undoOne(node, inner) },
    Output: evaluated(
      '{"undone": $count($states.result[status = "undone"]), "failed": [$states.result[status = "failed"]]}',
    ),
    Next: end,
  })
  inner.add(end, { Type: 'Succeed' })
  const { selector, machine } = withInputs(inner, list, node.name, `${node.name}: begin undo`, {})
  scope.add(undo, {
    Type: 'Map',
    Items: [{}],
    ItemSelector: selector,
    MaxConcurrency: 1,
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...machine },
    Catch: [{ ErrorEquals: ['States.ALL'], Output: evaluated('$states.input'), Next: unlisted }],
    Output: evaluated(
      '{"Error": $states.input.Error, "Cause": $states.input.Cause, "undone": $states.result[0].undone, "failed": $states.result[0].failed}',
    ),
    Next: failed,
  })
  scope.add(unlisted, failure('"; what it had done could not be undone"', LOOK_NEXT))
  const reason = `$count($states.input.failed) = 0 ? "" : "; not undone: " & ${NAMED}`
  scope.add(failed, failure(`(${reason})`, `$count($states.input.failed) = 0 ? ${UNDONE_NEXT} : ${LOOK_NEXT}`))
  return undo
}

const NAMED = `$substring($join($states.input.failed.(tool & " of " & stepId & " (" & reason & ")"), ", "), 0, ${NAMED_CHARACTERS})`
const LOOK_NEXT = literal('Look at what was not undone and take it back by hand, then start a new run.')
const UNDONE_NEXT = literal('What the run had done was undone: start a new run.')

/** The body's own error. Its cause, where it is an object, says too what became of its effects. */
function failure(reason: string, next: string): AslState {
  const cause = '$cause := $exists($states.input.Cause) ? $states.input.Cause : ""; '
  const told = '$told := $substring($cause, 0, 1) = "{" ? $parse($cause) : {"reason": $cause}; '
  const text = '$text := $exists($told.reason) ? $told.reason : $told.errorMessage; '
  const merged = `$string($merge([$told, {"reason": $text & ${reason}, "next": (${next})}]))`
  return {
    Type: 'Fail',
    Error: evaluated('$states.input.Error'),
    Cause: evaluated(
      `$exists($states.input.undone) and $states.input.undone = 0 and $count($states.input.failed) = 0 ? $states.input.Cause : (${cause}${told}${text}${merged})`,
    ),
  }
}

/** The agent's function takes the call back; whether it could or not, the next one's turn comes. */
function undoOne(node: CompensateNode, outer: Scope) {
  const inner = new Scope({ outer })
  const one = inner.name(`${node.name}: undo one`)
  const told = inner.name(`${node.name}: undo outcome`)
  const agent = `$lookup(${inner.read('run', ['lock', 'agents'])}, $states.input.call.agent)`
  const of = '"tool": $states.input.call.tool, "stepId": $states.input.call.stepId'
  inner.add(one, {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: {
      FunctionName: evaluated(access(agent, 'functionName')),
      Payload: { undo: evaluated('$states.input.call') },
    },
    TimeoutSeconds: UNDO_SECONDS,
    Retry: STEP_RETRY,
    Catch: [
      {
        ErrorEquals: ['States.ALL'],
        Output: evaluated(`{${of}, "status": "failed", "reason": $states.errorOutput.Error}`),
        Next: told,
      },
    ],
    Output: evaluated(
      `{${of}, "status": $states.result.Payload.status, "reason": $exists($states.result.Payload.reason) ? $states.result.Payload.reason : ""}`,
    ),
    Next: told,
  })
  inner.add(told, { Type: 'Succeed' })
  return inner.machine(one)
}

/**
 * What the ids of the steps below a node are, as JSONata: those that end with `:`, `=` or `/` are what the ids of a `forEach`, a
 * `repeat` or a child workflow begin with, all others are whole ids.
 */
function stepsOf(node: WorkflowNode, path: Place['path'], scope: Scope): string[] {
  switch (node.kind) {
    case 'step':
      return [scope.stepId(node.name, path)]
    case 'workflow':
      return [scope.stepId(`${node.name}/`, path)]
    case 'forEach':
      return [scope.stepId(`${node.name}:`, path)]
    case 'repeat':
      return [scope.stepId(`${node.name}=`, path)]
    default:
      return childrenOf(node).flatMap((child) => stepsOf(child, path, scope))
  }
}
