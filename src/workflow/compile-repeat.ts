/**
 * `repeat`: a counter, the body, and a Choice that goes back to the body. A loop too long for one execution runs in
 * parts, each a child execution of as many iterations as fit.
 */
import type { RepeatNode } from '../define/workflow-node.ts'
import { lastOf } from '../define/workflow-nodes.ts'
import type { Json } from '../schema/json.ts'
import type { AslState } from './asl.ts'
import type { CompileNode } from './compile-node.ts'
import { addPart, aliasParts, partScope } from './compile-part.ts'
import { condition, evaluated, literal, render } from './jsonata-text.ts'
import type { Place } from './place.ts'
import { variable, variablesOf } from './scope.ts'

export function compileRepeat(node: RepeatNode, place: Place, compileNode: CompileNode): string {
  const chunk = place.layout.chunks.get(node)
  if (chunk !== undefined) return compileInParts(node, place, compileNode, chunk)
  const { scope, next } = place
  const start = scope.name(`${node.name}: start`)
  const decide = scope.name(`${node.name}: again?`)
  const { n, previous } = variablesFor(node)
  const { first, again } = compileIterations(node, place, compileNode, decide)
  const initial = scope.used.has(previous) ? { [previous]: evaluated(initialText(node, place)) } : {}
  scope.add(decide, {
    Type: 'Choice',
    Choices: [
      { Condition: evaluated(condition(node.until, scope.resolve)), Output: {}, Next: next },
      { Condition: evaluated(`$${n} < ${node.max}`), Assign: again, Output: {}, Next: first },
    ],
    Default: atMax(node, place),
    Output: {},
  })
  return scope.add(start, { Type: 'Pass', Assign: { [n]: 1, ...initial }, Output: {}, Next: first })
}

function variablesFor(node: RepeatNode) {
  const { name } = node
  return {
    own: variable('node', name),
    n: variable('iteration', name),
    previous: variable('previous', name),
    chunk: variable('chunk', name),
  }
}

/** The body, followed by `decide`; `again` is what that state assigns before another round. */
function compileIterations(
  node: RepeatNode,
  place: Place,
  compileNode: CompileNode,
  decide: string,
): { readonly first: string; readonly again: Record<string, Json> } {
  const { own, n, previous } = variablesFor(node)
  const last = lastOf(node.body)
  if (last.kind === 'compute') place.scope.alias(variable('node', last.name), `$${own}`)
  // Marks what the condition reads before the body is compiled.
  render(node.until, place.scope.resolve)
  const first = compileNode(node.body, {
    ...place,
    previous: { op: 'ref', source: { of: 'previous', name: node.name }, path: [] },
    path: [...place.path, `${node.name}=`, { variable: n }, '/'],
    targets: [own, ...place.targets],
    next: decide,
  })
  const again: Record<string, Json> = { [n]: evaluated(`$${n} + 1`) }
  if (place.scope.used.has(previous)) again[previous] = evaluated(`$${own}`)
  return { first, again }
}

/**
 * The outer loop knows only `chunk = {n, out, done}`: iterations done, the last result, whether the condition held.
 */
function compileInParts(node: RepeatNode, place: Place, compileNode: CompileNode, size: number): string {
  const { scope, next } = place
  const { own, n, previous, chunk } = variablesFor(node)
  const start = scope.name(`${node.name}: start`)
  const state = scope.name(`${node.name}: part`)
  const outerDecide = scope.name(`${node.name}: more?`)
  const done = Object.fromEntries(place.targets.map((target) => [target, evaluated(`$${chunk}.out`)]))
  const deliver = place.targets.length > 0 ? { Assign: done } : {}
  const part = { name: node.name, variables: new Set([own, n, previous, ...variablesOf(node.body)]), place }
  const inner = partScope(part)
  aliasParts(inner, node.body, place.layout)
  const decide = inner.name(`${node.name}: again?`)
  const held = inner.name(`${node.name}: held`)
  const rest = inner.name(`${node.name}: result`)
  const { first, again } = compileIterations(node, { ...place, scope: inner, targets: [] }, compileNode, decide)

  inner.add(held, { Type: 'Succeed', Output: evaluated(`{"n": $${n}, "out": $${own}, "done": true}`) })
  inner.add(rest, { Type: 'Succeed', Output: evaluated(`{"n": $${n}, "out": $${own}, "done": false}`) })
  inner.add(decide, {
    Type: 'Choice',
    Choices: [
      { Condition: evaluated(condition(node.until, inner.resolve)), Output: {}, Next: held },
      { Condition: evaluated(`$${n} < ${node.max} and $${n} % ${size} != 0`), Assign: again, Output: {}, Next: first },
    ],
    Default: rest,
    Output: {},
  })
  const given = {
    [n]: `$${chunk}.n + 1`,
    ...(inner.used.has(previous) ? { [previous]: `$${chunk}.out` } : {}),
  }
  addPart({ ...part, state, inner, first }, given, {
    Assign: { [chunk]: evaluated('$states.result[0]') },
    Next: outerDecide,
  })
  scope.add(outerDecide, {
    Type: 'Choice',
    Choices: [
      { Condition: evaluated(`$${chunk}.done`), ...deliver, Output: {}, Next: next },
      { Condition: evaluated(`$${chunk}.n < ${node.max}`), Output: {}, Next: state },
    ],
    Default: atMax(node, place),
    ...deliver,
    Output: {},
  })
  const initial = inner.used.has(previous) ? initialText(node, place) : 'null'
  const Assign = { [chunk]: evaluated(`{"n": 0, "out": ${initial}, "done": false}`) }
  return scope.add(start, { Type: 'Pass', Assign, Output: {}, Next: state })
}

function initialText(node: RepeatNode, place: Place): string {
  return render(node.initial ?? place.previous, place.scope.resolve)
}

/** Where to go when the condition never held: on, or to a failure that says so. */
function atMax(node: RepeatNode, { scope, path, next }: Place): string {
  if (node.atMax === 'continue') return next
  const fields = [
    `"stepId": ${scope.stepId(node.name, path)}`,
    '"cause": "repeatLimit"',
    `"reason": ${literal(`repeat ${node.name} ran ${node.max} times and its condition never held`)}`,
    `"next": ${literal(`Raise max of repeat ${node.name}, or let its condition hold sooner.`)}`,
  ]
  const state: AslState = {
    Type: 'Fail',
    Error: 'Stopped.repeatLimit',
    Cause: evaluated(`$string({${fields.join(', ')}})`),
  }
  return scope.add(scope.name(`${node.name}: refused`), state)
}
