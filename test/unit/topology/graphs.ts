/** Graphs for tests: written short, or drawn from a seed. */
import type { Coupling } from '../../../src/schema/task-plan.ts'
import type { Graph } from '../../../src/topology/graph.ts'

const COUPLINGS: Readonly<Record<string, Coupling>> = { '0': 'none', '.3': 'weak', '.7': 'strong', '1': 'critical' }

/** Parts by letters, edges as `ab .7`. */
export function graphOf(parts: string, edges = ''): Graph {
  return {
    parts: parts.split(' ').map((id) => ({ id, weight: 1 })),
    edges: edges
      .split(',')
      .map((edge) => edge.trim())
      .filter((edge) => edge !== '')
      .map((edge) => {
        const [pair = '', coupling = ''] = edge.split(' ')
        return { from: pair[0] ?? '', to: pair[1] ?? '', coupling: COUPLINGS[coupling] ?? 'none' }
      }),
  }
}

/** From 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** @param density Of all possible edges, how many are there: 0 to 1. */
export function randomGraph(random: () => number, size: number, density: number): Graph {
  const names = Object.values(COUPLINGS)
  const parts = Array.from({ length: size }, (_, index) => ({ id: `p${index}`, weight: 1 + Math.floor(random() * 9) }))
  const edges = parts.flatMap(({ id: from }, start) =>
    parts
      .slice(start + 1)
      .filter(() => random() < density)
      .map(({ id: to }) => ({ from, to, coupling: names[Math.floor(random() * names.length)] ?? 'none' })),
  )
  // Given in another order than the one they can run in.
  return { parts: parts.toSorted(() => random() - 0.5), edges }
}
