/**
 * What changed in the journal's table → what is to be sealed of it: each new row, recomputed from what is stored and found
 * to follow from the one before it, and what may never be. Signs and keeps nothing.
 */
import { canonicalJson, jsonSha256 } from '../audit/canonical.ts'
import { genesis, link } from '../audit/chain.ts'
import { chainKey, sealedChains } from '../audit/seal.ts'
import { RecordsCorrupt } from '../errors.ts'
import { RunId, type Sha256, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { Seal, SealedChain } from '../schema/run-audit.ts'
import { numbersOf, recordOfItem, type StepPlace } from './journal-item.ts'
import type { Item } from './records.ts'

/** One change of the table, as its stream tells it. */
export interface ItemChange {
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE'
  /** After the change; of what was removed, before it. */
  readonly item: Item
  /** Before the change, where it was there. */
  readonly old?: Item | undefined
  /** The stream's own number of the change: the same when it is told again. */
  readonly event: string
}

export interface SealableRows {
  /** How far each chain has come by these rows: only those that have grown. */
  readonly chains: readonly SealedChain[]
  /** Those rows, each after the one that it follows from. */
  readonly rows: readonly JournalRow[]
  /** What no seal has told yet. */
  readonly faults: readonly string[]
}

/** Items of one attempt as they are stored now, from one row up to before another. */
export type ReadItems = (place: ChainPlace, from: number, before: number) => Promise<readonly Item[]>

export interface ChainPlace extends StepPlace {
  readonly attempt: number
}

/**
 * Safe against a change that is told again, and against rows that were left out: those are read from the table.
 * @param changes Of one run. Those of one chain in the order in which they were made; chains may be mixed.
 * @param seals All of that run, by seq.
 */
export async function sealableRows(
  changes: readonly ItemChange[],
  seals: readonly Seal[],
  readItems: ReadItems,
): Promise<SealableRows> {
  const heads = new Map<string, Pick<SealedChain, 'rows' | 'head'>>(sealedChains(seals))
  const grown = new Map<string, SealedChain>()
  const broken = new Set<string>()
  const rows: JournalRow[] = []
  const faults = new Set<string>()

  /** What is wrong with it, if it does not follow. */
  function follow(place: ChainPlace, item: Item): string | undefined {
    const known = heads.get(chainKey(place))
    const count = known?.rows ?? 0
    const row = rowOf(place, item, known?.head)
    if (row === undefined) return `row ${count} of ${told(place)} cannot be read`
    if (row.seq !== count) return `row ${count} of ${told(place)} is missing`
    const { prev, hash, ...content } = row
    if (link(prev, content) !== hash || (row.seq === 0) !== (row.event === 'start')) {
      return `row ${row.seq} of ${told(place)} does not follow from the row before it`
    }
    const { stepId, attempt } = place
    const chain = { stepId, attempt, rows: count + 1, head: hash }
    heads.set(chainKey(place), chain)
    grown.set(chainKey(place), chain)
    rows.push(row)
    return undefined
  }

  /** undefined: one of them cannot be read. */
  async function stored(place: ChainPlace, from: number, before: number): Promise<readonly Item[] | undefined> {
    try {
      return await readItems(place, from, before)
    } catch (error) {
      if (error instanceof RecordsCorrupt) return undefined
      throw error
    }
  }

  async function insert(place: ChainPlace, item: Item): Promise<void> {
    const key = chainKey(place)
    const seq = numbersOf(item)[1]
    const count = heads.get(key)?.rows ?? 0
    // Told again, or read from the table when a later one came.
    if (seq < count || broken.has(key)) return
    const between = seq === count ? [] : await stored(place, count, seq)
    if (between === undefined) return breakOff(key, `rows ${count} to ${seq - 1} of ${told(place)} cannot be read`)
    for (const each of [...between, item]) {
      const fault = follow(place, each)
      if (fault !== undefined) return breakOff(key, fault)
    }
  }

  function breakOff(key: string, fault: string): void {
    faults.add(fault)
    broken.add(key)
  }

  for (const { kind, item, old, event } of changes) {
    const place = placeOf(item)
    if (place === undefined) faults.add(`item ${item.partition} ${item.sort} is no row (${event})`)
    else if (kind === 'INSERT') await insert(place, item)
    else if (kind === 'REMOVE') faults.add(`row ${numbersOf(item)[1]} of ${told(place)} was removed (${event})`)
    else if (old === undefined || !isErasure(old, item)) {
      faults.add(`row ${numbersOf(item)[1]} of ${told(place)} was changed (${event})`)
    }
  }
  const known = new Set(seals.flatMap((seal) => seal.faults ?? []))
  return { chains: [...grown.values()], rows, faults: [...faults].filter((fault) => !known.has(fault)) }
}

/** Whose row it is; undefined where it is of no run. */
export function runIdOfItem({ partition }: Pick<Item, 'partition'>): RunId | undefined {
  return RunId.safeParse(partition.split('#')[1]).data
}

/** undefined where the key is not that of a row. */
function placeOf(item: Item): ChainPlace | undefined {
  const [kind, run, step, ...more] = item.partition.split('#')
  const parsed = { runId: RunId.safeParse(run), stepId: StepId.safeParse(step) }
  if (kind !== 'RUN' || more.length > 0 || !parsed.runId.success || !parsed.stepId.success) return undefined
  try {
    return { runId: parsed.runId.data, stepId: parsed.stepId.data, attempt: numbersOf(item)[0] }
  } catch {
    return undefined
  }
}

function rowOf(place: ChainPlace, item: Item, head: Sha256 | undefined): JournalRow | undefined {
  try {
    return recordOfItem(place, item, (_, cause) => head ?? genesis(place, cause)).row
  } catch (error) {
    if (error instanceof RecordsCorrupt) return undefined
    throw error
  }
}

/** The content beside a row may be erased, and leaves its hash: the row still verifies. Nothing else of it may change. */
function isErasure(old: Item, item: Item): boolean {
  const { b: body, ...kept } = old.attributes
  if (body === undefined) return false
  const erased = { ...kept, g: jsonSha256(body) }
  const same = (one: unknown, other: unknown) => canonicalJson(one as Json) === canonicalJson(other as Json)
  return same(item.attributes, erased) && same(item.index ?? null, old.index ?? null)
}

function told({ stepId, attempt }: ChainPlace): string {
  return `${stepId}, attempt ${attempt},`
}
