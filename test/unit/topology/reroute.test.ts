import { describe, expect, it } from 'vitest'
import type { Graph } from '../../../src/topology/graph.ts'
import { measure } from '../../../src/topology/metrics.ts'
import { MOST_REROUTES, raised, reroute } from '../../../src/topology/reroute.ts'
import { type RouteOptions, route } from '../../../src/topology/route.ts'
import { graphOf, randomGraph, seeded } from './graphs.ts'

const OPTIONS: RouteOptions[] = (['strict', 'paper'] as const).flatMap((mode) =>
  (['exact', 'layers'] as const).map((width) => ({ mode, width })),
)

/** Shapes run one after the other where no answer ever agrees. */
function neverAgreeing(graph: Graph, options: RouteOptions): string[] {
  const run = [route(graph, options).topology as string]
  let before = { round: 0, coupling: measure(graph).coupling }
  // One more than there may be, so that too many would show.
  for (let round = 0; round <= MOST_REROUTES; round += 1) {
    const next = reroute(graph, before, options)
    if ('forced' in next) return [...run, next.forced]
    expect(next.round).toBeGreaterThan(before.round)
    expect(next.coupling).toBeGreaterThan(before.coupling)
    run.push(next.route.topology)
    before = next
  }
  throw new Error(`never ended: ${run.join(', ')}`)
}

describe('routing again', () => {
  it('ends within five, for every number of parts, whatever their edges', () => {
    const random = seeded(4)
    const lengths = new Set<number>()
    for (let size = 1; size <= 12; size += 1) {
      for (let run = 0; run < 200; run += 1) {
        const graph = randomGraph(random, size, random() ** 2)
        for (const options of OPTIONS) {
          const ran = neverAgreeing(graph, options)
          lengths.add(ran.length)
          expect(ran.length - 2).toBeLessThanOrEqual(MOST_REROUTES)
          expect(ran.slice(1).every((shape, index) => shape !== ran[index])).toBe(true)
        }
      }
    }
    expect(lengths.size).toBeGreaterThan(1)
  })

  it.each([
    ['no edges', graphOf('a b c d e f g')],
    ['a chain', graphOf('a b c d e f g', 'ab .3, bc .3, cd .3, de .3, ef .3, fg .3')],
    ['three parts', graphOf('a b c', 'ac .7, bc .7')],
  ])('is forced to an end at once where no coupling gives another shape: %s', (_, graph) => {
    for (const options of OPTIONS) {
      expect(neverAgreeing(graph, options)).toEqual([
        expect.any(String),
        expect.stringMatching(/^no higher coupling gives another shape than /),
      ])
    }
  })

  it('counts the raises that it passes over', () => {
    const graph = graphOf('r a b c d e', 'ra .3, rb .3, rc .3, rd .3, re .3')
    const next = reroute(graph, { round: 0, coupling: 0.3 }, { mode: 'strict', width: 'exact' })
    expect(next).toMatchObject({ round: 2, coupling: 0.7, route: { topology: 'hierarchical' } })
    expect(reroute(graph, { round: 4, coupling: 0.3 }, { mode: 'strict', width: 'exact' })).toHaveProperty('forced')
    expect(reroute(graph, { round: 5, coupling: 0.5 }, { mode: 'strict', width: 'exact' })).toEqual({
      forced: '5 re-routes are used up',
    })
  })

  // AdaptOrch's bound ⌈(1 − γ) / .2⌉ on raises, which holds for the raises and not for the shapes.
  it.each([
    [0, 5],
    [0.3, 4],
    [0.45, 3],
    [0.6, 2],
    [0.7, 2],
  ])('from %d there are %d raises up to 1', (start, raises) => {
    let coupling = start
    let count = 0
    for (; coupling < 1 && count < 10; count += 1) coupling = raised(coupling)
    expect([count, coupling]).toEqual([raises, 1])
  })

  it('raises .4 to exactly .6, which is not above the threshold', () => {
    expect([raised(0.2), raised(raised(0.2)), raised(0.95)]).toEqual([0.4, 0.6, 1])
  })
})
