/** A graph as an SVG picture that stands alone: no script, no font or style from outside. Layout by dagre. */
import { graphlib, layout } from '@dagrejs/dagre'
import type { Graph, GraphCluster, GraphNode } from './graph.ts'

const FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif'
const LABEL_PX = 14
const DETAIL_PX = 12
const LINE_PX = 17
const MARGIN_PX = 24
const TITLE_PX = 44
const EDGE_MARGIN_PX = 8
const MAX_CHARACTERS = 60

const FILL: Readonly<Record<GraphNode['kind'], readonly [fill: string, stroke: string]>> = {
  start: ['#f2f2f0', '#8a8a84'],
  end: ['#f2f2f0', '#8a8a84'],
  step: ['#e8f0fe', '#3b6fc4'],
  workflow: ['#efe8fb', '#7a4fc0'],
  wait: ['#fdf3dc', '#b98a1c'],
  choose: ['#fdeae3', '#c2603a'],
  parallel: ['#e5f3ec', '#3d8f6a'],
  forEach: ['#e3ebf7', '#3b6fc4'],
  repeat: ['#f7e6f0', '#a3477f'],
  approve: ['#fff6d6', '#a07a00'],
  person: ['#fff6d6', '#a07a00'],
  compensate: ['#f9e4e4', '#b04646'],
  rule: ['#eef0e4', '#6f7a3a'],
  pattern: ['#eceff3', '#54606e'],
  source: ['#f4f1e8', '#8c7f5a'],
  untrusted: ['#fbe3e3', '#c23b3b'],
  tool: ['#e5f3ec', '#3d8f6a'],
  effect: ['#fdeae3', '#c2603a'],
}
const CLUSTER: Readonly<Record<GraphCluster['kind'], string>> = {
  parallel: '#3d8f6a',
  forEach: '#3b6fc4',
  repeat: '#a3477f',
  compensate: '#b04646',
  pattern: '#54606e',
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
interface Point {
  readonly x: number
  readonly y: number
}

export function svgOf(graph: Graph): string {
  const placed = place(graph)
  const width = Math.ceil(Math.max(placed.width, textWidth(graph.title, 18)) + 2 * MARGIN_PX)
  const height = Math.ceil(placed.height + 2 * MARGIN_PX + TITLE_PX)
  const parts = [
    ...depthFirst(graph.clusters).map((cluster) => clusterSvg(cluster, placed.boxes.get(cluster.id))),
    ...placed.edges.map(edgeSvg),
    ...graph.nodes.map((node) => nodeSvg(node, placed.boxes.get(node.id))),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${escapeXml(FONT)}">
<title>${escapeXml(graph.title)}</title>
<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="#555"/></marker></defs>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${MARGIN_PX}" y="${MARGIN_PX + 14}" font-size="18" font-weight="600" fill="#222">${escapeXml(graph.title)}</text>
<g transform="translate(${MARGIN_PX} ${MARGIN_PX + TITLE_PX})">
${parts.join('\n')}
</g>
</svg>
`
}

interface DrawnEdge {
  readonly points: readonly Point[]
  readonly label: string
  readonly back: boolean
  readonly faint: boolean
}

interface Placed {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyMap<string, Box>
  readonly edges: readonly DrawnEdge[]
}

function place(graph: Graph): Placed {
  const drawing = new graphlib.Graph({ compound: true, multigraph: true })
  drawing.setGraph({ rankdir: 'TB', nodesep: 36, ranksep: 36, marginx: 8, marginy: 8 })
  for (const node of graph.nodes) drawing.setNode(node.id, { ...sizeOf(node), label: node.label })
  for (const { id } of graph.clusters) drawing.setNode(id, { width: 0, height: 0 })
  for (const { id, within } of [...graph.clusters, ...graph.nodes])
    if (within !== undefined) drawing.setParent(id, within)
  graph.edges.forEach((edge, index) => {
    const label =
      edge.label === undefined
        ? {}
        : { width: textWidth(shorten(edge.label), DETAIL_PX), height: LINE_PX, labelpos: 'c' }
    drawing.setEdge(edge.from, edge.to, { ...label, minlen: 1 }, String(index))
  })
  layout(drawing)
  const boxes = new Map<string, Box>()
  for (const { id } of [...graph.nodes, ...graph.clusters]) boxes.set(id, boxIn(drawing.node(id)))
  const edges = graph.edges.map((edge, index) => {
    const route: unknown = drawing.edge({ v: edge.from, w: edge.to, name: String(index) })
    const { points } = route as { readonly points: readonly Point[] }
    const label = edge.label === undefined ? '' : shorten(edge.label)
    return { points, label, back: edge.back === true, faint: edge.faint === true }
  })
  const { width = 0, height = 0 } = drawing.graph() as { readonly width?: number; readonly height?: number }
  // An edge may run outside of all boxes.
  const right = edges.flatMap(({ points }) => points.map(({ x }) => x + EDGE_MARGIN_PX))
  return { width: right.reduce((most, x) => Math.max(most, x), width), height, boxes, edges }
}

function boxIn(node: unknown): Box {
  const { x, y, width, height } = node as Box
  return { x, y, width, height }
}

function sizeOf(node: GraphNode): { readonly width: number; readonly height: number } {
  const texts = [textWidth(node.label, LABEL_PX), ...node.details.map((line) => textWidth(shorten(line), DETAIL_PX))]
  return { width: Math.max(70, ...texts) + 28, height: (1 + node.details.length) * LINE_PX + 16 }
}

/** Close enough for boxes: no font metrics without a font. */
function textWidth(text: string, px: number): number {
  return text.length * px * 0.6
}

function nodeSvg(node: GraphNode, box: Box | undefined): string {
  if (box === undefined) return ''
  const [fill, stroke] = FILL[node.kind]
  const [left, top] = [box.x - box.width / 2, box.y - box.height / 2]
  const radius = node.kind === 'start' || node.kind === 'end' ? box.height / 2 : 8
  const lines = node.details.map((line, index) => lineSvg(box.x, top + 22 + (index + 1) * LINE_PX, shorten(line)))
  const dash = node.kind === 'choose' ? ' stroke-dasharray="5 3"' : ''
  return `<g><title>${escapeXml([node.label, ...node.details].join('\n'))}</title><rect x="${round(left)}" y="${round(top)}" width="${round(box.width)}" height="${round(box.height)}" rx="${radius}" fill="${fill}" stroke="${stroke}" stroke-width="1.4"${dash}/>
<text x="${round(box.x)}" y="${round(top + 22)}" font-size="${LABEL_PX}" font-weight="600" text-anchor="middle" fill="#1b1b1b">${escapeXml(node.label)}</text>${lines.join('')}</g>`
}

function lineSvg(x: number, y: number, text: string): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${DETAIL_PX}" text-anchor="middle" fill="#4a4a4a">${escapeXml(text)}</text>`
}

function clusterSvg(cluster: GraphCluster, box: Box | undefined): string {
  if (box === undefined) return ''
  const color = CLUSTER[cluster.kind]
  const [left, top] = [box.x - box.width / 2, box.y - box.height / 2]
  return `<rect x="${round(left)}" y="${round(top)}" width="${round(box.width)}" height="${round(box.height)}" rx="10" fill="${color}" fill-opacity="0.06" stroke="${color}" stroke-dasharray="6 4"/>`
}

function edgeSvg(edge: DrawnEdge): string {
  const path = edge.points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join(' ')
  const plain = edge.faint ? 'stroke="#999" stroke-dasharray="2 4"' : 'stroke="#555"'
  const style = edge.back ? 'stroke="#a3477f" stroke-dasharray="4 3"' : plain
  const middle = edge.points[Math.floor(edge.points.length / 2)]
  const text = middle && edge.label !== '' ? labelSvg(middle, edge.label) : ''
  return `<path d="${path}" fill="none" ${style} stroke-width="1.3" stroke-linejoin="round" marker-end="url(#arrow)"/>${text}`
}

function labelSvg({ x, y }: Point, label: string): string {
  const width = textWidth(label, DETAIL_PX) + 8
  return `<rect x="${round(x - width / 2)}" y="${round(y - 9)}" width="${round(width)}" height="17" rx="4" fill="#ffffff" fill-opacity="0.92"/>${lineSvg(x, y + 4, label)}`
}

/** Outer clusters first, so that inner ones lie on top. */
function depthFirst(clusters: readonly GraphCluster[]): readonly GraphCluster[] {
  const depth = (cluster: GraphCluster): number => {
    const outer = clusters.find((one) => one.id === cluster.within)
    return outer === undefined ? 0 : 1 + depth(outer)
  }
  return clusters.toSorted((a, b) => depth(a) - depth(b))
}

function shorten(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1)}…`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeXml(text: string): string {
  // Control characters have no place in XML, not even escaped.
  const printable = [...text].filter((character) => character >= ' ' || character === '\n').join('')
  return printable.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
