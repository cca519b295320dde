/** The rules of a plan, each by trying everything: slow, and written without the code that it checks. */
import type { TaskPlan } from '../../../src/schema/task-plan.ts'
import type { Envelope } from '../../../src/topology/check-plan.ts'

export function isAllowed({ parts, edges }: TaskPlan, envelope: Envelope, sinks: 'one' | 'any'): boolean {
  const ids = parts.map(({ id }) => id)
  if (ids.length < 1 || ids.length > envelope.parts) return false
  if (!ids.every((id) => id.length <= 40 && /^[a-z]$/i.test(id[0] ?? '') && !/[^a-z0-9_-]/i.test(id))) return false
  if (new Set(ids).size !== ids.length) return false
  if (!parts.every(({ agent }) => new Set(envelope.agents).has(agent))) return false
  if (ids.length > 1 && parts.some(({ objective }) => objective.replace(/\s/g, '') === '')) return false

  const pairs = edges.map(({ from, to }) => `${from} ${to}`)
  if (new Set(pairs).size !== pairs.length) return false
  if (!edges.every(({ from, to }) => ids.includes(from) && ids.includes(to) && from !== to)) return false
  // An edge and its use, for every pair of ids there could be.
  for (const to of parts) {
    for (const from of ids) {
      if (to.objective.includes(`\${${from}}`) !== pairs.includes(`${from} ${to.id}`)) return false
    }
    const others = ids.reduce((text, id) => text.replaceAll(`\${${id}}`, ''), to.objective)
    if (/\$\{[^{}]*\}/.test(others)) return false
  }

  const paths = allPaths(ids, edges)
  if (paths === undefined) return false
  if (Math.max(...paths.map((path) => path.length)) > envelope.depth) return false
  const joined = new Set(paths.flatMap((path) => path.flatMap((a, i) => path.slice(i + 1).map((b) => `${a} ${b}`))))
  if (widest(ids, (a, b) => joined.has(`${a} ${b}`) || joined.has(`${b} ${a}`)) > envelope.width) return false

  if (sinks === 'any') return true
  if (ids.length > 1 && edges.length === 0) return false
  const starts = ids.filter((id) => edges.every(({ to }) => to !== id))
  const ends = ids.filter((id) => edges.every(({ from }) => from !== id))
  if (starts.length < 1 || ends.length !== 1) return false
  const isWay = (from: string, to: string) => from === to || joined.has(`${from} ${to}`)
  return ids.every((id) => starts.some((start) => isWay(start, id)) && ends.some((end) => isWay(id, end)))
}

/** Every way through the graph from every part; undefined where one comes back to where it has been. */
function allPaths(ids: readonly string[], edges: TaskPlan['edges']): string[][] | undefined {
  const paths: string[][] = []
  const open = ids.map((id) => [id])
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    paths.push(path)
    for (const { from, to } of edges) {
      if (from !== path.at(-1)) continue
      if (path.includes(to)) return undefined
      open.push([...path, to])
    }
  }
  return paths
}

function widest(ids: readonly string[], isJoined: (one: string, other: string) => boolean): number {
  const [first, ...rest] = ids
  if (first === undefined) return 0
  const apart = rest.filter((id) => !isJoined(first, id))
  return Math.max(widest(rest, isJoined), 1 + widest(apart, isJoined))
}
