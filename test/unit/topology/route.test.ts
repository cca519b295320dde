import { describe, expect, it } from 'vitest'
import { InvalidRequest } from '../../../src/errors.ts'
import { COUPLING_WEIGHT } from '../../../src/schema/task-plan.ts'
import { measure } from '../../../src/topology/metrics.ts'
import { route, type Topology } from '../../../src/topology/route.ts'
import { graphOf, randomGraph, seeded } from './graphs.ts'

const LETTER: Readonly<Record<Topology, string>> = { parallel: 'P', sequential: 'S', hierarchical: 'H', hybrid: 'X' }
const TICKET = graphOf('1 2 3 4 5 6', '23 .7, 34 1, 25 .7, 45 .7, 16 .3')

const shapes = (graph: ReturnType<typeof graphOf>) =>
  (['strict', 'paper'] as const).flatMap((mode) =>
    (['exact', 'layers'] as const).map((width) => LETTER[route(graph, { mode, width }).topology]),
  )

describe('the shape that a graph is run in', () => {
  // Columns: strict exact, strict layers, paper exact, paper layers.
  it.each([
    ['one part', graphOf('a'), [1, 1, 1, 0, 1], 'PPPP', 4],
    ['four parts without edges', graphOf('a b c d'), [4, 4, 1, 0, 1], 'PPPP', 4],
    ['a chain', graphOf('a b c d', 'ab .7, bc .7, cd .7'), [1, 1, 4, 0.7, 0.25], 'SSSS', 6],
    ['a diamond', graphOf('a b c d', 'ab .3, ac .3, bd .7, cd .7'), [2, 2, 3, 0.5, 0.5], 'XXXX', 12],
    ['a weak fan-out', graphOf('r a b c d', 'ra .3, rb .3, rc .3, rd .3'), [4, 4, 2, 0.3, 0.8], 'PPPP', 10],
    ['a critical fan-out to four', graphOf('r a b c d', 'ra 1, rb 1, rc 1, rd 1'), [4, 4, 2, 1, 0.8], 'XXXX', 12],
    [
      'a strong fan-out to five',
      graphOf('r a b c d e', 'ra .7, rb .7, rc .7, rd .7, re .7'),
      [5, 5, 2, 0.7, 5 / 6],
      'HHHH',
      8,
    ],
    ['a width that no layer has', graphOf('a b c d', 'ac .3, ad .3'), [3, 2, 2, 0.3, 0.75], 'PXPX', 10],
    ['a ticket', TICKET, [2, 2, 4, 0.68, 2 / 6], 'HHHH', 8],
  ] as const)('%s', (_, graph, [width, layerWidth, heaviest, coupling, ratio], letters, line) => {
    expect(measure(graph)).toMatchObject({ width, layerWidth, heaviest, coupling, ratio })
    expect(shapes(graph).join('')).toBe(letters)
    expect(route(graph, { mode: 'strict', width: 'exact' })).toMatchObject({ line })
  })

  it('runs one end of a strong edge beside the other only as the paper has it', () => {
    const graph = graphOf('r a b c d', 'ra .3, rb .3, rc .3, rd .7')
    expect(shapes(graph).join('')).toBe('XXPP')
    expect(route(graph, { mode: 'strict', width: 'exact' }).reason).toContain('an edge is strong or critical')
    expect(route(graph, { mode: 'paper', width: 'exact' }).layers).toEqual([['r', 'a', 'b', 'c', 'd']])
  })

  it('does not take a mean of exactly the threshold for one above it', () => {
    for (const edges of ['ac .7, ad .7, ae .7, bf .3', 'ac .3, ad .7, ae .7, bf .7', 'ac .7, ad .3, ae .7, bf .7']) {
      const graph = graphOf('a b c d e f', edges)
      expect(measure(graph).coupling).toBe(0.6)
      expect(route(graph, { mode: 'paper', width: 'exact' }).line).toBe(10)
    }
  })

  it('runs what it measured under thresholds of your own', () => {
    const options = { mode: 'strict', width: 'exact' } as const
    expect(route(TICKET, { ...options, thresholds: { parts: 6 } }).topology).toBe('hybrid')
    expect(route(TICKET, { ...options, thresholds: { coupling: 0.7 } }).topology).toBe('hybrid')
    expect(route(TICKET, { ...options, coupling: 0.3 }).metrics.coupling).toBe(0.68)
  })

  it.each([
    ['no parts', { parts: [], edges: [] }],
    ['a cycle', graphOf('a b c', 'ab 1, bc 1, ca 1')],
    ['a self-loop', graphOf('a b', 'aa 1')],
    ['an unknown end', graphOf('a b', 'ax 1')],
    ['a repeated id', graphOf('a a')],
  ])('refuses %s', (_, graph) => {
    expect(() => route(graph, { mode: 'strict', width: 'exact' })).toThrow(InvalidRequest)
  })

  it('never overlaps two ends of a strong or critical edge when strict: 10,000 random graphs', () => {
    const random = seeded(1)
    const seen = { parallel: 0, sequential: 0, hierarchical: 0, hybrid: 0 }
    let overlapsOnPaper = 0
    for (let run = 0; run < 10_000; run += 1) {
      const graph = randomGraph(random, 1 + Math.floor(random() * 14), random() ** 2)
      for (const mode of ['strict', 'paper'] as const) {
        const { topology, layers } = route(graph, { mode, width: run % 2 === 0 ? 'exact' : 'layers' })
        if (mode === 'strict') seen[topology] += 1
        expect(layers.flat().toSorted()).toEqual(graph.parts.map(({ id }) => id).toSorted())
        const layer = new Map(layers.flatMap((ids, index) => ids.map((id) => [id, index] as const)))
        const wrong = graph.edges.filter(({ from, to, coupling }) => {
          const [start = 0, end = 0] = [layer.get(from), layer.get(to)]
          return COUPLING_WEIGHT[coupling] > 0.3 ? start >= end : topology !== 'parallel' && start >= end
        })
        if (mode === 'strict') expect(wrong).toEqual([])
        else overlapsOnPaper += wrong.length
      }
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100)
    expect(overlapsOnPaper).toBeGreaterThan(100)
  })
})
