/** What the shape of a graph says about how to run it. AdaptOrch (arXiv 2602.16873), section 3 and equation 4. */
import { COUPLING_WEIGHT } from '../schema/task-plan.ts'
import { largestAntichain } from './antichain.ts'
import { type Graph, type IndexedGraph, indexGraph } from './graph.ts'

export interface Metrics {
  readonly parts: number
  readonly edges: number
  /** The most parts of which none needs another (ω). */
  readonly width: number
  /** Parts of the largest layer; at most `width`. */
  readonly layerWidth: number
  /** Parts on the longest path: as many as there are layers. */
  readonly depth: number
  /** Weight of the heaviest path (δ). */
  readonly heaviest: number
  /** Mean weight of the edges' couplings (γ), 0 to 1; 0 without edges. */
  readonly coupling: number
  /** `width` over `parts`. */
  readonly ratio: number
}

/** @throws InvalidRequest where the graph has no parts, an unknown end or a cycle. */
export function measure(graph: Graph): Metrics {
  return measureIndexed(graph, indexGraph(graph))
}

/** Parts by the longest way to them: each layer needs only earlier ones. In the order given within one. */
export function layersOf(graph: Graph): string[][] {
  return layersIndexed(graph, indexGraph(graph))
}

export function measureIndexed(graph: Graph, indexed: IndexedGraph): Metrics {
  const layers = layersIndexed(graph, indexed)
  const width = largestAntichain(indexed)
  return {
    parts: graph.parts.length,
    edges: graph.edges.length,
    width,
    layerWidth: Math.max(...layers.map(({ length }) => length)),
    depth: layers.length,
    heaviest: heaviestPath(graph, indexed),
    coupling: meanCoupling(graph),
    ratio: width / graph.parts.length,
  }
}

export function layersIndexed({ parts }: Graph, { order, level }: IndexedGraph): string[][] {
  const layers: string[][] = []
  for (const part of order) {
    const layer = level[part] ?? 0
    layers[layer] ??= []
    layers[layer].push(parts[part]?.id ?? '')
  }
  return layers
}

function heaviestPath({ parts }: Graph, { after, order }: IndexedGraph): number {
  const before = parts.map(() => 0)
  let heaviest = 0
  for (const part of order) {
    const here = (before[part] ?? 0) + (parts[part]?.weight ?? 0)
    heaviest = Math.max(heaviest, here)
    for (const next of after[part] ?? []) before[next] = Math.max(before[next] ?? 0, here)
  }
  return heaviest
}

/** Summed in whole tenths, so that a mean of exactly .6 is not a bit above .6. */
function meanCoupling({ edges }: Graph): number {
  if (edges.length === 0) return 0
  const tenths = edges.reduce((sum, { coupling }) => sum + Math.round(COUPLING_WEIGHT[coupling] * 10), 0)
  return tenths / (10 * edges.length)
}
