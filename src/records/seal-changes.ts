/** Seals what changed in the journal, run by run: each seal once, under its number, whoever else seals the same run. */
import { canonicalJson } from '../audit/canonical.ts'
import { nextSeal, sealText } from '../audit/seal.ts'
import type { Clock } from '../clock.ts'
import { Conflict } from '../errors.ts'
import type { RunId, Sha256, TeamName } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { Seal, SealKey } from '../schema/run-audit.ts'
import { sha256 } from '../schema/sha256.ts'
import { attemptPrefix, journalPartition, rowSort } from './journal-item.ts'
import type { Item, Records } from './records.ts'
import { type ItemChange, type ReadItems, runIdOfItem, sealableRows } from './seal-rows.ts'
import type { SealStore } from './seals.ts'

export interface SealerDependencies {
  readonly team: TeamName
  readonly seals: SealStore & RowCopies
  readonly key: () => Promise<SealKey>
  /** @returns base64 */
  readonly sign: (text: string) => Promise<string>
  readonly readItems: ReadItems
  readonly clock: Clock
}

export interface RowCopies {
  /** Written once, under its hash: the same text again is no second one. */
  addCopy(runId: RunId, sha256: Sha256, text: string): Promise<void>
}

export interface SealedChanges {
  readonly seals: readonly Seal[]
  /** Of what belongs to no run, and so stands in no seal. */
  readonly strays: readonly string[]
}

/** Against others that seal the same run. */
const ROUNDS = 8
/** Runs at a time. */
const WIDTH = 8

/** @throws what the store or the key throws; Conflict where others were quicker in each of several rounds. */
export async function sealChanges(
  changes: readonly ItemChange[],
  dependencies: SealerDependencies,
): Promise<SealedChanges> {
  const byRun = new Map<RunId, ItemChange[]>()
  const strays: string[] = []
  for (const change of changes) {
    const runId = runIdOfItem(change.item)
    if (runId === undefined) strays.push(`item ${change.item.partition} ${change.item.sort} is of no run`)
    else byRun.set(runId, [...(byRun.get(runId) ?? []), change])
  }
  const seals: Seal[] = []
  const runs = [...byRun]
  for (let from = 0; from < runs.length; from += WIDTH) {
    const some = runs.slice(from, from + WIDTH).map(([runId, own]) => sealRun(runId, own, dependencies))
    for (const seal of await Promise.all(some)) if (seal !== undefined) seals.push(seal)
  }
  return { seals, strays }
}

async function sealRun(
  runId: RunId,
  changes: readonly ItemChange[],
  { team, seals: store, key, sign, readItems, clock }: SealerDependencies,
): Promise<Seal | undefined> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const seals = await store.list(runId)
    const { chains, rows, faults } = await sealableRows(changes, seals, readItems)
    if (chains.length === 0 && faults.length === 0) return undefined
    const copy = rows.length === 0 ? undefined : await copied(runId, rows, store)
    const { keyId, algorithm } = await key()
    const content = nextSeal({
      ...{ team, runId, at: clock.now().toISOString(), chains, seals, keyId, algorithm },
      ...(copy !== undefined && { copy }),
      ...(faults.length > 0 && { faults: [...faults] }),
    })
    if (content === undefined) return undefined
    const seal: Seal = { ...content, signature: await sign(sealText(content)) }
    if (await store.add(seal)) return seal
  }
  throw new Conflict({
    message: `run ${runId} was sealed by others ${ROUNDS} times while its rows were to be sealed`,
    next: 'The same changes are told again: then it is tried again.',
  })
}

/** For rows that a batch has left out. */
export function readStoredItems(records: Pick<Records, 'query'>): ReadItems {
  return async ({ runId, stepId, attempt }, from, before) => {
    const found: Item[] = []
    const [prefix, end] = [attemptPrefix(attempt), rowSort(attempt, before)]
    let after: string | undefined = from === 0 ? undefined : rowSort(attempt, from - 1)
    do {
      const options = { prefix, limit: before - from, ...(after !== undefined && { after }) }
      const { items, next } = await records.query(journalPartition(runId, stepId), options)
      found.push(...items.filter(({ sort }) => sort < end))
      after = items.some(({ sort }) => sort >= end) ? undefined : next
    } while (after !== undefined)
    return found
  }
}

/** Without the content beside them, which may have to be erased. */
async function copied(runId: RunId, rows: readonly JournalRow[], store: RowCopies) {
  const text = rows.map((row) => `${canonicalJson(row as unknown as Json)}\n`).join('')
  const hash = sha256(text)
  await store.addCopy(runId, hash, text)
  return { sha256: hash, rows: rows.length }
}
