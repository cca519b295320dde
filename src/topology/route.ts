/**
 * Which shape a graph is run in. AdaptOrch (arXiv 2602.16873), algorithm 1, by its lines:
 *
 *     1  measure ω, δ, γ
 *     2  r = ω / |V|
 *     3  if |E| = 0
 *     4      parallel
 *     5  else if ω = 1
 *     6      sequential
 *     7  else if γ > .6 and |V| > 5
 *     8      hierarchical
 *     9  else if r > .5 and γ ≤ .6
 *    10      parallel
 *    11  else
 *    12      hybrid, by topological layers
 *
 * Line 10 lets a part run beside one whose output it needs. `paper` keeps that; `strict` takes line 10 only where no edge
 * is strong or critical, and is hybrid otherwise.
 */
import { COUPLING_WEIGHT } from '../schema/task-plan.ts'
import { type Graph, indexGraph } from './graph.ts'
import { layersIndexed, type Metrics, measureIndexed } from './metrics.ts'

export type Topology = 'parallel' | 'sequential' | 'hierarchical' | 'hybrid'

export interface Thresholds {
  /** Width over parts, above which parts run side by side. */
  readonly ratio: number
  /** Coupling above which a lead is needed. */
  readonly coupling: number
  /** Parts above which a lead is worth its cost. */
  readonly parts: number
}

export const THRESHOLDS: Thresholds = { ratio: 0.5, coupling: 0.6, parts: 5 }

export interface RouteOptions {
  readonly mode: 'strict' | 'paper'
  /** `layers`: the largest layer stands in for the exact width. */
  readonly width: 'exact' | 'layers'
  readonly thresholds?: Partial<Thresholds>
  /** In place of the graph's own, where answers did not agree: 0 to 1. */
  readonly coupling?: number
}

export interface Route {
  readonly topology: Topology
  /** Of algorithm 1, as written above. */
  readonly line: number
  readonly reason: string
  /** Of the graph itself: a raised coupling is not in it. */
  readonly metrics: Metrics
  /** What runs together, in order: one layer where parallel, one part each where sequential. */
  readonly layers: string[][]
}

/** @throws InvalidRequest where the graph has no parts, an unknown end or a cycle. */
export function route(graph: Graph, options: RouteOptions): Route {
  const indexed = indexGraph(graph)
  const metrics = measureIndexed(graph, indexed)
  const layers = layersIndexed(graph, indexed)
  const taken = lineOf(graph, metrics, options)
  return { ...taken, metrics, layers: layersFor(taken.topology, graph, layers) }
}

type Taken = Pick<Route, 'topology' | 'line' | 'reason'>

function lineOf(graph: Graph, metrics: Metrics, { mode, width, thresholds, coupling }: RouteOptions): Taken {
  const { parts, edges } = metrics
  const limits = { ...THRESHOLDS, ...thresholds }
  const omega = width === 'exact' ? metrics.width : metrics.layerWidth
  const gamma = coupling ?? metrics.coupling
  const ratio = omega / parts
  if (edges === 0) return { topology: 'parallel', line: 4, reason: 'no part needs another' }
  if (omega === 1) return { topology: 'sequential', line: 6, reason: 'each part needs the one before it' }
  if (gamma > limits.coupling && parts > limits.parts) {
    const why = `coupling ${rounded(gamma)} is above ${limits.coupling}, and ${parts} parts are more than ${limits.parts}`
    return { topology: 'hierarchical', line: 8, reason: why }
  }
  if (ratio > limits.ratio && gamma <= limits.coupling) {
    const why = `${omega} of ${parts} parts need none of each other, and coupling ${rounded(gamma)} is not above ${limits.coupling}`
    if (mode === 'paper' || !graph.edges.some(isClose)) return { topology: 'parallel', line: 10, reason: why }
    return { topology: 'hybrid', line: 12, reason: `${why}, but an edge is strong or critical` }
  }
  const why =
    ratio > limits.ratio
      ? `coupling ${rounded(gamma)} is above ${limits.coupling}, with no more than ${limits.parts} parts`
      : `only ${omega} of ${parts} parts need none of each other`
  return { topology: 'hybrid', line: 12, reason: why }
}

function isClose({ coupling }: Graph['edges'][number]): boolean {
  return COUPLING_WEIGHT[coupling] > COUPLING_WEIGHT.weak
}

function layersFor(topology: Topology, { parts }: Graph, layers: string[][]): string[][] {
  if (topology === 'parallel') return [parts.map(({ id }) => id)]
  return topology === 'sequential' ? layers.flat().map((id) => [id]) : layers
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
