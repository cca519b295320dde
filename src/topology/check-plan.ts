/** Whether a planner's graph can be run within its envelope, and what is wrong with it where it cannot. Pure. */
import type { TaskPlan } from '../schema/task-plan.ts'
import { measure } from './metrics.ts'

/** A plan stays inside the state of its run, bytes of JSON. */
export const PLAN_BYTES = 32 * 1024
const ID = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/
const REFERENCE = /\$\{([^{}]*)\}/g

export interface Envelope {
  /** Names of those that may be given parts. */
  readonly agents: readonly string[]
  readonly parts: number
  /** Parts on the longest path. */
  readonly depth: number
  /** Parts of which none needs another. */
  readonly width: number
}

export interface PlanRules {
  /**
   * `one`: the output of a single last part is the answer. `any`: somebody makes one of what the last parts put out.
   * @default 'any'
   */
  readonly sinks?: 'one' | 'any'
}

export type PlanRule =
  | 'noParts'
  | 'badId'
  | 'repeatedId'
  | 'unknownAgent'
  | 'blank'
  | 'unknownReference'
  | 'unknownEnd'
  | 'repeatedEdge'
  | 'selfLoop'
  | 'edgeUnused'
  | 'edgeMissing'
  | 'cycle'
  | 'noEdges'
  | 'severalSinks'
  | 'tooLarge'
  | 'tooManyParts'
  | 'tooDeep'
  | 'tooWide'

export interface PlanFault {
  readonly rule: PlanRule
  /** From the root of the plan, e.g. `parts.2.agent`. */
  readonly path: string
  /** A sentence for the planner. */
  readonly message: string
}

/**
 * Every fault found; none: the plan may be run. A graph without a cycle has a start, and each of its parts is reached from
 * one and reaches a last part, so these have no rule of their own.
 */
export function checkTaskPlan(
  plan: TaskPlan,
  envelope: Envelope,
  { sinks = 'any' }: PlanRules = {},
): readonly PlanFault[] {
  const faults = [...faultsOfParts(plan, envelope), ...faultsOfEdges(plan), ...faultsOfSize(plan, envelope)]
  // The shape of a graph that is none yet says nothing.
  if (faults.some(({ rule }) => NO_GRAPH.has(rule))) return faults
  const stuck = stuckParts(plan)
  if (stuck.length > 0) {
    const message = `the parts ${stuck.join(', ')} wait for each other: leave out one of the edges between them`
    return [...faults, { rule: 'cycle', path: 'edges', message }]
  }
  return [...faults, ...faultsOfShape(plan, envelope, sinks)]
}

const NO_GRAPH: ReadonlySet<PlanRule> = new Set(['noParts', 'repeatedId', 'unknownEnd', 'selfLoop'])

function* faultsOfParts({ parts }: TaskPlan, { agents }: Envelope): Generator<PlanFault> {
  if (parts.length === 0) yield { rule: 'noParts', path: 'parts', message: 'there are no parts: give at least one' }
  const ids = new Set<string>()
  for (const [index, { id, agent, objective }] of parts.entries()) {
    const path = `parts.${index}`
    if (!ID.test(id)) {
      const message = `${quoted(id)} is no id: a letter, then letters, digits, _ or -, at most 40 in all`
      yield { rule: 'badId', path: `${path}.id`, message }
    }
    if (ids.has(id)) yield { rule: 'repeatedId', path: `${path}.id`, message: `another part has the id ${quoted(id)}` }
    ids.add(id)
    if (!agents.includes(agent)) {
      const message = `there is no agent ${quoted(agent)}, only ${agents.join(', ')}`
      yield { rule: 'unknownAgent', path: `${path}.agent`, message }
    }
    // A single part without an objective does the request itself; of several that would be the same work twice.
    if (objective.trim() === '' && parts.length > 1) {
      yield {
        rule: 'blank',
        path: `${path}.objective`,
        message: `${quoted(id)} has no objective: say what it is to do`,
      }
    }
  }
}

function* faultsOfEdges({ parts, edges }: TaskPlan): Generator<PlanFault> {
  const references = new Map(parts.map(({ id, objective }) => [id, referencesIn(objective)]))
  const pairs = new Set<string>()
  for (const [index, { from, to }] of edges.entries()) {
    const path = `edges.${index}`
    for (const end of ['from', 'to'] as const) {
      const id = end === 'from' ? from : to
      if (references.has(id)) continue
      yield { rule: 'unknownEnd', path: `${path}.${end}`, message: `no part has the id ${quoted(id)}` }
    }
    if (from === to) yield { rule: 'selfLoop', path, message: `${quoted(from)} cannot need its own output` }
    const pair = pairOf(from, to)
    if (pairs.has(pair)) {
      yield { rule: 'repeatedEdge', path, message: `there is another edge from ${quoted(from)} to ${quoted(to)}` }
    }
    pairs.add(pair)
    if (from !== to && references.has(from) && references.get(to)?.has(from) === false) {
      const message = `there is an edge from ${quoted(from)}, but the objective of ${quoted(to)} has no \${${from}}`
      yield { rule: 'edgeUnused', path, message }
    }
  }
  for (const [index, { id, objective }] of parts.entries()) {
    const path = `parts.${index}.objective`
    for (const named of referencesIn(objective)) {
      if (!references.has(named)) {
        yield { rule: 'unknownReference', path, message: `\${${named}} stands for nothing: no part has that id` }
      } else if (!pairs.has(pairOf(named, id))) {
        const message = `\${${named}} is used, but there is no edge from ${quoted(named)} to ${quoted(id)}`
        yield { rule: 'edgeMissing', path, message }
      }
    }
  }
}

function* faultsOfSize(plan: TaskPlan, { parts }: Envelope): Generator<PlanFault> {
  if (plan.parts.length > parts) {
    const message = `there are ${plan.parts.length} parts, and there may be ${parts}`
    yield { rule: 'tooManyParts', path: 'parts', message }
  }
  const bytes = Buffer.byteLength(JSON.stringify(plan))
  if (bytes > PLAN_BYTES) {
    const message = `the plan has ${bytes} bytes, and it may have ${PLAN_BYTES}: say it in fewer words`
    yield { rule: 'tooLarge', path: '', message }
  }
}

function* faultsOfShape(plan: TaskPlan, envelope: Envelope, sinks: 'one' | 'any'): Generator<PlanFault> {
  const { parts, edges } = plan
  const { depth, width } = measure(plan)
  if (depth > envelope.depth) {
    const message = `${depth} parts wait for each other in a row, and ${envelope.depth} may: cut the work more broadly`
    yield { rule: 'tooDeep', path: 'edges', message }
  }
  if (width > envelope.width) {
    const message = `${width} parts need none of each other, and ${envelope.width} may: make them fewer`
    yield { rule: 'tooWide', path: 'parts', message }
  }
  if (sinks === 'any') return
  if (parts.length > 1 && edges.length === 0) {
    yield { rule: 'noEdges', path: 'edges', message: 'no part uses the output of another: join them by edges' }
  }
  const used = new Set(edges.map(({ from }) => from))
  const last = parts.filter(({ id }) => !used.has(id)).map(({ id }) => id)
  if (last.length > 1) {
    const message = `nobody uses the outputs of ${last.join(', ')}: one part has to be the last, and use them`
    yield { rule: 'severalSinks', path: 'parts', message }
  }
}

/** Parts of which each one waits for another of them, or for one that does. */
function stuckParts({ parts, edges }: TaskPlan): string[] {
  let left = parts.map(({ id }) => id)
  for (let round = 0; round < parts.length; round += 1) {
    const waiting = new Set(left)
    const held = new Set(edges.filter(({ from }) => waiting.has(from)).map(({ to }) => to))
    const next = left.filter((id) => held.has(id))
    if (next.length === left.length) break
    left = next
  }
  return left
}

/** Ids that an objective names as `${id}`. */
export function referencesIn(objective: string): ReadonlySet<string> {
  return new Set([...objective.matchAll(REFERENCE)].map(([, id]) => id ?? ''))
}

function pairOf(from: string, to: string): string {
  return JSON.stringify([from, to])
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
