/** Each chain of a run by itself: whether its rows are all there, once, in order, and as they were written. Pure. */
import type { RunId, Sha256 } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import { type ChainId, genesis, link } from './chain.ts'
import type { Finding } from './findings.ts'
import { chainKey } from './seal.ts'

export interface VerifiedChain extends ChainId {
  /** In the order of seq, each once. */
  readonly rows: readonly JournalRow[]
  /** The first that is at fault. Absent: the chain holds. */
  readonly finding?: Finding
}

/** By `chainKey`, in the order in which they are met. Rows of another run are left out. */
export function verifyChains(runId: RunId, rows: readonly JournalRow[]): ReadonlyMap<string, VerifiedChain> {
  const chains = new Map<string, JournalRow[]>()
  for (const row of rows) {
    if (row.runId !== runId) continue
    const chain = chains.get(chainKey(row))
    if (chain === undefined) chains.set(chainKey(row), [row])
    else chain.push(row)
  }
  const verified = new Map<string, VerifiedChain>()
  for (const [key, chain] of chains) {
    const [first] = chain
    if (first !== undefined) verified.set(key, verifiedChain({ ...placeOf(first), runId }, chain))
  }
  return verified
}

function verifiedChain(id: ChainId, given: readonly JournalRow[]): VerifiedChain {
  const rows: JournalRow[] = []
  for (const row of given.toSorted((one, other) => one.seq - other.seq)) {
    if (row.seq !== rows.at(-1)?.seq) rows.push(row)
  }
  const finding = orderFault(given) ?? gap(rows) ?? brokenRow(id, rows)
  return { ...id, rows, ...(finding !== undefined && { finding: { ...placeOf(id), ...finding } }) }
}

type Fault = Omit<Finding, 'stepId' | 'attempt'>

function orderFault(given: readonly JournalRow[]): Fault | undefined {
  const seen = new Set<number>()
  let last = -1
  for (const { seq } of given) {
    if (seen.has(seq)) return { kind: 'duplicate', seq, what: `row ${seq} is there twice` }
    if (seq < last) return { kind: 'reordered', seq, what: `row ${seq} stands behind row ${last}` }
    seen.add(seq)
    last = seq
  }
  return undefined
}

function gap(rows: readonly JournalRow[]): Fault | undefined {
  const seq = rows.findIndex((row, index) => row.seq !== index)
  if (seq < 0) return undefined
  return { kind: 'missing', seq, what: `row ${seq} is missing: row ${rows[seq]?.seq} comes next` }
}

function brokenRow(id: ChainId, rows: readonly JournalRow[]): Fault | undefined {
  let prev: Sha256 = genesis(id, rows[0]?.cause)
  for (const [seq, row] of rows.entries()) {
    if ((seq === 0) !== (row.event === 'start')) {
      const what =
        seq === 0 ? `the first row is a ${row.event} row, not a start row` : `row ${seq} is a second start row`
      return misplaced(rows, seq) ?? { kind: 'broken', seq, what }
    }
    if (row.prev !== prev) return { kind: 'broken', seq, what: `row ${seq} does not follow from the row before it` }
    if (hashOf(row, seq, prev) !== row.hash) {
      const what = `row ${seq}, or the body beside it, is not what was hashed when it was written`
      return misplaced(rows, seq) ?? { kind: 'broken', seq, what }
    }
    prev = row.hash
  }
  return undefined
}

/** Rows whose places are tried for one that is at fault. */
const MOST_PLACES = 100

/** Whether the row is whole, and stands in the place of another. */
function misplaced(rows: readonly JournalRow[], seq: number): Fault | undefined {
  const row = rows[seq]
  if (row === undefined || rows.length > MOST_PLACES) return undefined
  for (let place = 0; place < rows.length; place += 1) {
    if (place === seq) continue
    // The hash that belongs there is the one that the row after it has: those in between may be swapped as well.
    for (const before of rows) {
      if (hashOf(row, place, before.hash) !== row.hash) continue
      return { kind: 'reordered', seq, what: `row ${place} stands in the place of row ${seq}` }
    }
  }
  return undefined
}

function hashOf(row: JournalRow, seq: number, prev: Sha256): Sha256 {
  const { prev: _prev, hash: _hash, ...content } = row
  return link(prev, { ...content, seq })
}

export function placeOf({ stepId, attempt }: Pick<ChainId, 'stepId' | 'attempt'>) {
  return { stepId, attempt }
}
