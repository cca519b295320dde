import { describe, expect, it } from 'vitest'
import type { Graph } from '../../../src/topology/graph.ts'
import { layersOf, measure } from '../../../src/topology/metrics.ts'
import { route } from '../../../src/topology/route.ts'
import { graphOf, randomGraph, seeded } from './graphs.ts'

/** Parts that come behind each, by walking. */
function behind({ parts, edges }: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { id } of parts) {
    const reached = new Set<string>()
    const walk = (from: string): void => {
      for (const edge of edges) {
        if (edge.from !== from || reached.has(edge.to)) continue
        reached.add(edge.to)
        walk(edge.to)
      }
    }
    walk(id)
    found.set(id, reached)
  }
  return found
}

/** Every subset of the parts tried. */
function widthByForce(graph: Graph): number {
  const ids = graph.parts.map(({ id }) => id)
  const reached = behind(graph)
  const related = ids.map((one) =>
    ids.reduce((bits, other, index) => (reached.get(one)?.has(other) ? bits | (1 << index) : bits), 0),
  )
  let most = 0
  for (let subset = 1; subset < 1 << ids.length; subset += 1) {
    const chosen = ids.flatMap((_, index) => (subset & (1 << index) ? [index] : []))
    if (chosen.every((index) => ((related[index] ?? 0) & subset) === 0)) most = Math.max(most, chosen.length)
  }
  return most
}

/** Every path tried. */
function heaviestByForce({ parts, edges }: Graph): number {
  const weights = new Map(parts.map(({ id, weight }) => [id, weight]))
  const from = (id: string): number => {
    const rest = edges.filter((edge) => edge.from === id).map(({ to }) => from(to))
    return (weights.get(id) ?? 0) + Math.max(0, ...rest)
  }
  return Math.max(...parts.map(({ id }) => from(id)))
}

describe('what is measured of a graph', () => {
  it('is what trying everything gives: 1,500 random graphs', () => {
    const random = seeded(2)
    let wider = 0
    for (let run = 0; run < 1_500; run += 1) {
      const graph = randomGraph(random, 1 + Math.floor(random() * 9), random() ** 2)
      const { width, layerWidth, heaviest, depth } = measure(graph)
      expect(width).toBe(widthByForce(graph))
      expect(heaviest).toBe(heaviestByForce(graph))
      expect(layerWidth).toBeLessThanOrEqual(width)
      if (layerWidth < width) wider += 1
      const unit = { ...graph, parts: graph.parts.map(({ id }) => ({ id, weight: 1 })) }
      expect(depth).toBe(heaviestByForce(unit))
      const layers = layersOf(graph)
      expect(layers).toHaveLength(depth)
      const layer = new Map(layers.flatMap((ids, index) => ids.map((id) => [id, index] as const)))
      expect(graph.edges.every(({ from, to }) => (layer.get(from) ?? 0) < (layer.get(to) ?? 0))).toBe(true)
    }
    expect(wider).toBeGreaterThan(50)
  })

  it('holds beyond one word of bits', () => {
    const ids = Array.from({ length: 200 }, (_, index) => `p${index}`)
    const rows = Array.from({ length: 20 }, (_, row) => ids.slice(10 * row, 10 * row + 10))
    const edges = rows
      .slice(1)
      .flatMap((to, row) =>
        to.flatMap((end) => (rows[row] ?? []).map((from) => ({ from, to: end, coupling: 'weak' as const }))),
      )
    const parts = ids.map((id) => ({ id, weight: 2 }))
    expect(measure({ parts, edges })).toMatchObject({ width: 10, layerWidth: 10, depth: 20, heaviest: 40 })
    expect(measure({ parts, edges: [] }).width).toBe(200)
    const chain = ids.slice(1).map((to, index) => ({ from: ids[index] ?? '', to, coupling: 'strong' as const }))
    expect(measure({ parts, edges: chain })).toMatchObject({ width: 1, depth: 200 })
  })

  it('keeps the order given within a layer', () => {
    expect(layersOf(graphOf('d c b a', 'ca 1, db 1'))).toEqual([
      ['d', 'c'],
      ['b', 'a'],
    ])
  })

  it('routes 200 parts in less than 5 ms, 99 times of 100', () => {
    const random = seeded(3)
    const graphs = Array.from({ length: 100 }, () => randomGraph(random, 200, random() ** 3))
    const options = { mode: 'strict', width: 'exact' } as const
    for (const graph of graphs.slice(0, 50)) route(graph, options)
    // The processor's time, as the machine may be busy with something else; ten at once, as it comes in ticks of 4 ms.
    const times = graphs.map((graph) => {
      const before = process.threadCpuUsage()
      for (let time = 0; time < 10; time += 1) route(graph, options)
      const { user, system } = process.threadCpuUsage(before)
      return (user + system) / 10_000
    })
    expect(times.toSorted((one, other) => one - other)[98]).toBeLessThan(5)
  })
})
