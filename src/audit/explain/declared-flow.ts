/** What went into what by the references of a workflow: the steps whose outputs each step's input is made of. Pure. */
import type { Expression, Source } from '../../define/expressions.ts'
import type { Workflow } from '../../define/workflow.ts'
import type { WorkflowNode } from '../../define/workflow-node.ts'
import { partsOf } from '../../define/workflow-nodes.ts'
import { assertNever } from '../../errors.ts'
import { type Flow, RUN_INPUT, RUN_OUTPUT } from './flow.ts'
import { type Frame, frameIn, type NodePlace, placeOfStep, placesIn, rootFrame } from './workflow-places.ts'

type Makers = ReadonlySet<string>
const NOBODY: Makers = new Set()

/** @param stepIds Of the steps that ran. */
export function declaredFlow(workflow: Workflow, stepIds: readonly string[]): readonly Flow[] {
  const root = rootFrame(workflow)
  const search = openSearch(stepIds)
  const flows = stepIds.flatMap((stepId) => {
    const found = placeOfStep(root, stepId)
    return found === undefined ? [] : to(stepId, search.ofInput(found.place, found.frame))
  })
  return [...flows, ...to(RUN_OUTPUT, search.ofNode(root.body, root))]
}

function to(step: string, makers: Makers): Flow[] {
  return [...makers].filter((from) => from !== step).map((from) => ({ from, to: step, how: 'declared' as const }))
}

interface Search {
  /** Whose outputs the input of a node is made of, and whose decided that it runs. */
  ofInput(place: NodePlace, frame: Frame): Makers
  /** Whose outputs the output of a node is made of. */
  ofNode(node: WorkflowNode, frame: Frame): Makers
}

function openSearch(stepIds: readonly string[]): Search {
  const ids: ReadonlySet<string> = new Set(stepIds)
  const numbers = numbersOf(stepIds)
  const known = new Map<string, Makers>()

  function ofInput({ node, previous, conditions }: NodePlace, frame: Frame): Makers {
    const input = 'input' in node ? node.input : undefined
    const decided = frame.within === undefined ? NOBODY : conditionsAround(frame.within)
    return union([decided, ...[input ?? previous, ...conditions].map((one) => ofExpression(one, frame))])
  }

  /** Of what the item, the round or the child workflow itself lies within. */
  function conditionsAround({ frame, node }: NonNullable<Frame['within']>): Makers {
    const own = (placesIn(frame).get(node.name)?.conditions ?? []).map((one) => ofExpression(one, frame))
    return union(frame.within === undefined ? own : [...own, conditionsAround(frame.within)])
  }

  function ofNode(node: WorkflowNode, frame: Frame): Makers {
    if (node.kind === 'sequence') {
      const last = node.nodes.at(-1)
      return last === undefined ? NOBODY : ofNode(last, frame)
    }
    const key = `${frame.prefix}${node.name}`
    const before = known.get(key)
    if (before !== undefined) return before
    // A tree refers to what stands before it only; the mark keeps a damaged one from going round for ever.
    known.set(key, NOBODY)
    const makers = makersOf(node, frame, key)
    known.set(key, makers)
    return makers
  }

  function makersOf(node: Exclude<WorkflowNode, { kind: 'sequence' }>, frame: Frame, key: string): Makers {
    switch (node.kind) {
      case 'step':
      case 'rule':
      case 'approve':
      case 'person':
        return ids.has(key) ? new Set([key]) : NOBODY
      case 'parallel':
        return union(Object.values(node.branches).map((branch) => ofNode(branch, frame)))
      case 'choose':
        return union(
          [...node.arms.map((arm) => arm.node), ...(node.otherwise ? [node.otherwise] : [])].map((one) =>
            ofNode(one, frame),
          ),
        )
      case 'compensate':
      case 'pattern':
        return ofNode(node.body, frame)
      case 'forEach':
        return union((numbers.get(key) ?? []).map((number) => ofNode(node.body, frameIn(frame, node, number))))
      case 'repeat': {
        const last = Math.max(0, ...(numbers.get(key) ?? []))
        return last === 0 ? NOBODY : ofNode(node.body, frameIn(frame, node, last))
      }
      case 'workflow':
        return ofNode(node.workflow.root, frameIn(frame, node))
      case 'compute':
        return ofExpression(node.value, frame)
      case 'wait': {
        const place = placesIn(frame).get(node.name)
        return place === undefined ? NOBODY : ofExpression(place.previous, frame)
      }
      default:
        return assertNever(node)
    }
  }

  function ofExpression(expression: Expression, frame: Frame): Makers {
    if (expression.op === 'ref') return ofSource(expression.source, frame)
    return union(partsOf(expression).map((part) => ofExpression(part, frame)))
  }

  function ofSource(source: Source, frame: Frame): Makers {
    const { within } = frame
    switch (source.of) {
      case 'settings':
      case 'failure':
      case 'index':
      case 'iteration':
        return NOBODY
      case 'input': {
        if (within === undefined) return new Set([RUN_INPUT])
        if (within.node.kind !== 'workflow') return ofSource(source, within.frame)
        const place = placesIn(within.frame).get(within.node.name)
        return place === undefined ? NOBODY : ofInput({ ...place, conditions: [] }, within.frame)
      }
      case 'node': {
        const place = placesIn(frame).get(source.name)
        if (place !== undefined) return ofNode(place.node, frame)
        return within === undefined || within.node.kind === 'workflow' ? NOBODY : ofSource(source, within.frame)
      }
      case 'item':
        if (within === undefined) return NOBODY
        if (within.node.kind !== 'forEach' || within.node.name !== source.name) return ofSource(source, within.frame)
        return ofExpression(within.node.items, within.frame)
      case 'previous':
        if (within === undefined) return NOBODY
        return within.node.kind === 'repeat' && within.node.name === source.name
          ? ofRoundBefore({ ...within, node: within.node })
          : ofSource(source, within.frame)
      default:
        return assertNever(source)
    }
  }

  function ofRoundBefore({ frame, node, number = 1 }: NonNullable<Frame['within']>): Makers {
    if (node.kind !== 'repeat') return NOBODY
    if (number > 1) return ofNode(node.body, frameIn(frame, node, number - 1))
    const place = placesIn(frame).get(node.name)
    const initial = node.initial ?? place?.previous
    return initial === undefined ? NOBODY : ofExpression(initial, frame)
  }

  return { ofInput, ofNode }
}

function union(sets: readonly Makers[]): Makers {
  return new Set(sets.flatMap((set) => [...set]))
}

/** Of each `forEach` and `repeat`, by what its ids begin with: the numbers of its items or rounds that ran, in order. */
function numbersOf(stepIds: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>()
  for (const stepId of stepIds) {
    const parts = stepId.split('/')
    for (const [index, part] of parts.entries()) {
      const [, name, number] = /^(.*)[:=](\d+)$/.exec(part) ?? []
      if (number === undefined) continue
      const key = [...parts.slice(0, index), name].join('/')
      const numbers = found.get(key) ?? new Set<number>()
      found.set(key, numbers.add(Number(number)))
    }
  }
  return new Map([...found].map(([key, numbers]) => [key, [...numbers].sort((a, b) => a - b)]))
}
