/** `forEach`: a guard on the number of items, then a Map, inline or distributed as the layout says. */
import { MAX_ITEMS } from '../define/patterns.ts'
import type { ForEachNode } from '../define/workflow-node.ts'
import { outputRef } from '../define/workflow-nodes.ts'
import type { Json } from '../schema/json.ts'
import { INLINE_OUTPUT_BYTES, RESULT_BYTES } from '../schema/step.ts'
import type { AslMachine, AslState } from './asl.ts'
import { divided } from './budget.ts'
import type { CompileNode } from './compile-node.ts'
import { aliasParts, withInputs } from './compile-part.ts'
import { evaluated, literal, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'
import { Scope, variable, variablesOf } from './scope.ts'

export function compileForEach(node: ForEachNode, place: Place, compileNode: CompileNode): string {
  const { scope } = place
  const distributed = place.layout.distributed.has(node)
  const guard = scope.name(`${node.name}: items`)
  const map = scope.name(node.name)
  const refused = scope.name(`${node.name}: refused`)
  const text = render(node.items, scope.resolve)
  // A JSONata sequence of one unwraps.
  const items = node.items.op === 'jsonata' ? `[${text}]` : text
  const own = assignments(node, place, '$states.result')
  const { body, selector } = compileBody(node, place, compileNode, distributed)

  scope.add(guard, {
    Type: 'Choice',
    Choices: [{ Condition: evaluated(`$type(${items}) = "array" and $count(${items}) <= ${node.max}`), Next: map }],
    Default: refused,
  })
  scope.add(refused, tooMany(node, items, place))
  const failed = distributed ? scope.name(`${node.name}: failed`) : undefined
  if (failed !== undefined) scope.add(failed, itemFailed(node, place))
  scope.add(map, {
    Type: 'Map',
    Items: evaluated(items),
    ItemSelector: selector,
    MaxConcurrency: Math.min(node.concurrency, node.max),
    ItemProcessor: {
      ProcessorConfig: distributed ? { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } : { Mode: 'INLINE' },
      ...body,
    },
    ...(failed ? { Catch: [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'], Next: failed }] } : {}),
    ...own,
    Output: {},
    Next: place.next,
  })
  return guard
}

function compileBody(
  node: ForEachNode,
  place: Place,
  compileNode: CompileNode,
  distributed: boolean,
): { readonly body: AslMachine; readonly selector: Json } {
  const item = variable('item', node.name)
  const index = variable('index', node.name)
  const inner = new Scope({
    outer: place.scope,
    ...(distributed ? { own: { name: node.name, variables: new Set([item, index, ...variablesOf(node.body)]) } } : {}),
  })
  aliasParts(inner, node.body, place.layout)
  const end = inner.name(`${node.name}: result`)
  inner.add(end, { Type: 'Succeed', Output: evaluated(render(outputRef(node.body), inner.resolve)) })
  const previous = { op: 'ref', source: { of: 'item', name: node.name }, path: [] } as const
  const path = [...place.path, `${node.name}:`, { variable: index }, '/']
  const budget = divided(place.budget, node.max)
  // Inline, the variables of all items at work are those of one execution.
  const looseBytes = distributed ? RESULT_BYTES : INLINE_OUTPUT_BYTES
  const within = { scope: inner, path, previous, targets: [], next: end, budget, looseBytes }
  const first = compileNode(node.body, { ...place, ...within })

  const given: Record<string, string> = {}
  if (inner.used.has(item)) given[item] = '$states.context.Map.Item.Value'
  if (inner.used.has(index)) given[index] = '$states.context.Map.Item.Index'
  const { selector, machine } = withInputs(inner, first, node.name, `${node.name}: item`, given)
  return { body: machine, selector }
}

function tooMany(node: ForEachNode, items: string, { scope, path }: Place): AslState {
  const next = `Raise max of forEach ${node.name} (at most ${MAX_ITEMS}), or have the step before it give fewer items.`
  const count = `$type(${items}) = "array" ? $string($count(${items})) & " items" : "no list"`
  const fields = [
    `"stepId": ${scope.stepId(node.name, path)}`,
    '"cause": "itemLimit"',
    `"reason": "forEach " & ${literal(node.name)} & " got " & (${count}) & ${literal(`; it takes a list of at most ${node.max}`)}`,
    `"next": ${literal(next)}`,
  ]
  return { Type: 'Fail', Error: 'Stopped.itemLimit', Cause: evaluated(`$string({${fields.join(', ')}})`) }
}

/** Step Functions keeps the error of a distributed item in the item's own execution. */
function itemFailed(node: ForEachNode, { scope, path }: Place): AslState {
  const fields = [
    `"stepId": ${scope.stepId(node.name, path)}`,
    '"cause": "itemFailed"',
    `"reason": ${literal(`an item of forEach ${node.name} failed`)}`,
    `"next": "See the failed step in the run's records, then resume the run."`,
  ]
  return { Type: 'Fail', Error: 'Stopped.itemFailed', Cause: evaluated(`$string({${fields.join(', ')}})`) }
}
