/**
 * Which labels may come to each step of a team, found from the definition alone: a step hands on the labels of its input,
 * of what its tools give, of messages it may get, of shared state and memory it may read. It may name more than a run brings, never
 * less: branches that are not taken, and tools that are not called, count. Values flow; that a condition was true says
 * nothing of the data it looked at. docs/decisions/0039-labels-from-the-definition.md.
 */
import { assertNever } from '../errors.ts'
import type { Label } from '../schema/label.ts'
import { agentOf } from './contract.ts'
import type { Expression } from './expressions.ts'
import { announceName, leadsOf, patternsAround } from './placed-nodes.ts'
import type { StateKeys } from './state.ts'
import type { Team } from './team.ts'
import { labelsGiven } from './tool-policy.ts'
import type { Workflow } from './workflow.ts'
import type { RuleNode, StepNode, WorkflowNode } from './workflow-node.ts'
import { expressionsOf, lastOf, partsOf } from './workflow-nodes.ts'

type Flowing = Pick<Team, 'workflows'>

/** By the workflow and the name of the node, in order. */
export type LabelFlow = (workflow: string, node: string) => readonly Label[]

/** Labels of the input of a step, or of a rule. */
export function labelFlow(team: Flowing): LabelFlow {
  return flowOf(team, LABELS, { stepOf: inherited, isOfData: true })
}

/**
 * Likewise the names of the agents whose models wrote what comes to a step or a rule, or made the tasks of those that did.
 * What such an agent had read is no part of it.
 */
export function writerFlow(team: Flowing): LabelFlow {
  return flowOf(team, WRITERS, { stepOf: written, isOfData: false })
}

const LABELS = new WeakMap<Flowing, LabelFlow>()
const WRITERS = new WeakMap<Flowing, LabelFlow>()

function flowOf(team: Flowing, flows: WeakMap<Flowing, LabelFlow>, about: What): LabelFlow {
  const known = flows.get(team)
  if (known !== undefined) return known
  const flow = new Flow(about)
  // Each round but the last adds a label to a value; both are finite.
  do {
    flow.isChanged = false
    for (const workflow of team.workflows) flow.visit(workflow)
  } while (flow.isChanged)
  const read: LabelFlow = (workflow, node) => [...flow.at('input', workflow, node)].sort()
  flows.set(team, read)
  return read
}

const NONE: ReadonlySet<Label> = new Set()

/** Where labels gather: a value of a workflow, by its kind; what an agent has read; a key of shared state. */
type Kind = 'run' | 'node' | 'item' | 'previous' | 'input' | 'key' | 'agent' | 'within'

/** What flows: labels of data, or names of writers. */
interface What {
  readonly stepOf: StepFlow
  readonly isOfData: boolean
}

/** What the output of a step has. */
type StepFlow = (flow: Flow, workflow: Workflow, node: StepNode, given: ReadonlySet<Label>) => readonly Label[]

class Flow {
  isChanged = false
  readonly #labels = new Map<string, Set<Label>>()
  readonly #about: What

  constructor(about: What) {
    this.#about = about
  }

  at(kind: Kind, workflow: string, name = ''): ReadonlySet<Label> {
    return this.#labels.get(`${kind} ${workflow} ${name}`) ?? NONE
  }

  /** @returns all that is there now. */
  add(labels: Iterable<Label>, kind: Kind, workflow: string, name = ''): ReadonlySet<Label> {
    const place = `${kind} ${workflow} ${name}`
    const there = this.#labels.get(place) ?? new Set()
    this.#labels.set(place, there)
    for (const label of labels) {
      if (there.has(label)) continue
      there.add(label)
      this.isChanged = true
    }
    return there
  }

  visit(workflow: Workflow): void {
    if (this.#about.isOfData) this.add(workflow.inputLabels ?? [], 'run', workflow.name)
    const out = this.#node(workflow, workflow.root, this.at('run', workflow.name))
    this.add(out, 'node', workflow.name)
  }

  /** @param before Of the output before, which stands where no input is given. @returns those of the node's own output. */
  #node(workflow: Workflow, node: WorkflowNode, before: ReadonlySet<Label>): ReadonlySet<Label> {
    const { name } = lastOf(node)
    const known = (expression: Expression | undefined) => this.#read(workflow, expression)
    const given = 'input' in node && node.input !== undefined ? known(node.input) : before
    const out = (...all: readonly Iterable<Label>[]) =>
      this.add(
        all.flatMap((labels) => [...labels]),
        'node',
        workflow.name,
        name,
      )
    switch (node.kind) {
      case 'step':
        return out(this.#step(workflow, node, given), known(node.otherwise))
      case 'rule':
        return out(this.#rule(workflow, node, given), known(node.otherwise))
      case 'workflow': {
        this.add(given, 'run', node.workflow.name)
        // Why it failed may quote any of its steps.
        const failed = this.add(this.at('within', node.workflow.name), 'within', workflow.name)
        const fallback = node.otherwise === undefined ? NONE : failed
        return out(this.at('node', node.workflow.name), given, known(node.otherwise), fallback)
      }
      case 'sequence':
        return node.nodes.reduce((previous, one) => this.#node(workflow, one, previous), before)
      case 'parallel':
        return out(...Object.values(node.branches).map((branch) => this.#node(workflow, branch, before)))
      case 'choose': {
        const arms = node.arms.map((arm) => this.#node(workflow, arm.node, before))
        return out(...arms, node.otherwise === undefined ? NONE : this.#node(workflow, node.otherwise, before))
      }
      case 'forEach': {
        const item = this.add(known(node.items), 'item', workflow.name, name)
        return out(this.#node(workflow, node.body, item))
      }
      case 'repeat': {
        const first = node.initial === undefined ? before : known(node.initial)
        const previous = this.add(first, 'previous', workflow.name, name)
        const body = this.#node(workflow, node.body, previous)
        this.add(body, 'previous', workflow.name, name)
        return out(body)
      }
      case 'compute':
        return out(known(node.value), ...(node.holds ?? []).map((held) => this.at('node', workflow.name, held)))
      case 'compensate':
      case 'pattern':
        return out(this.#node(workflow, node.body, before))
      case 'approve':
      case 'person':
        return out(given, known(node.otherwise))
      case 'wait':
        return out(before, ...expressionsOf(node).map(known))
      default:
        return assertNever(node)
    }
  }

  #step(workflow: Workflow, node: StepNode, given: ReadonlySet<Label>): ReadonlySet<Label> {
    this.add(given, 'input', workflow.name, node.name)
    const out = this.#about.stepOf(this, workflow, node, given)
    this.add(out, 'within', workflow.name)
    const { name, state } = agentOf(node)
    const held = this.add(out, 'agent', '', name)
    for (const key of Object.keys(state?.writes ?? {})) this.add(held, 'key', workflow.name, key)
    return new Set(out)
  }

  #rule(workflow: Workflow, { name, rule, state = {} }: RuleNode, given: ReadonlySet<Label>): ReadonlySet<Label> {
    const input = this.add(given, 'input', workflow.name, name)
    if (rule === 'state.write') for (const key of Object.keys(state)) this.add(input, 'key', workflow.name, key)
    if (rule !== 'state.read') return input
    return new Set([
      ...input,
      ...(this.#about.isOfData ? keysRead(this, workflow, state) : this.#writersOf(workflow, state)),
    ])
  }

  #writersOf({ name }: Workflow, keys: StateKeys): readonly Label[] {
    return Object.keys(keys).flatMap((key) => [...this.at('key', name, key)])
  }

  /** Of everything that an expression reads. */
  #read(workflow: Workflow, expression: Expression | undefined): ReadonlySet<Label> {
    if (expression === undefined) return NONE
    if (expression.op !== 'ref') {
      return new Set(partsOf(expression).flatMap((part) => [...this.#read(workflow, part)]))
    }
    const { source } = expression
    switch (source.of) {
      case 'input':
        return this.at('run', workflow.name)
      case 'node':
      case 'item':
      case 'previous':
        return this.at(source.of, workflow.name, source.name)
      // A failure tells of the node that failed, whose labels its output has anyway.
      case 'settings':
      case 'failure':
      case 'index':
      case 'iteration':
        return NONE
      default:
        return assertNever(source)
    }
  }
}

/** What the step may have read by its end. */
function inherited(flow: Flow, workflow: Workflow, node: StepNode, given: ReadonlySet<Label>): readonly Label[] {
  const { tools, receives = {}, state = {}, memory } = agentOf(node)
  return [
    ...given,
    ...tools.flatMap(labelsGiven),
    ...Object.keys(receives).flatMap((sender) => [...flow.at('agent', '', sender)]),
    ...keysRead(flow, workflow, state.reads ?? {}),
    // Who loses a race for a key is shown what there is.
    ...keysRead(flow, workflow, state.writes ?? {}),
    // A write of other labels than these is refused, in whichever run.
    ...(memory?.reads ?? []).flatMap(({ labels }) => labels),
  ]
}

function keysRead(flow: Flow, { name }: Workflow, keys: StateKeys): readonly Label[] {
  return Object.entries(keys).flatMap(([key, { gives = [] }]) => [...gives, ...flow.at('key', name, key)])
}

function written(flow: Flow, workflow: Workflow, node: StepNode): readonly Label[] {
  const makers = patternsAround(workflow, node.name).flatMap((pattern): readonly string[] =>
    pattern.pattern !== 'blackboard' ? leadsOf(pattern) : [...flow.at('input', workflow.name, announceName(pattern))],
  )
  return [node.agent.name, ...makers]
}
