/**
 * One node to its states. Works from the end to the start, so that a node's readers are known when it is reached and
 * only values that somebody reads are kept. Gives the name of the node's first state.
 */
import type {
  ChooseNode,
  ComputeNode,
  ParallelNode,
  PatternNode,
  SequenceNode,
  WaitNode,
  WorkflowNode,
} from '../define/workflow-node.ts'
import { lastOf, outputRef } from '../define/workflow-nodes.ts'
import { assertNever } from '../errors.ts'
import { budgetInOrder, divided } from './budget.ts'
import { compileChild } from './compile-child.ts'
import { compileCompensate } from './compile-compensate.ts'
import { compileForEach } from './compile-for-each.ts'
import { aliasParts, compileGroup } from './compile-part.ts'
import { compilePeople } from './compile-people.ts'
import { compileRepeat } from './compile-repeat.ts'
import { compileRule } from './compile-rule.ts'
import { compileStep } from './compile-step.ts'
import { condition, evaluated, literal, render } from './jsonata-text.ts'
import { assignments, type Place } from './place.ts'
import { Scope, variable } from './scope.ts'

export type CompileNode = (node: WorkflowNode, place: Place) => string

export const compileNode: CompileNode = (node, place) => {
  switch (node.kind) {
    case 'step':
      return compileStep(node, place)
    case 'sequence':
      return compileSequence(node, place)
    case 'parallel':
      return compileParallel(node, place)
    case 'forEach':
      return compileForEach(node, place, compileNode)
    case 'choose':
      return compileChoose(node, place)
    case 'repeat':
      return compileRepeat(node, place, compileNode)
    case 'workflow':
      return compileChild(node, place)
    case 'wait':
      return compileWait(node, place)
    case 'approve':
    case 'person':
      return compilePeople(node, place)
    case 'compensate':
      return compileCompensate(node, place, compileNode)
    case 'compute':
      return compileCompute(node, place)
    case 'rule':
      return compileRule(node, place)
    case 'pattern':
      return compileNode(node.body, { ...place, targets: withOwn(node, place) })
    default:
      return assertNever(node)
  }
}

function compileSequence(node: SequenceNode, place: Place): string {
  const groups = place.layout.groups.get(node)
  if (groups === undefined) return compileInOrder(node.nodes, place)
  const named = groups.map((nodes) => ({ nodes, name: lastOf({ kind: 'sequence', nodes }).name }))
  return named.reduceRight((next, { nodes, name }, index) => {
    const before = named[index - 1]
    const previous = before === undefined ? place.previous : outputRef({ kind: 'sequence', nodes: before.nodes })
    const targets = index === named.length - 1 ? place.targets : []
    return compileGroup(nodes, name, { ...place, previous, targets, next }, compileInOrder)
  }, place.next)
}

function compileInOrder(nodes: readonly WorkflowNode[], place: Place): string {
  return nodes.reduceRight((next, node, index) => {
    const before = nodes[index - 1]
    const previous = before === undefined ? place.previous : outputRef(before)
    const targets = index === nodes.length - 1 ? place.targets : []
    return compileNode(node, { ...place, previous, targets, next, budget: budgetInOrder(nodes, index, place) })
  }, place.next)
}

function compileParallel(node: ParallelNode, place: Place): string {
  const { scope } = place
  const branches = Object.entries(node.branches)
  const entry = scope.name(node.name)
  const budget = divided(place.budget, branches.length)
  const machines = branches.map(([key, branch]) => {
    const inner = new Scope({ outer: scope })
    aliasParts(inner, branch, place.layout)
    const end = inner.name(`${node.name}.${key}: result`)
    inner.add(end, { Type: 'Succeed', Output: evaluated(render(outputRef(branch), inner.resolve)) })
    return inner.machine(compileNode(branch, { ...place, scope: inner, targets: [], next: end, budget }))
  })
  const results = branches.map(([key], index) => `${literal(key)}: $states.result[${index}]`)
  return scope.add(entry, {
    Type: 'Parallel',
    Arguments: {},
    Branches: machines,
    ...assignments(node, place, `{${results.join(', ')}}`),
    Output: {},
    Next: place.next,
  })
}

function compileChoose(node: ChooseNode, place: Place): string {
  const { scope, next } = place
  const entry = scope.name(node.name)
  const targets = withOwn(node, place)
  const arms = node.arms.map((arm) => ({ arm, first: compileNode(arm.node, { ...place, targets }) }))
  const choices = arms.map(({ arm, first }) => ({
    Condition: evaluated(condition(arm.when, scope.resolve)),
    Output: {},
    Next: first,
  }))
  const otherwise = node.otherwise && compileNode(node.otherwise, { ...place, targets })
  return scope.add(entry, {
    Type: 'Choice',
    Choices: choices,
    Default: otherwise ?? next,
    ...(otherwise === undefined ? assignments(node, place, 'null') : {}),
    Output: {},
  })
}

/** Variables that are to hold the output of a node whose output is that of one within it. */
function withOwn(node: ChooseNode | PatternNode, { scope, targets }: Place): readonly string[] {
  const own = variable('node', node.name)
  return [...(scope.used.has(own) ? [own] : []), ...targets]
}

function compileCompute(node: ComputeNode, place: Place): string {
  const { scope, next } = place
  const entry = scope.name(node.name)
  // One that stands for the value of a loop is read there, so that it is evaluated once.
  const text = render(node.value, scope.resolve)
  const isLoops = scope.hasAlias(variable('node', node.name))
  const Assign = Object.fromEntries(place.targets.map((target) => [target, evaluated(text)]))
  const own = isLoops ? { Assign } : assignments(node, place, text)
  return scope.add(entry, { Type: 'Pass', ...own, Output: {}, Next: next })
}

function compileWait(node: WaitNode, place: Place): string {
  const { scope } = place
  const entry = scope.name(node.name)
  const { seconds, until } = node
  return scope.add(entry, {
    Type: 'Wait',
    ...(seconds
      ? { Seconds: seconds.op === 'literal' ? seconds.value : evaluated(render(seconds, scope.resolve)) }
      : {}),
    ...(until ? { Timestamp: evaluated(render(until, scope.resolve)) } : {}),
    ...assignments(node, place, render(place.previous, scope.resolve)),
    Output: {},
    Next: place.next,
  })
}
