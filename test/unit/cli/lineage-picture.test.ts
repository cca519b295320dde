import { expect, it } from 'vitest'
import type { Lineage, LineageNode } from '../../../src/audit/explain/lineage.ts'
import { lineageGraph } from '../../../src/cli/lineage-picture.ts'
import { svgOf } from '../../../src/workflow/svg.ts'

const base = { labels: [], hashes: ['a'.repeat(64)] } as const
function wide(steps: number, sources: number): Lineage {
  const ids = Array.from({ length: steps }, (_, index) => `each:${index}/work`)
  const uris = Array.from({ length: sources }, (_, index) => `file:///docs/${index}.md`)
  return {
    runId: 'run-1',
    nodes: [
      ...ids.map(
        (id): LineageNode => ({ ...base, id, kind: 'step', label: id, agent: 'worker@1.0.0', status: 'completed' }),
      ),
      ...ids.map((id): LineageNode => ({ ...base, id: `tool read ${id}`, kind: 'tool', label: 'read', calls: 2 })),
      ...uris.map((uri): LineageNode => ({ ...base, id: `source ${uri}`, kind: 'source', label: uri })),
    ],
    edges: [
      ...ids.flatMap((id) =>
        uris.map((uri) => ({ from: `source ${uri}`, to: `tool read ${id}`, how: 'read' as const })),
      ),
      ...ids.map((id) => ({ from: `tool read ${id}`, to: id, how: 'read' as const })),
    ],
  }
}

it('draws every step and source of a small run', () => {
  const { nodes, edges } = lineageGraph(wide(2, 3))
  expect(nodes.map(({ label }) => label)).toEqual([
    ...['each:0/work', 'each:1/work', 'read', 'read'],
    ...['file:///docs/0.md', 'file:///docs/1.md', 'file:///docs/2.md'],
  ])
  expect(edges).toHaveLength(2 * 3 + 2)
})

it('puts together what would fit no picture, and says how much it is', () => {
  const { nodes, edges } = lineageGraph(wide(500, 60))
  expect(nodes.map(({ label, details }) => [label, ...details])).toEqual([
    ['60 sources: 0.md, 1.md, 2.md, …', 'aaaaaaaaaaaa'],
    ['each:*/work (500)', 'worker@1.0.0', 'completed', 'aaaaaaaaaaaa'],
    ['read', '1000 calls', 'aaaaaaaaaaaa'],
  ])
  expect(edges).toHaveLength(2)
})

it('draws what strangers named without obeying it', () => {
  const hostile = `</text><script>alert(1)</script>\u001b[2J\u202E\u200B\uD800${'x'.repeat(1_000_000)}`
  const node: LineageNode = { ...base, id: `source ${hostile}`, kind: 'source', label: hostile, labels: ['untrusted'] }
  const short: LineageNode = { ...node, id: 'source short', label: hostile.slice(0, 40) }
  const svg = svgOf(lineageGraph({ runId: 'run-1', nodes: [node, short], edges: [] }))
  for (const text of ['<script', '\u001b', '\u202E', '\u200B']) expect(svg).not.toContain(text)
  expect(svg.isWellFormed()).toBe(true)
  expect(svg).toContain('\\u{200b}')
  expect(svg.length).toBeLessThan(10_000)
})
