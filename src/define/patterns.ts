/**
 * The patterns a workflow is built of, as constructors of frozen data nodes that nest anywhere. Names are unique within
 * a workflow. What the nodes compile to is src/workflow's business; whether they fit together is workflow-validate's.
 */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import { StepName } from '../schema/ids.ts'
import { REFERENCE_BYTES, RESULT_BYTES } from '../schema/step.ts'
import type { Agent } from './agent.ts'
import { freeze, isKind, parseDefinition, requireFields, requirePart } from './definition.ts'
import {
  type Expression,
  isRegistered,
  lower,
  type Ref,
  type Resolved,
  reference,
  registerExpression,
  type Typed,
  type Value,
} from './expressions.ts'
import type { Workflow } from './workflow.ts'
import type { SequenceNode, WorkflowNode } from './workflow-node.ts'

/** More results than this do not fit one state even as references; in whole thousands, to be remembered. */
export const MAX_ITEMS = 1_000 * Math.floor(RESULT_BYTES / REFERENCE_BYTES / 1_000)
const MAX_ITERATIONS = 10_000
const DEFAULT_ITEMS = 40
const DEFAULT_CONCURRENCY = 10
const MAX_WAIT_SECONDS = 31_536_000

/** A node whose output has type T. */
export type Node<T> = WorkflowNode & Typed<T>
export type OutputOf<N> = N extends Typed<infer T> ? T : never

/** The output of a node that ran before, typed by its schema. */
export function from<T>(node: Node<T>): Ref<T> {
  const output = lower(node)
  if (output.op === 'ref') return reference<T>(output.source, output.path)
  const remedy = 'give a node, e.g. const plan = step(…), then from(plan)'
  throw new InvalidDefinition('from', [{ path: '(root)', message: 'a node is expected', remedy }])
}

/** One run of an agent. `otherwise` stands for its output where it stops or fails: of the same type, or another value. */
export function step<Input extends z.ZodType, Output extends z.ZodType>(
  name: string,
  agent: Agent<Input, Output>,
  options?: { readonly input?: Value<z.input<Input>>; readonly otherwise?: Value<z.output<Output>> },
): Node<z.output<Output>>
export function step<Input extends z.ZodType, Output extends z.ZodType, const Otherwise>(
  name: string,
  agent: Agent<Input, Output>,
  options: { readonly input?: Value<z.input<Input>>; readonly otherwise: Otherwise },
): Node<z.output<Output> | Resolved<Otherwise>>
export function step(
  name: string,
  agent: Agent,
  options: { readonly input?: unknown; readonly otherwise?: unknown } = {},
): Node<unknown> {
  checkName('step', name)
  const label = `step "${name}"`
  const remedy = `write step('${name}', agent), with an agent made by defineAgent`
  requirePart(label, 'agent', isKind(agent, 'agent'), agent, 'an agent', remedy)
  const { input, otherwise } = parseDefinition(label, NodeOptions, options, {})
  return node({ kind: 'step', name, agent, ...lowered({ input, otherwise }) })
}

type Last<Nodes extends readonly unknown[]> = Nodes extends readonly [...unknown[], infer N] ? OutputOf<N> : unknown

/** One after the other; each takes the output of the one before by default. Its output is that of the last. */
export function sequence<const Nodes extends readonly Node<unknown>[]>(...nodes: Nodes): Node<Last<Nodes>> {
  const remedies = { '(root)': 'give it its nodes: sequence(step(…), step(…))' }
  parseDefinition('sequence', z.array(z.unknown()).min(1, 'a sequence has at least one node'), nodes, { remedies })
  for (const [index, one] of nodes.entries()) requireNode('sequence', String(index), one)
  const last = nodes.at(-1)
  const made = freeze<SequenceNode>({ kind: 'sequence', nodes })
  return registerExpression(made, lower(last)) as Node<Last<Nodes>>
}

/** All branches at once. Its output is an object of theirs by name. */
export function parallel<const Branches extends Readonly<Record<string, Node<unknown>>>>(
  name: string,
  branches: Branches,
): Node<{ -readonly [Key in keyof Branches]: OutputOf<Branches[Key]> }> {
  checkName('parallel', name)
  const label = `parallel "${name}"`
  requireFields(label, branches, `parallel('${name}', { one: step(…), two: step(…) })`)
  const remedies = { '(root)': 'give it 1 to 40 branches: { one: step(…), two: step(…) }' }
  parseDefinition(label, BranchNames, Object.keys(branches), { remedies })
  for (const [key, branch] of Object.entries(branches)) requireNode(label, key, branch)
  return node({ kind: 'parallel', name, branches })
}
const BranchNames = z.array(StepName).min(1, 'parallel has at least one branch').max(40)

const ForEachOptions = z.strictObject({
  concurrency: z.int().positive().max(1_000).default(DEFAULT_CONCURRENCY),
  max: z
    .int()
    .positive()
    .max(MAX_ITEMS, `at most ${MAX_ITEMS} items, whose results fit one state as references`)
    .default(DEFAULT_ITEMS),
})
const ITEM_REMEDIES = { max: `set max to 1 to ${MAX_ITEMS}; for more, let each item be a page of several` }

/** The body for each item of a list. Its output is the list of theirs, in the order of the items. */
export function forEach<T, Output>(
  name: string,
  items: Typed<readonly T[]> | readonly T[],
  body: (item: Ref<T>, index: Ref<number>) => Node<Output>,
  options: z.input<typeof ForEachOptions> = {},
): Node<Output[]> {
  checkName('forEach', name)
  const label = `forEach "${name}"`
  const bounds = parseDefinition(label, ForEachOptions, options, { functions: { body }, remedies: ITEM_REMEDIES })
  const made = body(reference({ of: 'item', name }), reference({ of: 'index', name }))
  requireNode(label, 'body', made)
  return node({ kind: 'forEach', name, items: lower(items, 'items'), body: made, ...bounds })
}

interface Arm<T> {
  readonly when: Expression
  readonly node: Node<T>
}

export function when<T>(condition: Typed<boolean> | boolean, then: Node<T>): Arm<T> {
  requireNode('when', 'then', then)
  return { when: lower(condition, 'when'), node: then }
}

/** The first arm whose condition holds. Where none holds and there is no `otherwise`, the output is null. */
export function choose<const Arms extends readonly Arm<unknown>[], Otherwise = null>(
  name: string,
  arms: Arms,
  options: { readonly otherwise?: Node<Otherwise> } = {},
): Node<OutputOf<Arms[number]['node']> | Otherwise> {
  checkName('choose', name)
  const label = `choose "${name}"`
  const remedies = { '(root)': ARMS }
  const Arms = z.array(
    z.custom<Arm<unknown>>(isArm, { error: 'an arm made by when is expected', params: { remedy: ARMS } }),
  )
  parseDefinition(label, Arms.min(1, 'choose has at least one arm'), arms, { remedies })
  parseDefinition(label, ChooseOptions, options, {})
  if (options.otherwise !== undefined) requireNode(label, 'otherwise', options.otherwise)
  return node({ kind: 'choose', name, arms, ...(options.otherwise ? { otherwise: options.otherwise } : {}) })
}

interface Loop<T> {
  /** The last iteration's output; in the first iteration `initial`. */
  readonly previous: Ref<T>
  /** 1 in the first iteration. */
  readonly iteration: Ref<number>
}

const RepeatOptions = z.strictObject({
  max: z.int().positive().max(MAX_ITERATIONS),
  atMax: z.enum(['continue', 'fail']).default('continue'),
})
const ROUND_REMEDIES = { max: `give max, the most iterations there may be, from 1 to ${MAX_ITERATIONS}: { max: 5 }` }

/**
 * The body again and again until a condition on its result holds, at most `max` times. Its output is the last result;
 * with `atMax: 'fail'` the run fails where the condition never held.
 */
export function repeat<Output, Previous = unknown>(
  name: string,
  body: (loop: Loop<Previous>) => Node<Output>,
  options: z.input<typeof RepeatOptions> & {
    readonly until: Typed<boolean> | ((result: Ref<Output>, iteration: Ref<number>) => Typed<boolean>)
    readonly initial?: Value<Previous>
  },
): Node<Output> {
  checkName('repeat', name)
  const label = `repeat "${name}"`
  requireFields(
    label,
    options,
    `repeat('${name}', () => step(…), { max: 5, until: (result) => eq(result.done, true) })`,
  )
  const { until, initial, ...rest } = options
  const parts = { functions: { body }, others: ['until', 'initial'], remedies: ROUND_REMEDIES }
  const bounds = parseDefinition(label, RepeatOptions, rest, parts)
  const iteration = reference<number>({ of: 'iteration', name })
  const made = body({ previous: reference({ of: 'previous', name }), iteration })
  requireNode(label, 'body', made)
  const condition = typeof until === 'function' ? until(from(made), iteration) : until
  return node({
    kind: 'repeat',
    name,
    body: made,
    ...bounds,
    until: lower(condition, 'until'),
    ...lowered({ initial }),
  })
}

/** Another workflow as a child execution, within the same run. */
export function workflow<Input extends z.ZodType, Output extends z.ZodType, const Otherwise = never>(
  name: string,
  child: Workflow<Input, Output>,
  options: { readonly input?: Value<z.input<Input>>; readonly otherwise?: Otherwise } = {},
): Node<z.output<Output> | Resolved<Otherwise>> {
  checkName('workflow', name)
  const label = `workflow "${name}"`
  const remedy = `write workflow('${name}', child), with a workflow made by defineWorkflow`
  requirePart(label, 'workflow', isKind(child, 'workflow-definition'), child, 'a workflow', remedy)
  const { input, otherwise } = parseDefinition(label, NodeOptions, options, {})
  return node({ kind: 'workflow', name, workflow: child, ...lowered({ input, otherwise }) })
}

const Seconds = z.union([z.int().nonnegative().max(MAX_WAIT_SECONDS), z.custom<object>(isRegistered)])

const WaitTime = z
  .strictObject({ seconds: Seconds, until: z.unknown() })
  .partial()
  .refine((time) => (time.seconds === undefined) !== (time.until === undefined), 'either seconds or until is expected')

/** Lets time pass; its output is what came in. `until` is an ISO 8601 time with an offset. */
export function wait(
  name: string,
  time: { readonly seconds: Value<number> } | { readonly until: Value<string> },
): Node<unknown> {
  checkName('wait', name)
  const label = `wait "${name}"`
  requireFields(label, time, `wait('${name}', { seconds: 60 })`)
  const remedies = {
    '(root)': 'give either seconds or until: { seconds: 60 }',
    seconds: `set seconds to a whole number from 0 to ${MAX_WAIT_SECONDS}, or to a reference`,
  }
  parseDefinition(label, WaitTime, time, { remedies })
  return node({ kind: 'wait', name, ...lowered(time) })
}

/**
 * Where the body fails, or is cancelled, what its agents did is undone, the latest first: each effect whose tool has an `undo`. Then
 * the run fails as the body did. Its output is the body's.
 */
export function compensate<Output>(name: string, body: Node<Output>): Node<Output> {
  checkName('compensate', name)
  requireNode(`compensate "${name}"`, 'body', body)
  return node({ kind: 'compensate', name, body })
}

const NodeOptions = z.strictObject({ input: z.unknown(), otherwise: z.unknown() }).partial()
const ARMS = 'give it its arms: [when(condition, step(…))]'
const ChooseOptions = z.strictObject({ otherwise: z.unknown() }).partial()

/** A node as the functions of this file make it: no lookalike, no reference to one. */
export function isNode(value: unknown): value is WorkflowNode {
  return isRegistered(value) && typeof (value as { readonly kind?: unknown }).kind === 'string'
}

function isArm(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isNode((value as Partial<Arm<unknown>>).node)
}

function requireNode(label: string, path: string, value: unknown): void {
  requirePart(label, path, isNode(value), value, 'a node', 'give a node, e.g. step(…), sequence(…) or forEach(…)')
}

export function checkName(kind: string, name: string): void {
  parseDefinition(`${kind} ${JSON.stringify(name)}`, z.object({ name: StepName }), { name }, {})
}

export function lowered(values: Readonly<Record<string, unknown>>): Record<string, Expression> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([key, value]) => [key, lower(value, key)]))
}

export function node<T>(data: Exclude<WorkflowNode, SequenceNode>): Node<T> {
  const made = freeze({ ...data })
  return registerExpression<T>(made, { op: 'ref', source: { of: 'node', name: data.name }, path: [] }) as Node<T>
}
