/**
 * What is tried after answers that do not agree: the coupling is raised, and the graph routed again. AdaptOrch's own bound
 * does not hold where no coupling, however high, gives another shape (no edges, a chain, five parts or fewer), so the
 * rounds are counted here.
 */
import type { Graph } from './graph.ts'
import { type Route, type RouteOptions, route } from './route.ts'

/** Times that a graph is routed again at most. */
export const MOST_REROUTES = 5
/** By which the coupling is raised each time. */
export const COUPLING_STEP = 0.2

export interface Before {
  /** Re-routes used so far. */
  readonly round: number
  /** The coupling of the run that did not agree: the graph's own at first, 0 to 1. */
  readonly coupling: number
}

export interface Rerouted {
  /** Re-routes used, this one and those passed over with it. */
  readonly round: number
  readonly coupling: number
  readonly route: Route
}

export interface Forced {
  /** Why there is no other shape to try: what the arbiter said last has to stand. */
  readonly forced: string
}

/** A raise that gives the shape just run is passed over and counted: it would run the same again. */
export function reroute(graph: Graph, before: Before, options: Omit<RouteOptions, 'coupling'>): Rerouted | Forced {
  const { topology } = route(graph, { ...options, coupling: before.coupling })
  let { round, coupling } = before
  while (round < MOST_REROUTES && coupling < 1) {
    round += 1
    coupling = raised(coupling)
    const next = route(graph, { ...options, coupling })
    if (next.topology !== topology) return { round, coupling, route: next }
  }
  if (before.round >= MOST_REROUTES) return { forced: `${MOST_REROUTES} re-routes are used up` }
  return { forced: `no higher coupling gives another shape than ${topology}` }
}

/** To nine places, so that .4 and .2 are exactly .6. */
export function raised(coupling: number): number {
  return Math.min(1, Math.round((coupling + COUPLING_STEP) * 1e9) / 1e9)
}
