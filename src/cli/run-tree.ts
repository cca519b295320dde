/** Folds a run's events into the tree of its steps. Pure: what it looks like is `render-tree`'s business. */

import { assertNever } from '../errors.ts'
import type { RunEvent } from '../schema/run-event.ts'
import { waitingCommand } from './approval-words.ts'

export interface StepNode {
  /** Last part of the path, e.g. `research`, or `#3` for an item of a forEach. */
  readonly label: string
  readonly path: string
  readonly children: Map<string, StepNode>
  step?: StepState
}

export interface StepState {
  agent: string
  /** `running`, `completed`, or the stop cause. */
  status: string
  attempt: number
  startedAt: number
  endedAt?: number
  turns: number
  toolCalls: number
  inputTokens: number
  outputTokens: number
  costUsd: number | null
  /** Hashes of what it kept as files, where that is known. */
  artifacts?: readonly string[]
  /** What it is doing, or why it stopped. */
  note?: string
}

export interface RunTree {
  readonly root: StepNode
  readonly steps: Map<string, StepState>
  runId: string
  model: string
  team: string
  workflow: string
  status: string
  startedAt: number
  endedAt?: number
}

export function emptyTree(): RunTree {
  const root: StepNode = { label: '', path: '', children: new Map() }
  return { root, steps: new Map(), runId: '', model: '', team: '', workflow: '', status: 'running', startedAt: 0 }
}

/** Changes the tree in place: one fold step. */
export function applyEvent(tree: RunTree, event: RunEvent): void {
  const at = Date.parse(event.at)
  switch (event.type) {
    case 'run.started':
      Object.assign(tree, {
        runId: event.runId,
        model: event.model,
        team: event.team,
        workflow: event.workflow,
        status: 'running',
      })
      tree.startedAt ||= at
      return
    case 'step.started':
      startStep(tree, event.stepId, event.agent, event.attempt, at)
      return
    case 'turn': {
      const step = tree.steps.get(event.stepId)
      if (!step) return
      step.turns += 1
      step.inputTokens += event.inputTokens
      step.outputTokens += event.outputTokens
      step.costUsd = event.costUsd === null || step.costUsd === null ? null : step.costUsd + event.costUsd
      delete step.note
      return
    }
    case 'tool': {
      const step = tree.steps.get(event.stepId)
      if (!step) return
      step.toolCalls += 1
      step.note = event.status === 'ok' ? event.tool : `${event.tool}: ${event.reason ?? event.status}`
      return
    }
    case 'decision':
    case 'rejection': {
      const step = tree.steps.get(event.stepId)
      const asks = waitingCommand(event, '')
      if (step) step.note = asks === undefined ? event.reason : `waits for a person: ${asks}`
      return
    }
    case 'step.ended': {
      const step = tree.steps.get(event.stepId)
      if (!step) return
      step.status = event.status
      step.endedAt = at
      delete step.note
      if (event.reason !== undefined) step.note = event.reason
      return
    }
    case 'run.ended':
      tree.status = event.status
      tree.endedAt = at
      cutOff(tree, at)
      return
    default:
      assertNever(event)
  }
}

/** Nobody is at it any more: what has not ended is left where it was. */
export function cutOff(tree: RunTree, at: number): void {
  for (const step of tree.steps.values()) {
    if (step.status === 'running') Object.assign(step, { status: 'interrupted', endedAt: at })
  }
}

function startStep(tree: RunTree, stepId: string, agent: string, attempt: number, at: number): void {
  const known = tree.steps.get(stepId)
  if (known) {
    Object.assign(known, { status: 'running', attempt })
    delete known.endedAt
    return
  }
  const step: StepState = {
    agent,
    status: 'running',
    attempt,
    startedAt: at,
    turns: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
  }
  placeStep(tree, stepId, step)
}

export function placeStep(tree: RunTree, stepId: string, step: StepState): void {
  tree.steps.set(stepId, step)
  nodeAt(tree.root, stepId).step = step
}

/** By the ids' own numbers: `findings:3/research` lies at findings → #3 → research; `refine=2/draft` at refine → round 2 → draft. */
function nodeAt(root: StepNode, stepId: string): StepNode {
  let node = root
  for (const part of stepId.split('/')) {
    const [, name = part, kind, index] = /^(.*?)(?:([:=])(\d+))?$/.exec(part) ?? []
    node = child(node, name, name)
    if (index !== undefined) node = child(node, `${kind}${index}`, kind === ':' ? `#${index}` : `round ${index}`)
  }
  return node
}

function child(parent: StepNode, key: string, label: string): StepNode {
  const path = parent.path === '' ? key : `${parent.path}/${key}`
  const found = parent.children.get(key) ?? { label, path, children: new Map() }
  parent.children.set(key, found)
  return found
}

/** A path of nodes that each have one child and no step of their own is shown as one line. */
export function flatten(node: StepNode): { readonly label: string; readonly node: StepNode } {
  const labels = [node.label]
  let last = node
  while (!last.step && last.children.size === 1) {
    const [only] = last.children.values()
    if (!only) break
    labels.push(only.label)
    last = only
  }
  return { label: labels.join(' '), node: last }
}
