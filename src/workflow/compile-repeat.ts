/** `repeat`: a counter, the body, and a Choice that goes back to the body. Cut into child executions where the layout says so. */
import type { RepeatNode } from '../define/patterns.ts'
import type { Json } from '../schema/json.ts'
import type { AslState } from './asl.ts'
import type { CompileNode } from './compile-node.ts'
import { condition, evaluated, literal, render } from './jsonata-text.ts'
import type { Place } from './place.ts'
import { variable } from './scope.ts'

export function compileRepeat(node: RepeatNode, place: Place, compileNode: CompileNode): string {
  const { scope, next } = place
  const start = scope.name(`${node.name}: start`)
  const decide = scope.name(`${node.name}: again?`)
  const own = variable('node', node.name)
  const n = variable('iteration', node.name)
  const previous = variable('previous', node.name)
  const until = condition(node.until, scope.resolve)

  const first = compileNode(node.body, {
    ...place,
    previous: { op: 'ref', source: { of: 'previous', name: node.name }, path: [] },
    path: [...place.path, `${node.name}=`, { variable: n }, '/'],
    targets: [own, ...place.targets],
    next: decide,
  })
  const keepsPrevious = scope.used.has(previous)
  const again: Record<string, Json> = { [n]: evaluated(`$${n} + 1`) }
  if (keepsPrevious) again[previous] = evaluated(`$${own}`)
  const initial = keepsPrevious ? { [previous]: evaluated(render(node.initial ?? place.previous, scope.resolve)) } : {}

  scope.add(decide, {
    Type: 'Choice',
    Choices: [
      { Condition: evaluated(until), Output: {}, Next: next },
      { Condition: evaluated(`$${n} < ${node.max}`), Assign: again, Output: {}, Next: first },
    ],
    Default: node.atMax === 'continue' ? next : scope.add(scope.name(`${node.name}: refused`), atMax(node, place)),
    Output: {},
  })
  return scope.add(start, { Type: 'Pass', Assign: { [n]: 1, ...initial }, Output: {}, Next: first })
}

export function atMax(node: RepeatNode, { scope, path }: Place): AslState {
  const fields = [
    `"stepId": ${scope.stepId(node.name, path)}`,
    '"cause": "repeatLimit"',
    `"reason": ${literal(`repeat ${node.name} ran ${node.max} times and its condition never held`)}`,
    `"next": ${literal(`Raise max of repeat ${node.name}, or let its condition hold sooner.`)}`,
  ]
  return { Type: 'Fail', Error: 'Stopped.repeatLimit', Cause: evaluated(`$string({${fields.join(', ')}})`) }
}
