/**
 * The worst case of a workflow, before anything runs: arithmetic over the finite graph. What the agents' limits allow,
 * every branch, item and iteration; one wait of a step for a person; pauses that another side asks for (Retry-After, a
 * foreign lease), what is done again after them, and what it takes to undo effects, aside.
 */
import { agentOf } from '../define/contract.ts'
import { askSeconds } from '../define/may-ask.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import type { StepNode, WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf, walk } from '../define/workflow-nodes.ts'
import { assertNever } from '../errors.ts'
import { MODEL_TRIES } from '../schema/model-call.ts'
import type { PersonAsked } from '../schema/team-description.ts'
import { CONTROL_SECONDS } from './control-states.ts'
import { executionCounts, groupsOf, transitionsOf, undoCounts } from './events.ts'
import { layoutOf } from './layout.ts'
import { peopleAsked } from './people-bounds.ts'

/** US dollars per million tokens; undefined where the price is not known. */
export type PriceOf = (
  modelId: string,
) => { readonly inputPerMillion: number; readonly outputPerMillion: number } | undefined

export interface Bounds {
  /** Runs of steps. */
  readonly steps: number
  /** Answers of models: turns. */
  readonly answers: number
  /** Calls of models: every try for each answer, of the model and of each fallback. */
  readonly modelCalls: number
  readonly toolCalls: number
  readonly tokens: number
  /** null: the price of some model is not known. */
  readonly costUsd: number | null
  /** Along the longest path. null: some wait is known at run time only. */
  readonly seconds: number | null
}

export interface StepBounds extends Bounds {
  readonly step: string
  readonly agent: string
  readonly model: string
}

export interface WorkflowBounds extends Bounds {
  readonly workflow: string
  /** As AWS bills them, over the run's own and all child executions. */
  readonly transitions: number
  /** History events of the largest single execution. */
  readonly events: number
  /** Each step with all its runs. Steps of child workflows are named `child/step`. */
  readonly perStep: readonly StepBounds[]
  /** Who may be asked for what. */
  readonly people: readonly PersonAsked[]
}

/** @param priceOf Without it, an agent's `limits.costUsd` is its cost. */
export function bounds(team: Team, priceOf?: PriceOf): readonly WorkflowBounds[] {
  return team.workflows.map((workflow) => workflowBounds(workflow, priceOf))
}

export function workflowBounds(workflow: Workflow, priceOf?: PriceOf): WorkflowBounds {
  const { root } = workflow
  return {
    workflow: workflow.name,
    ...fold(root, priceOf),
    transitions: transitionsOf(root, layoutOf(root)),
    events: largestExecution(root),
    perStep: perStep(root, 1, '', priceOf),
    people: peopleAsked(root),
  }
}

const NOTHING: Bounds = { steps: 0, answers: 0, modelCalls: 0, toolCalls: 0, tokens: 0, costUsd: 0, seconds: 0 }

function fold(node: WorkflowNode, priceOf: PriceOf | undefined): Bounds {
  const children = childrenOf(node).map((child) => fold(child, priceOf))
  switch (node.kind) {
    case 'step':
      return stepBounds(node, priceOf)
    case 'workflow':
      return fold(node.workflow.root, priceOf)
    case 'approve':
    case 'person':
      return { ...NOTHING, seconds: node.policy.expiresSeconds }
    case 'compute':
      return NOTHING
    case 'rule':
      return { ...NOTHING, seconds: CONTROL_SECONDS }
    case 'compensate':
    case 'pattern':
      return together(children, add)
    case 'wait':
      return { ...NOTHING, seconds: node.seconds?.op === 'literal' ? Number(node.seconds.value) : null }
    case 'sequence':
      return together(children, add)
    case 'parallel':
      return together(children, (a, b) => (a === null || b === null ? null : Math.max(a, b)))
    case 'choose':
      return children.reduce(larger, NOTHING)
    case 'forEach':
      return times(together(children, add), node.max, Math.ceil(node.max / node.concurrency))
    case 'repeat':
      return times(together(children, add), node.max, node.max)
    default:
      return assertNever(node)
  }
}

function stepBounds(node: StepNode, priceOf: PriceOf | undefined): Bounds {
  const agent = agentOf(node)
  const { turns, toolCalls, tokens, seconds } = agent.limits
  const modelCalls = turns * MODEL_TRIES * (1 + agent.model.fallbacks.length)
  const longest = seconds + askSeconds(agent)
  return {
    steps: 1,
    answers: turns,
    modelCalls,
    toolCalls,
    tokens,
    seconds: longest,
    costUsd: stepCost(agent, priceOf),
  }
}

/** What the tokens cost at most on the dearest of the agent's models, and never more than its limit. */
function stepCost({ model, limits }: StepNode['agent'], priceOf: PriceOf | undefined): number | null {
  if (priceOf === undefined) return limits.costUsd
  const output = Math.min(limits.tokens, limits.turns * model.maxTokens)
  let most = 0
  for (const id of [model.id, ...model.fallbacks, ...(model.degradeTo === undefined ? [] : [model.degradeTo])]) {
    const price = priceOf(id)
    if (price === undefined) return null
    const { inputPerMillion, outputPerMillion } = price
    const dearest = Math.max(outputPerMillion, inputPerMillion)
    most = Math.max(most, (output * dearest + (limits.tokens - output) * inputPerMillion) / 1e6)
  }
  return Math.min(most, limits.costUsd)
}

function perStep(node: WorkflowNode, factor: number, prefix: string, priceOf: PriceOf | undefined): StepBounds[] {
  if (node.kind === 'workflow') return perStep(node.workflow.root, factor, `${prefix}${node.name}/`, priceOf)
  if (node.kind === 'step') {
    const { name, agent } = node
    const all = times(stepBounds(node, priceOf), factor, factor)
    return [{ step: `${prefix}${name}`, agent: agent.name, model: agent.model.id, ...all }]
  }
  const rounds = node.kind === 'forEach' || node.kind === 'repeat' ? node.max : 1
  return childrenOf(node).flatMap((child) => perStep(child, factor * rounds, prefix, priceOf))
}

function largestExecution(root: WorkflowNode): number {
  const layout = layoutOf(root)
  const executions = [executionCounts(root, layout).events]
  for (const node of walk(root)) {
    if (node.kind === 'forEach' && layout.distributed.has(node))
      executions.push(executionCounts(node.body, layout).events)
    if (node.kind === 'compensate') executions.push(undoCounts(node).events)
    const chunk = node.kind === 'repeat' ? layout.chunks.get(node) : undefined
    if (node.kind === 'repeat' && chunk !== undefined) {
      const part = { ...node, max: chunk }
      executions.push(executionCounts(part, layout).events)
    }
    if (node.kind === 'sequence' && layout.groups.has(node)) {
      for (const { nodes } of groupsOf(node, layout)) {
        executions.push(executionCounts({ kind: 'sequence', nodes }, layout).events)
      }
    }
  }
  return Math.max(...executions)
}

type Join = (a: number | null, b: number | null) => number | null

function together(all: readonly Bounds[], joinSeconds: Join): Bounds {
  return all.reduce(
    (a, b) => ({
      steps: a.steps + b.steps,
      answers: a.answers + b.answers,
      modelCalls: a.modelCalls + b.modelCalls,
      toolCalls: a.toolCalls + b.toolCalls,
      tokens: a.tokens + b.tokens,
      costUsd: add(a.costUsd, b.costUsd),
      seconds: joinSeconds(a.seconds, b.seconds),
    }),
    NOTHING,
  )
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b
}

/** Either of two, whichever is worse in each respect. */
function larger(a: Bounds, b: Bounds): Bounds {
  const most: Join = (x, y) => (x === null || y === null ? null : Math.max(x, y))
  return {
    steps: Math.max(a.steps, b.steps),
    answers: Math.max(a.answers, b.answers),
    modelCalls: Math.max(a.modelCalls, b.modelCalls),
    toolCalls: Math.max(a.toolCalls, b.toolCalls),
    tokens: Math.max(a.tokens, b.tokens),
    costUsd: most(a.costUsd, b.costUsd),
    seconds: most(a.seconds, b.seconds),
  }
}

function times(one: Bounds, factor: number, rounds: number): Bounds {
  return {
    steps: one.steps * factor,
    answers: one.answers * factor,
    modelCalls: one.modelCalls * factor,
    toolCalls: one.toolCalls * factor,
    tokens: one.tokens * factor,
    costUsd: one.costUsd === null ? null : one.costUsd * factor,
    seconds: one.seconds === null ? null : one.seconds * rounds,
  }
}
