/** Where a node is compiled: what it can read, what comes before and after it, and who wants its output. */
import type { Expression } from '../define/expressions.ts'
import type { WorkflowNode } from '../define/workflow-node.ts'
import type { Json } from '../schema/json.ts'
import type { Budget } from './budget.ts'
import { evaluated } from './jsonata-text.ts'
import type { Layout } from './layout.ts'
import type { LeastBytes } from './least-bytes.ts'
import { type PathPart, type Scope, variable } from './scope.ts'

export interface Place {
  /** The workflow's name. */
  readonly workflow: string
  readonly scope: Scope
  /** What the ids of the steps here begin with. */
  readonly path: readonly PathPart[]
  /** What a step that says nothing of its input takes. */
  readonly previous: Expression
  /** Variables, beside the node's own, that are to hold its output: those of the `choose` or `repeat` around it. */
  readonly targets: readonly string[]
  /** The state after this node. */
  readonly next: string
  readonly layout: Layout
  /** Step name → top-level fields of its output that some expression reads. */
  readonly inlineFields: ReadonlyMap<string, ReadonlySet<string>>
  readonly least: LeastBytes
  /** Shared by all that the result is made of which this node's output becomes a part of. */
  readonly budget: Budget
  /** What an output may have that is read here and goes no further. */
  readonly looseBytes: number
}

/** `Assign` of a state that completes the node, for every variable that somebody reads. `text` is the output in JSONata. */
export function assignments(
  node: Exclude<WorkflowNode, { kind: 'sequence' }>,
  place: Place,
  text: string,
): { readonly Assign?: Record<string, Json> } {
  const own = variable('node', node.name)
  const names = [...(place.scope.used.has(own) ? [own] : []), ...place.targets]
  if (names.length === 0) return {}
  return { Assign: Object.fromEntries(names.map((name) => [name, evaluated(text)])) }
}
