/** What a part of a plan is told, and what runs next of a shape. Pure. */
import { canonicalJson } from '../audit/canonical.ts'
import type { KeptResult, LayerState, PartAssignment, TaskPlan } from '../schema/adaptation.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'

/** Of another part's output where an objective names it; all of it is in `earlier`. */
const FILLED_CHARACTERS = 4_000
/** A plan of one part need not say what it does. */
const WHOLE = 'Do what the request asks for.'
const REFERENCE = /\$\{([^{}]*)\}/g

export interface Planned {
  readonly plan: TaskPlan
  readonly request: unknown
}

export type Part = TaskPlan['parts'][number]

/** @throws Error where the plan has no such part: the caller took the id from it. */
export function partOf({ parts }: TaskPlan, id: string): Part {
  const part = parts.find((one) => one.id === id)
  if (part === undefined) throw new Error(`the plan has no part ${id}`)
  return part
}

/**
 * One after the other, and under a lead, a part sees what it builds on; in a hybrid shape everything of earlier layers; side
 * by side nothing, and what it builds on is named by its objective.
 */
export function assignmentOf({ plan, request }: Planned, state: LayerState, id: string): PartAssignment {
  const part = partOf(plan, id)
  const before = plan.edges.filter(({ to }) => to === id).map(({ from }) => from)
  const isIsolated = state.topology === 'parallel'
  const sees = isIsolated ? [] : state.topology === 'hybrid' ? state.settled : before
  const standing = state.results.filter((one) => state.settled.includes(one.id))
  const filled = (_: string, named: string) => fill(plan, isIsolated ? [] : standing, named)
  const missing = isIsolated ? [] : state.gaps.filter((gap) => before.includes(gap.id))
  return {
    id,
    objective: part.objective.trim() === '' ? WHOLE : part.objective.replaceAll(REFERENCE, filled),
    request,
    earlier: inOrder(plan, standing)
      .filter((one) => sees.includes(one.id))
      .map(({ id: earlier, agent, output }) => ({ id: earlier, agent, output })),
    missing: missing.map(({ id: gone, reason }) => ({ id: gone, reason })),
    brief: '',
  }
}

function fill({ parts }: TaskPlan, standing: readonly KeptResult[], named: string): string {
  const result = standing.find(({ id }) => id === named)
  if (result === undefined) {
    const part = parts.find(({ id }) => id === named)
    const objective = part?.objective.replaceAll(REFERENCE, '$1') ?? named
    return `(what ${named} finds, not known here: ${objective})`
  }
  const { output } = result
  const text = typeof output === 'string' ? output : JSON.stringify(output)
  return text.length <= FILLED_CHARACTERS ? text : `${text.slice(0, FILLED_CHARACTERS)}… (all of it: earlier, ${named})`
}

/** In the order of the plan. */
export function inOrder<T extends { readonly id: string }>({ parts }: TaskPlan, some: readonly T[]): T[] {
  return parts.flatMap(({ id }) => some.filter((one) => one.id === id))
}

/** Of what a part is told, but for the lead's brief: under a lead everything is done anew. */
export function inputSha256(assignment: PartAssignment, { isLed }: Pick<LayerState, 'isLed'>): string {
  return sha256(canonicalJson({ ...assignment, brief: '', isLed } as unknown as Json))
}

/** To the next layer with something to do: what is done already with the same input stands, and is not done again. */
export function advance(
  planned: Planned,
  state: LayerState,
): { readonly state: LayerState; readonly reused: string[] } {
  const settled = [...state.settled]
  const reused: string[] = []
  const layers = [...state.layers]
  for (let layer = layers.shift(); layer !== undefined; layer = layers.shift()) {
    const now = { ...state, settled: [...settled] }
    const next = layer.filter((id) => {
      const kept = state.results.find((one) => one.id === id)
      if (kept?.inputSha256 !== inputSha256(assignmentOf(planned, now, id), state)) return true
      settled.push(id)
      reused.push(id)
      return false
    })
    if (next.length === 0) continue
    const todo = next.map((id) => ({ id, agent: partOf(planned.plan, id).agent }))
    return { state: { ...state, settled, layers, next: todo, isOver: false }, reused }
  }
  return { state: { ...state, settled, layers: [], next: [], isOver: true }, reused }
}
