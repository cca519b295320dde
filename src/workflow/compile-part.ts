/**
 * A part of a workflow in an execution of its own, because the whole would outgrow its history: a distributed Map over
 * one item. What the part reads goes in with the item, what others read of it comes back in one variable.
 */
import type { WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf, lastOf, outputRef } from '../define/workflow-nodes.ts'
import type { Json } from '../schema/json.ts'
import type { AslMachine } from './asl.ts'
import { divided } from './budget.ts'
import { evaluated, literal } from './jsonata-text.ts'
import type { Layout } from './layout.ts'
import type { Place } from './place.ts'
import { givenVariable, Scope, variable, variablesOf } from './scope.ts'

interface Part {
  readonly name: string
  /** What the part itself assigns. */
  readonly variables: ReadonlySet<string>
  readonly place: Place
}

export function partScope({ name, variables, place }: Part): Scope {
  return new Scope({ outer: place.scope, own: { name, variables } })
}

/**
 * Tells the scope of `node` in which variable to find what the parts cut off from it give. Before anything in the scope
 * is compiled: readers come first.
 */
export function aliasParts(scope: Scope, node: WorkflowNode, layout: Layout): void {
  if (node.kind === 'parallel' || node.kind === 'forEach' || node.kind === 'compensate') return
  if (node.kind === 'repeat' && layout.chunks.has(node)) {
    scope.alias(variable('node', node.name), `$${variable('chunk', node.name)}.out`)
    return
  }
  const groups = node.kind === 'sequence' ? layout.groups.get(node) : undefined
  for (const nodes of groups ?? []) {
    const part = variable('part', lastOf({ kind: 'sequence', nodes }).name)
    for (const own of nodes.flatMap((one) => [...variablesOf(one)])) scope.alias(own, `$${part}.${own}`)
  }
  if (groups === undefined) for (const child of childrenOf(node)) aliasParts(scope, child, layout)
}

/** The Map state. `given`: own variable → text of its value outside. `assign` reads `$states.result[0]`. */
export function addPart(
  part: Part & { readonly state: string; readonly inner: Scope; readonly first: string },
  given: Readonly<Record<string, string>>,
  after: { readonly Assign?: Record<string, Json>; readonly Next: string },
): string {
  const { place, inner, first, state } = part
  const { selector, machine } = withInputs(inner, first, part.name, `${part.name}: begin`, given)
  const failed = place.scope.name(`${state}: failed`)
  place.scope.add(failed, {
    Type: 'Fail',
    Error: 'Stopped.partFailed',
    Cause: evaluated(
      `$string({"stepId": ${place.scope.stepId(part.name, place.path)}, "cause": "partFailed", "reason": "a part of the run failed", "next": "See the failed step in the run's records, then resume the run."})`,
    ),
  })
  return place.scope.add(state, {
    Type: 'Map',
    Items: [{}],
    ItemSelector: selector,
    MaxConcurrency: 1,
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...machine },
    Catch: [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'], Next: failed }],
    Output: {},
    ...after,
  })
}

/** A Map's body that begins by taking what it was given, and the selector that gives it. */
export function withInputs(
  inner: Scope,
  first: string,
  name: string,
  start: string,
  values: Readonly<Record<string, string>>,
): { readonly selector: Json; readonly machine: AslMachine } {
  const imports = [...inner.imports].map(([key, text]) => `${literal(key)}: ${text}`)
  const given = imports.length > 0 ? { [givenVariable(name)]: `{${imports.join(', ')}}` } : {}
  const passed = Object.entries({ ...given, ...values })
  const selector = Object.fromEntries(passed.map(([key, text]) => [key, evaluated(text)]))
  if (passed.length === 0) return { selector, machine: inner.machine(first) }
  const Assign = Object.fromEntries(passed.map(([key]) => [key, evaluated(`$states.input.${key}`)]))
  const entry = inner.add(inner.name(start), { Type: 'Pass', Assign, Output: {}, Next: first })
  return { selector, machine: inner.machine(entry) }
}

/** One part of a long sequence. Its readers find its nodes' outputs in the variable `part_<name>`. */
export function compileGroup(
  nodes: readonly WorkflowNode[],
  name: string,
  place: Place,
  compileSequence: (nodes: readonly WorkflowNode[], place: Place) => string,
): string {
  const { scope } = place
  const variables = new Set(nodes.flatMap((node) => [...variablesOf(node)]))
  const last = outputRef({ kind: 'sequence', nodes })
  const lastVariable = last.op === 'ref' && 'name' in last.source ? variable('node', last.source.name) : ''
  const read = [...variables].filter((one) => scope.used.has(one))
  const exported = [...new Set([...read, ...(place.targets.length > 0 ? [lastVariable] : [])])]
  const part = { name, variables, place }
  const state = scope.name(`${name}: part`)
  const inner = partScope(part)
  for (const node of nodes) aliasParts(inner, node, place.layout)
  const end = inner.name(`${name}: result`)
  inner.add(end, {
    Type: 'Succeed',
    Output: evaluated(`{${exported.map((one) => `"${one}": ${inner.read(one)}`).join(', ')}}`),
  })
  // All that the part gives comes back in one result.
  const budget = divided(place.budget, exported.length)
  const looseBytes = Math.floor(place.looseBytes / Math.max(1, exported.length))
  const first = compileSequence(nodes, { ...place, scope: inner, targets: [], next: end, budget, looseBytes })
  const targets = place.targets.map((target) => [target, evaluated(`$states.result[0].${lastVariable}`)])
  const own = read.length > 0 ? [[variable('part', name), evaluated('$states.result[0]')]] : []
  const Assign = Object.fromEntries([...own, ...targets])
  return addPart(
    { ...part, state, inner, first },
    {},
    {
      ...(Object.keys(Assign).length > 0 ? { Assign } : {}),
      Next: place.next,
    },
  )
}
