/**
 * Whether a workflow can be what was declared: names, references, order, schemas. What it may cost and how long it may
 * take is src/workflow's business.
 */
import * as z from 'zod'
import { assertNever, type Issue } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import { agentOf } from './contract.ts'
import type { Expression, Source } from './expressions.ts'
import type { Workflow } from './workflow.ts'
import { misfit } from './workflow-fit.ts'
import type { WorkflowNode } from './workflow-node.ts'
import { expressionsOf, lastOf, outputRef, partsOf, walk } from './workflow-nodes.ts'
import { shape } from './workflow-schemas.ts'
import { type Shapes, shapesOf } from './workflow-shapes.ts'
import { timeIssues } from './workflow-times.ts'

interface Visit {
  readonly path: string
  /** What can be read here: nodes that have run, items and counters of the loops around. */
  readonly visible: ReadonlySet<string>
  readonly previous: Expression
}

/** Every fault found, with its path below `workflows.<name>` and the remedy. */
export function workflowIssues(workflow: Workflow, settings: JsonObject | undefined): readonly Issue[] {
  const issues: Issue[] = []
  const previousOf = new Map<WorkflowNode, Expression>()
  const visits: [WorkflowNode, Visit][] = []

  /** Visits in the order of execution; gives what is visible after the node. */
  function visit(node: WorkflowNode, at: Visit): ReadonlySet<string> {
    previousOf.set(node, at.previous)
    visits.push([node, at])
    const path = 'name' in node ? `${at.path}.${node.name}` : at.path
    const inside = { ...at, path }
    switch (node.kind) {
      case 'step':
      case 'workflow':
      case 'wait':
      case 'approve':
      case 'person':
      case 'rule':
      case 'compute':
        break
      case 'sequence': {
        let visible = at.visible
        let previous = at.previous
        for (const child of node.nodes) {
          visible = visit(child, { path, visible, previous })
          previous = outputRef(child)
        }
        return visible
      }
      case 'parallel':
        for (const [key, branch] of Object.entries(node.branches)) visit(branch, { ...inside, path: `${path}.${key}` })
        break
      case 'forEach': {
        const visible = new Set([...at.visible, `item ${node.name}`, `index ${node.name}`])
        visit(node.body, { path, visible, previous: ref({ of: 'item', name: node.name }) })
        break
      }
      case 'choose':
        for (const arm of node.arms) visit(arm.node, inside)
        if (node.otherwise) visit(node.otherwise, inside)
        break
      case 'compensate':
      case 'pattern':
        visit(node.body, inside)
        break
      case 'repeat': {
        const loop = new Set([...at.visible, `previous ${node.name}`, `iteration ${node.name}`])
        const after = visit(node.body, { path, visible: loop, previous: ref({ of: 'previous', name: node.name }) })
        reads(node.until, `${path}.until`, after)
        break
      }
      default:
        return assertNever(node)
    }
    return new Set([...at.visible, `node ${node.name}`])
  }

  function reads(expression: Expression, path: string, visible: ReadonlySet<string>, failed = false): void {
    if (expression.op === 'ref') issues.push(...unreadable(expression.source, path, visible, failed))
    if (expression.op === 'jsonata') issues.push(...rawIssues(expression.text, path))
    for (const part of partsOf(expression)) reads(part, path, visible, failed)
  }

  visit(workflow.root, { path: 'steps', visible: new Set(), previous: ref({ of: 'input' }) })
  issues.push(...duplicates(workflow.root))
  const shapes = shapesOf(workflow, settings, previousOf)
  for (const [node, at] of visits) {
    if (!('name' in node)) continue
    const path = `${at.path}.${node.name}`
    for (const expression of expressionsOf(node)) {
      const failed = FAILING.has(node.kind) && 'otherwise' in node && expression === node.otherwise
      if (node.kind !== 'repeat' || expression !== node.until) reads(expression, path, at.visible, failed)
      issues.push(...missingFields(expression, path, shapes))
    }
    issues.push(...nodeIssues(node, at, path, shapes))
  }
  issues.push(...outputIssues(workflow, shapes), ...timeIssues(workflow))
  return issues
}

function ref(source: Source): Expression {
  return { op: 'ref', source, path: [] }
}

/** Nodes whose `otherwise` can read why they failed. */
const FAILING: ReadonlySet<WorkflowNode['kind']> = new Set(['step', 'workflow', 'rule'])

function unreadable(source: Source, path: string, visible: ReadonlySet<string>, failed: boolean): Issue[] {
  if (source.of === 'failure' && !failed) {
    const message = 'failure is read where nothing has failed'
    return [{ path, message, remedy: 'read it in the otherwise of a step, a workflow or a rule only' }]
  }
  if (!('name' in source) || visible.has(`${source.of} ${source.name}`)) return []
  const what = source.of === 'node' ? `"${source.name}"` : `the ${source.of} of "${source.name}"`
  const message = `${what} is read where it has not run before, or in another branch or loop`
  return [
    { path, message, remedy: `put "${source.name}" before this step in the same sequence, or read the node around it` },
  ]
}

/** What a raw expression must not hold, because it would leave the place that it stands in. */
function rawIssues(text: string, path: string): Issue[] {
  if (!/%\}|\$eval\b|\$states\b/.test(text)) return []
  const message = `raw JSONata may not hold %}, $eval or $states: ${JSON.stringify(text)}`
  return [{ path, message, remedy: 'bind what it reads by name: jsonata(text, { name: reference })' }]
}

function duplicates(root: WorkflowNode): Issue[] {
  const seen = new Map<string, string>()
  const issues: Issue[] = []
  for (const node of walk(root)) {
    if (!('name' in node)) continue
    const key = node.name.replaceAll('-', '_')
    const other = seen.get(key)
    if (other !== undefined) {
      const message =
        other === node.name ? 'two nodes have this name' : `the name differs from "${other}" by - and _ only`
      issues.push({ path: `steps.${node.name}`, message, remedy: 'give each node of a workflow a name of its own' })
    }
    seen.set(key, node.name)
  }
  return issues
}

function missingFields(expression: Expression, path: string, shapes: Shapes): Issue[] {
  const found = shapes.of(expression)
  const own = 'missing' in found && expression.op === 'ref' ? [missingField(expression, found.missing, path)] : []
  return [...own, ...partsOf(expression).flatMap((part) => missingFields(part, path, shapes))]
}

function missingField({ source }: Expression & { op: 'ref' }, missing: string, path: string): Issue {
  const of =
    'name' in source
      ? `${source.of === 'node' ? 'the output' : `the ${source.of}`} of "${source.name}"`
      : `run.${source.of}`
  const message = `${of} has no field ${missing}`
  return { path, message, remedy: 'read a field that its schema has, or add it to the schema' }
}

function nodeIssues(
  node: Exclude<WorkflowNode, { kind: 'sequence' }>,
  at: Visit,
  path: string,
  shapes: Shapes,
): Issue[] {
  switch (node.kind) {
    case 'step':
    case 'workflow': {
      const schema = node.kind === 'step' ? agentOf(node).inputSchema : node.workflow.inputSchema
      const taker = node.kind === 'step' ? `agent ${node.agent.name}` : `workflow ${node.workflow.name}`
      const given = shapes.of(node.input ?? at.previous)
      const problem = 'missing' in given ? undefined : misfit(given, shape(schema))
      if (problem === undefined) return []
      const what = node.input ? 'the input' : 'the previous output, taken as input,'
      const message = `${what} does not fit ${taker}: ${problem}`
      return [{ path: `${path}.input`, message, remedy: `give input: { … } as the input schema of ${taker} says` }]
    }
    case 'forEach':
      return unfit(shapes, node.items, { type: 'array' }, `${path}.items`, 'give a list, e.g. from(plan).subtopics')
    case 'repeat':
      return unfit(
        shapes,
        node.until,
        { type: 'boolean' },
        `${path}.until`,
        'give a condition, e.g. eq(result.done, true)',
      )
    case 'choose':
      return chooseIssues(node, path, shapes)
    case 'wait':
      return [
        ...(node.seconds ? unfit(shapes, node.seconds, { type: 'number' }, `${path}.seconds`, 'give a number') : []),
        ...(node.until ? unfit(shapes, node.until, { type: 'string' }, `${path}.until`, 'give an ISO 8601 time') : []),
      ]
    case 'rule': {
      const { accepts, input } = node
      const remedy = 'give what the schema asks for'
      if (accepts === undefined) return []
      return unfit(shapes, input, z.toJSONSchema(accepts, { io: 'input' }) as JsonObject, `${path}.input`, remedy)
    }
    case 'parallel':
    case 'approve':
    case 'person':
    case 'compensate':
    case 'pattern':
    case 'compute':
      return []
    default:
      return assertNever(node)
  }
}

function chooseIssues(node: WorkflowNode & { kind: 'choose' }, path: string, shapes: Shapes): Issue[] {
  const always = node.arms.findIndex(({ when }) => when.op === 'literal' && when.value === true)
  return node.arms.flatMap(({ when, node: arm }, index) => {
    const never = when.op === 'literal' && when.value === false
    const after = (always >= 0 && index > always) || never
    const message = never ? 'its condition is never true' : 'an arm before it is always taken'
    const unreachable = {
      path: `${path}.${lastOf(arm).name}`,
      message: `unreachable: ${message}`,
      remedy: 'remove the arm',
    }
    return [
      ...(after ? [unreachable] : []),
      ...unfit(
        shapes,
        when,
        { type: 'boolean' },
        `${path}.arms.${index}`,
        'give a condition, e.g. gt(from(plan).size, 3)',
      ),
    ]
  })
}

function unfit(shapes: Shapes, expression: Expression, wanted: JsonObject, path: string, remedy: string): Issue[] {
  const given = shapes.of(expression)
  const problem = 'missing' in given ? undefined : misfit(given, shape(wanted))
  return problem === undefined ? [] : [{ path, message: problem, remedy }]
}

function outputIssues(workflow: Workflow, shapes: Shapes): Issue[] {
  const problem = misfit(shapes.output(workflow.root), shape(workflow.outputSchema))
  if (problem === undefined) return []
  const message = `the last step's output does not fit the workflow's output schema: ${problem}`
  return [{ path: 'output', message, remedy: 'end with a step that gives this output, or correct the schema' }]
}
