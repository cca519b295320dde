/** The lineage of a run's data as a graph to draw. What does not fit a picture is put together; JSON has it all. */
import type { Lineage, LineageEdge, LineageNode } from '../audit/explain/lineage.ts'
import { UNTRUSTED } from '../schema/label.ts'
import type { Graph, GraphNode } from '../workflow/graph.ts'
import { plural, printable } from './format.ts'
import { visible } from './visible-text.ts'

/** More steps than these are drawn by kind, the numbers of items and rounds apart. */
const MOST_STEPS = 40
/** More sources than these are drawn as one box for each tool that read them. */
const MOST_SOURCES = 24
/** Sources that such a box names. */
const NAMED = 3
const HASH_DIGITS = 12
/** Of a uri, from its end. */
const LABEL_CHARACTERS = 56

export function lineageGraph(lineage: Lineage): Graph {
  const steps = lineage.nodes.filter(({ kind }) => kind === 'step').length
  const byKind = steps > MOST_STEPS ? merged(lineage, kindOf) : lineage
  const sources = byKind.nodes.filter(({ kind }) => kind === 'source').length
  const { runId, nodes, edges } = sources > MOST_SOURCES ? withFewSources(byKind) : byKind
  return {
    title: `data of run ${runId}`,
    nodes: nodes.map(drawn),
    clusters: [],
    edges: once(edges).map(({ from, to, how }) => ({
      from,
      to,
      ...((how === 'message' || how === 'state') && { label: how }),
      ...(how === 'order' && { faint: true as const }),
    })),
  }
}

function drawn(node: LineageNode): GraphNode {
  const { id, kind, label, labels } = node
  const shown = printable(visible(label)).replaceAll(/\s+/g, ' ')
  const short = shown.length <= LABEL_CHARACTERS ? shown : `…${shown.slice(1 - LABEL_CHARACTERS).toWellFormed()}`
  return { id, kind: colorOf(node), label: kind === 'step' ? shown : short, details: [...detailsOf(node), ...labels] }
}

function colorOf({ kind, labels }: LineageNode): GraphNode['kind'] {
  if (kind === 'input') return 'start'
  if (kind === 'output') return 'end'
  return kind !== 'effect' && labels.includes(UNTRUSTED) ? 'untrusted' : kind
}

function detailsOf({ kind, agent, status, calls, hashes }: LineageNode): string[] {
  const [hash, ...others] = hashes
  const sha256 =
    hash === undefined ? [] : [`${hash.slice(0, HASH_DIGITS)}${others.length > 0 ? ` and ${others.length} more` : ''}`]
  if (kind === 'step') return [agent ?? '', status ?? 'running', ...sha256].filter((line) => line !== '')
  return [...(calls === undefined ? [] : [plural(calls, 'call')]), ...sha256]
}

/** `wide:17/one` and `wide:18/one` are of one kind. */
function kindOf(id: string): string {
  return id.replaceAll(/([:=])\d+/g, '$1*')
}

function merged({ runId, nodes, edges }: Lineage, keyOf: (id: string) => string): Lineage {
  const isKept = new Set(nodes.filter(({ kind }) => kind === 'source').map(({ id }) => id))
  const key = (id: string) => (isKept.has(id) ? id : keyOf(id))
  const groups = Map.groupBy(nodes, ({ id }) => key(id))
  return {
    runId,
    nodes: [...groups].map(([id, members]) => together(id, members)),
    edges: once(edges.map((edge) => ({ ...edge, from: key(edge.from), to: key(edge.to) }))),
  }
}

function together(id: string, members: readonly LineageNode[]): LineageNode {
  const [first, ...others] = members
  if (first === undefined) throw new TypeError('a group has members')
  if (others.length === 0) return { ...first, id }
  const label = first.kind === 'step' ? `${kindOf(first.label)} (${members.length})` : first.label
  const all = <T>(of: (node: LineageNode) => readonly T[]) => [...new Set(members.flatMap(of))]
  const calls = members.reduce((sum, node) => sum + (node.calls ?? 0), 0)
  const status = all(({ status: one }) => [one ?? 'running']).join(', ')
  return {
    ...{ id, kind: first.kind, label, labels: all(({ labels }) => labels), hashes: all(({ hashes }) => hashes) },
    ...(first.agent !== undefined && { agent: all(({ agent }) => [agent ?? '']).join(', ') }),
    ...(first.kind === 'step' && { status }),
    ...(first.calls !== undefined && { calls }),
  }
}

function withFewSources({ runId, nodes, edges }: Lineage): Lineage {
  const sources = new Map(nodes.flatMap((node) => (node.kind === 'source' ? [[node.id, node] as const] : [])))
  const byReader = Map.groupBy(
    edges.filter(({ from }) => sources.has(from)),
    ({ to }) => to,
  )
  const boxes = [...byReader].map(([to, reads]) => {
    const read = reads.flatMap(({ from }) => sources.get(from) ?? [])
    const names = read.slice(0, NAMED).map(({ label }) => label.slice(label.lastIndexOf('/') + 1))
    const label = `${plural(read.length, 'source')}: ${names.join(', ')}${read.length > NAMED ? ', …' : ''}`
    const node = together(`sources of ${to}`, read)
    return { node: { ...node, label }, edge: { from: node.id, to, how: 'read' as const } }
  })
  return {
    runId,
    nodes: [...boxes.map(({ node }) => node), ...nodes.filter(({ kind }) => kind !== 'source')],
    edges: [...boxes.map(({ edge }) => edge), ...edges.filter(({ from }) => !sources.has(from))],
  }
}

function once(edges: readonly LineageEdge[]): readonly LineageEdge[] {
  const apart = edges.filter(({ from, to }) => from !== to)
  return [...new Map(apart.map((edge) => [`${edge.from}\n${edge.to}`, edge])).values()]
}
