/**
 * The most parts of which none needs another, directly or through others. By Dilworth's theorem that is the number of
 * parts less a largest matching between parts and what comes behind them; the matching is Hopcroft's and Karp's, on rows
 * of bits.
 */
import type { IndexedGraph } from './graph.ts'

const BITS = 32

export function largestAntichain(graph: IndexedGraph): number {
  return graph.order.length - largestMatching(closure(graph))
}

type Row = Uint32Array

/** One row a part: which parts come behind it. */
function closure({ after, order }: IndexedGraph): readonly Row[] {
  const rows = order.map(() => emptyRow(order.length))
  for (const part of order.toReversed()) {
    const row = rows[part] as Row
    for (const next of after[part] ?? []) {
      set(row, next)
      const beyond = rows[next] as Row
      for (let word = 0; word < row.length; word += 1) row[word] = (row[word] as number) | (beyond[word] as number)
    }
  }
  return rows
}

const FREE = -1

function largestMatching(rows: readonly Row[]): number {
  const size = rows.length
  const partnerOfLeft = new Int32Array(size).fill(FREE)
  const partnerOfRight = new Int32Array(size).fill(FREE)
  let matched = 0
  // Each phase matches one more at least, or is the last one.
  for (let phase = 0; phase <= size; phase += 1) {
    const steps = shortestSteps(rows, partnerOfLeft, partnerOfRight)
    if (steps === undefined) break
    const augment = (left: number, depth: number): boolean => {
      const open = steps[depth]
      if (open === undefined) return false
      for (let right = firstShared(rows[left] as Row, open); right !== FREE; ) {
        clear(open, right)
        const partner = partnerOfRight[right] as number
        if (partner === FREE || augment(partner, depth + 1)) {
          partnerOfLeft[left] = right
          partnerOfRight[right] = left
          return true
        }
        right = firstShared(rows[left] as Row, open)
      }
      return false
    }
    for (let left = 0; left < size; left += 1) {
      if (partnerOfLeft[left] === FREE && augment(left, 0)) matched += 1
    }
  }
  return matched
}

/** Right ends by their distance from a free left one, up to the nearest free right one; undefined where there is none. */
function shortestSteps(rows: readonly Row[], partnerOfLeft: Int32Array, partnerOfRight: Int32Array): Row[] | undefined {
  const size = rows.length
  const unseen = emptyRow(size)
  for (let right = 0; right < size; right += 1) set(unseen, right)
  const steps: Row[] = []
  let lefts = [...partnerOfLeft.keys()].filter((left) => partnerOfLeft[left] === FREE)
  while (lefts.length > 0) {
    const step = emptyRow(size)
    const next: number[] = []
    let isEnd = false
    for (const left of lefts) {
      const row = rows[left] as Row
      for (let right = firstShared(row, unseen); right !== FREE; right = firstShared(row, unseen)) {
        clear(unseen, right)
        set(step, right)
        const partner = partnerOfRight[right] as number
        if (partner === FREE) isEnd = true
        else next.push(partner)
      }
    }
    steps.push(step)
    if (isEnd) return steps
    lefts = next
  }
  return undefined
}

function emptyRow(size: number): Row {
  return new Uint32Array(Math.ceil(size / BITS))
}

function set(row: Row, bit: number): void {
  row[bit >>> 5] = (row[bit >>> 5] as number) | (1 << (bit & 31))
}

function clear(row: Row, bit: number): void {
  row[bit >>> 5] = (row[bit >>> 5] as number) & ~(1 << (bit & 31))
}

function firstShared(one: Row, other: Row): number {
  for (let word = 0; word < one.length; word += 1) {
    const shared = (one[word] as number) & (other[word] as number)
    if (shared !== 0) return word * BITS + 31 - Math.clz32(shared & -shared)
  }
  return FREE
}
