/** Parts of work and which of them need which others. Knows nothing of agents, or of what the parts are about. */
import { InvalidRequest } from '../errors.ts'
import type { Coupling } from '../schema/task-plan.ts'

export interface Edge {
  readonly from: string
  readonly to: string
  readonly coupling: Coupling
}

/** A task plan is one. */
export interface Graph {
  /** `weight`: estimated cost, above 0, in any unit that all parts share. */
  readonly parts: readonly { readonly id: string; readonly weight: number }[]
  readonly edges: readonly Edge[]
}

/** A graph by positions: parts keep the order in which they were given. */
export interface IndexedGraph {
  readonly after: readonly (readonly number[])[]
  /** Parts from the starts on: each one behind all that it needs; ties in the order given. */
  readonly order: readonly number[]
  /** Edges on the longest way from a start to each part. */
  readonly level: readonly number[]
}

/** @throws InvalidRequest where there are no parts, an id repeats, an edge has an end that is no part, or parts wait for each other. */
export function indexGraph({ parts, edges }: Graph): IndexedGraph {
  if (parts.length === 0) throw refused('has no parts')
  const position = new Map(parts.map(({ id }, index) => [id, index]))
  if (position.size < parts.length) throw refused('has two parts with one id')
  const after: number[][] = parts.map(() => [])
  const waitsFor = parts.map(() => 0)
  for (const { from, to } of edges) {
    const start = position.get(from)
    const end = position.get(to)
    if (start === undefined || end === undefined) throw refused(`has an edge ${from} → ${to}, which joins no two parts`)
    after[start]?.push(end)
    waitsFor[end] = (waitsFor[end] ?? 0) + 1
  }
  const level = parts.map(() => 0)
  const order = [...parts.keys()].filter((part) => waitsFor[part] === 0)
  for (let done = 0; done < order.length; done += 1) {
    const part = order[done] ?? 0
    for (const next of after[part] ?? []) {
      level[next] = Math.max(level[next] ?? 0, (level[part] ?? 0) + 1)
      waitsFor[next] = (waitsFor[next] ?? 0) - 1
      if (waitsFor[next] === 0) order.push(next)
    }
  }
  if (order.length < parts.length) throw refused('has parts that wait for each other')
  order.sort((one, other) => (level[one] ?? 0) - (level[other] ?? 0) || one - other)
  return { after, order, level }
}

function refused(what: string): InvalidRequest {
  return new InvalidRequest({
    message: `The graph ${what}`,
    next: 'Check a plan with checkTaskPlan before it is measured or routed.',
  })
}
