/** What can be said of a run's record from itself alone: for the evidence that rests on it. */
import type { JournalRow } from '../../schema/journal-row.ts'
import type { RunAudit } from '../../schema/run-audit.ts'
import { verifyChain } from '../chain.ts'
import { chainKey, sealedChains, sealHash, verifySeal } from '../seal.ts'

export interface RecordCheck {
  readonly status: 'intact' | 'broken'
  readonly chains: number
  readonly rows: number
  readonly seals: number
  /** Rows that a good seal vouches for. */
  readonly sealedRows: number
  /** Of the newest good seal. */
  readonly sealedAt?: string
  readonly sealedBy: readonly ('local' | 'kms')[]
  /** What does not hold, for a person. None: intact. */
  readonly faults: readonly string[]
}

export function checkRecord(audit: RunAudit): RecordCheck {
  const chains = chainsOf(audit.rows)
  const faults = [...chainFaults(audit, chains), ...listFaults(audit, chains)]
  const good = audit.seals.filter((seal) => verifySeal(seal, audit.keys))
  audit.seals.forEach((seal, index) => {
    if (!good.includes(seal)) faults.push(`seal ${seal.seq}: no key that is at hand has signed it`)
    const before = audit.seals[index - 1]
    const follows = seal.seq === index && seal.prev === (before && sealHash(before))
    if (!follows) faults.push(`seal ${seal.seq} does not follow from the one before it`)
    for (const fault of seal.faults ?? []) faults.push(`seal ${seal.seq}: the sealer saw: ${fault}`)
  })
  const sealed = sealedChains(good)
  for (const { stepId, attempt, rows, head } of sealed.values()) {
    const row = chains.get(chainKey({ stepId, attempt }))?.[rows - 1]
    if (row?.hash !== head) faults.push(`chain ${stepId} attempt ${attempt} is not what was sealed at row ${rows - 1}`)
  }
  const kinds = good.map(({ keyId }) => audit.keys.find((key) => key.keyId === keyId)?.kind ?? 'local')
  const sealedAt = good.at(-1)?.at
  return {
    status: faults.length === 0 ? 'intact' : 'broken',
    chains: chains.size,
    rows: audit.rows.length,
    seals: audit.seals.length,
    sealedRows: [...sealed.values()].reduce((sum, { rows }) => sum + rows, 0),
    ...(sealedAt !== undefined && { sealedAt }),
    sealedBy: [...new Set(kinds)],
    faults,
  }
}

/** By `chainKey`, each by seq. */
export function chainsOf(rows: readonly JournalRow[]): ReadonlyMap<string, readonly JournalRow[]> {
  const chains = new Map<string, JournalRow[]>()
  for (const row of rows) {
    const chain = chains.get(chainKey(row))
    if (chain === undefined) chains.set(chainKey(row), [row])
    else chain.push(row)
  }
  return chains
}

function chainFaults({ runId }: RunAudit, chains: ReadonlyMap<string, readonly JournalRow[]>): string[] {
  return [...chains.values()].flatMap((rows) => {
    const { stepId, attempt } = rows[0] as JournalRow
    const verdict = verifyChain({ runId, stepId, attempt }, rows)
    return verdict.status === 'intact' ? [] : [`chain ${stepId} attempt ${attempt}: ${verdict.what}`]
  })
}

/** Of `end` rows: a run's end lists all its chains. */
function listFaults({ rows }: RunAudit, chains: ReadonlyMap<string, readonly JournalRow[]>): string[] {
  const listed = rows.filter(({ event }) => event === 'end').flatMap(({ chains: all = [] }) => all)
  return listed.flatMap(({ stepId, attempt, rows: count, head }) => {
    const row = chains.get(chainKey({ stepId, attempt }))?.[count - 1]
    return row?.hash === head ? [] : [`chain ${stepId} attempt ${attempt} is not what the end of the run lists`]
  })
}
